/** What we send: a Responses request as the Chat Completions request its upstream accepts. */
import { Notes, type Noted } from '../base/result';
import type { Dialect } from '../providers/dialect';
import type { ToolSet } from '../tools/tool-set';
import type { ChatRequest } from '../wire/chat-request';
import type { ResponsesRequest } from '../wire/responses-request';
import { translateSettings } from './fields';
import { translateMessages } from './messages';
import { readConversation } from './read-conversation';
import { translateFormat } from './text-format';
import { translateThinking } from './thinking';
import { collectTools } from './collect-tools';
import { translateToolChoice } from './tool-choice';

export interface TranslateOptions {
  /** The id that goes upstream. */
  readonly model: string;
  readonly dialect: Dialect;
  /** `auto`: tools are bridged when the model can call them; `force`: always; `off`: never, tool history becomes text. */
  readonly tools: 'auto' | 'force' | 'off';
  readonly system: boolean;
  /** Send the request's `reasoning` object as it came (FORWARD_REASONING). */
  readonly forwardReasoning: boolean;
  readonly multipleCalls: boolean;
}

export interface TranslatedRequest {
  readonly chat: ChatRequest;
  /** The names under which tools were offered, for the way back. */
  readonly tools: ToolSet;
}

/**
 * Pure: the same request gives the same bytes, so that prompt caches hold over turns, resumes and restarts.
 * @throws BridgeError `invalid_request` for what cannot be served and is indispensable.
 */
export function translateRequest(request: ResponsesRequest, options: TranslateOptions): Noted<TranslatedRequest> {
  const notes = new Notes();
  const { dialect } = options;
  const bridged = options.tools === 'force' || (options.tools === 'auto' && dialect.tools);
  const tools = collectTools(request, dialect, notes);
  const offered = bridged ? translateToolChoice(request.toolChoice, tools, dialect, notes) : {};
  const format = translateFormat(request.format, dialect, notes);
  const nodes = readConversation(request.input, tools, notes);
  const messages = translateMessages(joinInstructions(request.instructions, format.instructions), nodes, {
    dialect, system: options.system, tools: bridged, notes,
  });
  const chat: ChatRequest = {
    model: options.model,
    messages,
    ...streaming(request),
    ...offered,
    ...(offered.tools && parallel(request, options)),
    ...translateSettings(request, dialect),
    ...translateThinking(request, options),
    ...format.fields,
  };
  return { value: { chat, tools }, notes: notes.list() };
}

/** Thinking models must be streamed; several answers at once cannot be (upstreams.md, section 0, fact 5). */
function streaming(request: ResponsesRequest): Pick<ChatRequest, 'stream' | 'stream_options'> {
  const several = (request.sampling.n ?? 1) > 1;
  return several ? { stream: false } : { stream: true, stream_options: { include_usage: true } };
}

function parallel(request: ResponsesRequest, options: TranslateOptions): Pick<ChatRequest, 'parallel_tool_calls'> {
  const wanted = options.multipleCalls ? request.parallelToolCalls : false;
  return options.dialect.parallelToolCalls && wanted !== undefined ? { parallel_tool_calls: wanted } : {};
}

const joinInstructions = (...texts: readonly (string | undefined)[]): string | undefined =>
  texts.filter((text) => text !== undefined && text !== '').join('\n\n') || undefined;
