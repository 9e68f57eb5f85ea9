/** `reasoning` to the thinking knob of the model's family. */
import type { JsonObject } from '../base/json';
import type { ChatRequest } from '../wire/chat-request';
import type { ResponsesRequest } from '../wire/responses-request';
import type { Dialect } from '../providers/dialect';

/** Efforts that mean "do not think". */
const OFF = new Set(['none', 'minimal']);

/** @param options `forwardReasoning` sends the nested object as it came, as version 0.1.2 did */
export function translateThinking(
  request: ResponsesRequest,
  options: { readonly dialect: Dialect; readonly forwardReasoning: boolean },
): Partial<ChatRequest> {
  const { effort } = request.reasoning ?? {};
  return {
    ...knob(effort, options.dialect),
    ...(options.forwardReasoning && request.reasoning && { reasoning: nested(request.reasoning) }),
  };
}

function knob(effort: string | undefined, dialect: Dialect): Partial<ChatRequest> {
  switch (dialect.thinking) {
    case 'none':
      return {};
    case 'effort':
      return effort === undefined ? {} : { reasoning_effort: effort };
    case 'enable_thinking':
      // Always explicit: the default differs from model to model (upstreams.md, section 2).
      return { enable_thinking: effort === undefined || !OFF.has(effort) };
    case 'reasoning':
      return effort === undefined ? {} : { reasoning: { effort } };
    default:
      return dialect.thinking satisfies never;
  }
}

const nested = (settings: { readonly effort?: string; readonly summary?: string }): JsonObject => ({ ...settings });
