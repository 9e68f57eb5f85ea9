/** `reasoning` to the thinking knob of the model's family. */
import type { JsonObject } from '../base/json';
import type { ChatRequest } from '../wire/chat-request';
import type { ResponsesRequest } from '../wire/responses-request';
import type { Dialect } from '../providers/dialect';
import { asksForSeveral } from './fields';

/** Efforts that mean "do not think". */
const OFF = new Set(['none', 'minimal']);

/** @param options `forwardReasoning` sends the nested object as it came, as version 0.1.2 did */
export function translateThinking(
  request: ResponsesRequest,
  options: { readonly dialect: Dialect; readonly forwardReasoning: boolean },
): Partial<ChatRequest> {
  const { effort } = request.reasoning ?? {};
  return {
    ...knob(effort, options.dialect, asksForSeveral(request)),
    ...(options.forwardReasoning && request.reasoning && { reasoning: nested(request.reasoning) }),
  };
}

function knob(effort: string | undefined, dialect: Dialect, several: boolean): Partial<ChatRequest> {
  switch (dialect.thinking) {
    case 'none':
      return {};
    case 'effort':
      return effort === undefined ? {} : { reasoning_effort: effort };
    case 'enable_thinking':
      // Always explicit: the default differs from model to model. Thinking needs a stream (upstreams.md, section 0, fact 5).
      return { enable_thinking: !several && (effort === undefined || !OFF.has(effort)) };
    case 'reasoning':
      return effort === undefined ? {} : { reasoning: { effort } };
    default:
      return dialect.thinking satisfies never;
  }
}

const nested = (settings: { readonly effort?: string; readonly summary?: string }): JsonObject => ({ ...settings });
