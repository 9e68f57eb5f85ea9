/** What we send: a Responses request as the Chat Completions request its upstream accepts. */
import { asText } from '../base/narrow';
import { Notes, type Noted } from '../base/result';
import type { Dialect } from '../providers/dialect';
import type { ToolSet } from '../tools/tool-set';
import type { ChatRequest } from '../wire/chat-request';
import type { ResponsesRequest } from '../wire/responses-request';
import { asksForSeveral, translateSettings } from './fields';
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
  /** Use the provider's own web search for the `web_search` tool, where it has one. */
  readonly webSearch: boolean;
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
export function translateRequest(given: ResponsesRequest, options: TranslateOptions): Noted<TranslatedRequest> {
  const notes = new Notes();
  const request = withUpdates(given);
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
    ...search(request, options, notes),
    ...format.fields,
  };
  return { value: { chat, tools }, notes: notes.list() };
}

/** Thinking models must be streamed; several answers at once cannot be (upstreams.md, section 0, fact 5). */
function streaming(request: ResponsesRequest): Pick<ChatRequest, 'stream' | 'stream_options'> {
  return asksForSeveral(request) ? { stream: false } : { stream: true, stream_options: { include_usage: true } };
}

function parallel(request: ResponsesRequest, options: TranslateOptions): Pick<ChatRequest, 'parallel_tool_calls'> {
  const wanted = options.multipleCalls ? request.parallelToolCalls : false;
  return options.dialect.parallelToolCalls && wanted !== undefined ? { parallel_tool_calls: wanted } : {};
}

/** `configuration_update` items change settings from where they stand on: the last one holds for this turn. */
function withUpdates(request: ResponsesRequest): ResponsesRequest {
  const efforts = request.input.flatMap((item) =>
    item.type === 'configuration_update' ? (asText(item.reasoning?.['effort']) ?? []) : [],
  );
  const effort = efforts.at(-1);
  return effort === undefined ? request : { ...request, reasoning: { ...request.reasoning, effort } };
}

function search(
  request: ResponsesRequest,
  { dialect, webSearch }: TranslateOptions,
  notes: Notes,
): Pick<ChatRequest, 'enable_search'> {
  if (!request.tools.some((tool) => tool.type === 'web_search')) return {};
  if (webSearch && dialect.webSearch === 'enable_search') return { enable_search: true };
  notes.add('dropped tool web_search: the provider has no search, or WEB_SEARCH is off');
  return {};
}

const joinInstructions = (...texts: readonly (string | undefined)[]): string | undefined =>
  texts.filter((text) => text !== undefined && text !== '').join('\n\n') || undefined;
