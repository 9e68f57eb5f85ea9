/** Translates a Responses request to a Chat Completions request that the upstream accepts. */
import { asText } from '../base/narrow';
import { type Noted, Notes } from '../base/result';
import type { Dialect } from '../providers/dialect';
import { isWebSearch } from '../tools/kinds';
import type { ToolSet } from '../tools/tool-set';
import type { ChatRequest } from '../wire/chat';
import type { InputItem, ResponsesRequest } from '../wire/responses-request';
import { readConversation } from './conversation';
import { translateMessages } from './messages';
import { collectTools, translateToolChoice } from './offered-tools';
import { applyForms } from './request-forms';
import { asksForSeveral, translateFormat, translateSettings, translateThinking } from './settings';

export interface TranslateOptions {
  /** The model id to send upstream. */
  readonly model: string;
  readonly dialect: Dialect;
  /**
   * Offer tools if the model can call them (`auto`), always (`force`), or never, with earlier calls as text (`off`).
   */
  readonly tools: 'auto' | 'force' | 'off';
  readonly system: boolean;
  /** Send the request's `reasoning` object unchanged (FORWARD_REASONING). */
  readonly forwardReasoning: boolean;
  readonly multipleCalls: boolean;
  /** Use the provider's own web search for the `web_search` tool, if it has one. */
  readonly webSearch: boolean;
}

export interface TranslatedRequest {
  readonly chat: ChatRequest;
  /** The tools by their offered names, to translate calls back. */
  readonly tools: ToolSet;
}

/**
 * Pure: the same request results in the same bytes, so prompt caches survive turns, resumes and restarts.
 * @throws BridgeError `invalid_request` if an essential part cannot be served
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
  return { value: { chat: applyForms(chat, dialect.forms), tools }, notes: notes.list() };
}

/** Thinking models require streaming; a request for several choices excludes it (upstreams.md, section 0, fact 5). */
function streaming(request: ResponsesRequest): Pick<ChatRequest, 'stream' | 'stream_options'> {
  return asksForSeveral(request) ? { stream: false } : { stream: true, stream_options: { include_usage: true } };
}

function parallel(request: ResponsesRequest, options: TranslateOptions): Pick<ChatRequest, 'parallel_tool_calls'> {
  const wanted = options.multipleCalls ? request.parallelToolCalls : false;
  return options.dialect.parallelToolCalls && wanted !== undefined ? { parallel_tool_calls: wanted } : {};
}

/** Applies `configuration_update` items; the last one applies to this turn. */
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
  if (!request.tools.some(isWebSearch)) return {};
  if (webSearch && dialect.webSearch === 'enable_search') return { enable_search: true };
  notes.add('dropped tool web_search: the provider has no search, or WEB_SEARCH is off');
  return {};
}

const joinInstructions = (...texts: readonly (string | undefined)[]): string | undefined =>
  texts.filter((text) => text !== undefined && text !== '').join('\n\n') || undefined;

const PROMPT = `Your context is full. Write a handoff summary of this conversation for the model that continues it:
- what the user wants, with every constraint and preference that was stated,
- what was done and decided, with the exact names of files, commands, identifiers and values that matter,
- what is still open, and the next concrete steps.
Be complete and brief. Write only the summary; do not call tools.`;

/** Whether the request asks for remote compaction: its last input item is `compaction_trigger` (fixture 25). */
export function asksForCompaction(request: ResponsesRequest): boolean {
  return request.input.at(-1)?.type === 'compaction_trigger';
}

/**
 * Turns a compaction request into a request for a summary. Keeps the tools, so that the prompt prefix stays cached, but
 * allows no calls.
 */
export function toSummaryRequest(request: ResponsesRequest): ResponsesRequest {
  const { format: _format, ...rest } = request;
  const history = request.input.filter((item) => item.type !== 'compaction_trigger');
  const ask: InputItem = { type: 'message', role: 'user', content: [{ type: 'text', text: PROMPT }] };
  return { ...rest, input: [...history, ask], toolChoice: { mode: 'none' } };
}
