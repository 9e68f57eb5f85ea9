/** Translates a Responses request to a Chat Completions request that the upstream accepts. */
import { asText } from '../base/json';
import type { Notes } from '../base/notes';
import { BridgeError } from '../errors/bridge-error';
import type { Dialect } from '../providers/dialect';
import { declareTool, isWebSearch } from '../tools/kinds';
import { ToolSet } from '../tools/tool-set';
import type { ChatRequest, ChatTool, ChatToolChoice } from '../wire/chat';
import type { InputItem, ResponsesRequest, ToolChoice, ToolReference } from '../wire/responses-request';
import { readConversation } from './conversation';
import { translateMessages } from './messages';
import { applyForms } from './request-forms';
import { translateFormat, translateSettings, translateThinking, wantsSeveralChoices } from './settings';

export interface TranslateOptions {
  /** The model id to send upstream. */
  readonly model: string;
  /** The model's name in envelopes: signatures by other models are dropped. If absent, all signatures are sent. */
  readonly origin?: string;
  readonly dialect: Dialect;
  /**
   * Offer tools if the model can call them (`auto`), always (`force`), or never (`off`). If tools are not offered,
   * earlier calls are sent as text.
   */
  readonly tools: 'auto' | 'force' | 'off';
  /** Send instructions as system messages; otherwise as user text (ALLOW_SYSTEM). */
  readonly system: boolean;
  /** Send the request's `reasoning` object unchanged (FORWARD_REASONING). */
  readonly forwardReasoning: boolean;
  /** Let the model call several tools in one response, unless the request forbids it. */
  readonly multipleCalls: boolean;
  /** Use the provider's own web search for the `web_search` tool, if it has one. */
  readonly webSearch: boolean;
}

export interface TranslatedRequest {
  readonly chat: ChatRequest;
  /** Maps the names in the model's calls back to the client's tools. */
  readonly tools: ToolSet;
}

/**
 * Pure: the same request results in the same bytes, so prompt caches survive turns, resumes and restarts.
 * @param notes receives what was changed or dropped
 * @throws BridgeError `invalid_request` if an essential part cannot be translated
 */
export function translateRequest(
  given: ResponsesRequest, options: TranslateOptions, notes: Notes = new Set(),
): TranslatedRequest {
  const request = withUpdates(given);
  const { dialect } = options;
  const offersTools = options.tools === 'force' || (options.tools === 'auto' && dialect.tools);
  const tools = collectTools(request, dialect, notes);
  const offered = offersTools ? translateToolChoice(request.toolChoice, tools, dialect, notes) : {};
  const format = translateFormat(request.format, dialect, notes);
  const nodes = readConversation(request.input, tools, notes, options.origin);
  const instructions = [request.instructions, format.instructions].filter(Boolean).join('\n\n') || undefined;
  const { system } = options;
  const messages = translateMessages(instructions, nodes, { dialect, system, tools: offersTools, notes });
  const parallel = options.multipleCalls ? request.parallelToolCalls : false;
  const chat: ChatRequest = {
    model: options.model,
    messages,
    // Streamed unless there are several choices: thinking models require streaming (upstreams.md, section 0, fact 5).
    ...(wantsSeveralChoices(request) ? { stream: false } : { stream: true, stream_options: { include_usage: true } }),
    ...offered,
    ...(offered.tools && dialect.parallelToolCalls && parallel !== undefined && { parallel_tool_calls: parallel }),
    ...translateSettings(request, dialect),
    ...translateThinking(request, options),
    ...(request.tools.some(isWebSearch) && enableSearch(options, notes)),
    ...format.fields,
  };
  const isPlain = dialect.forms.length === 0 && dialect.cacheControl === 'none';
  return { chat: isPlain ? chat : applyForms(chat, dialect), tools };
}

/** Applies the effort of `configuration_update` items; the last one counts. */
function withUpdates(request: ResponsesRequest): ResponsesRequest {
  let effort: string | undefined;
  for (const item of request.input) {
    if (item.type === 'configuration_update') effort = asText(item.reasoning?.['effort']) ?? effort;
  }
  return effort === undefined ? request : { ...request, reasoning: { ...request.reasoning, effort } };
}

function enableSearch({ dialect, webSearch }: TranslateOptions, notes: Notes): Pick<ChatRequest, 'enable_search'> {
  if (webSearch && dialect.webSearch === 'enable_search') return { enable_search: true };
  notes.add('dropped tool web_search: the provider has no search, or WEB_SEARCH is off');
  return {};
}

const SUMMARY_PROMPT =
  `Your context is full. Write a handoff summary of this conversation for the model that continues it:
- what the user wants, with every constraint and preference that was stated,
- what was done and decided, with the exact names of files, commands, identifiers and values that matter,
- what is still open, and the next concrete steps.
Be complete and brief. Write only the summary; do not call tools.`;

/** Whether the request asks for remote compaction: its last input item is `compaction_trigger` (fixture 25). */
export function asksForCompaction(request: ResponsesRequest): boolean {
  return request.input.at(-1)?.type === 'compaction_trigger';
}

/**
 * Turns a compaction request into a request for a summary in plain text. Keeps the tools, so that the prompt prefix
 * stays cached, but allows no calls.
 */
export function toSummaryRequest(request: ResponsesRequest): ResponsesRequest {
  const { format: _format, ...rest } = request;
  const history = request.input.filter((item) => item.type !== 'compaction_trigger');
  const prompt: InputItem = { type: 'message', role: 'user', content: [{ type: 'text', text: SUMMARY_PROMPT }] };
  return { ...rest, input: [...history, prompt], toolChoice: { mode: 'none' } };
}

/**
 * Collects the tools in `tools` and in the input: after a tool search, Codex leaves `tools` unchanged and expects the
 * found tools to be callable (codex-protocol.md, section 2).
 */
export function collectTools(request: ResponsesRequest, dialect: Dialect, notes: Notes): ToolSet {
  const tools = new ToolSet(dialect.forbiddenToolNames);
  const context = {
    strict: dialect.strictTools,
    schema: dialect.schema,
    offer: tools.add.bind(tools),
    note: notes.add.bind(notes),
  };
  for (const tool of request.tools) declareTool(tool, context);
  for (const item of request.input) {
    if (item.type !== 'additional_tools' && item.type !== 'tool_search_output') continue;
    for (const tool of item.tools) declareTool(tool, context);
  }
  return tools;
}

type Offered = Pick<ChatRequest, 'tools' | 'tool_choice' | 'tool_stream'>;

/**
 * @returns an empty object if there are no tools: strict upstreams reject an empty list and a choice without tools
 * @throws BridgeError `invalid_request` if the choice forces a tool that is not offered
 */
function translateToolChoice(choice: ToolChoice, tools: ToolSet, dialect: Dialect, notes: Notes): Offered {
  if (choice.mode === 'named') rejectUnoffered(choice.tool, tools);
  const offered = choice.mode === 'allowed' ? listAllowedTools(choice.tools, tools) : tools.offered;
  if (offered.length === 0) return {};
  const sent = toChatChoice(choice, tools, dialect, notes);
  return {
    tools: offered,
    ...(sent !== undefined && { tool_choice: sent }),
    ...(dialect.toolStream && { tool_stream: true }),
  };
}

/**
 * Whether the client's `tool_choice` rules out a call: `none` rules out all calls, and a list of allowed tools rules
 * out calls to other declared tools. A call to an undeclared tool passes then, because the client tells the model that
 * the tool does not exist. Other choices rule out nothing.
 */
export function forbidsCall(choice: ToolChoice, tools: ToolSet, calledName: string): boolean {
  if (choice.mode === 'none') return true;
  if (choice.mode !== 'allowed') return false;
  const name = tools.nameOf(tools.find(calledName));
  return tools.has(name) && !listAllowedNames(choice.tools, tools).has(name);
}

function listAllowedTools(allowed: readonly ToolReference[], tools: ToolSet): readonly ChatTool[] {
  const names = listAllowedNames(allowed, tools);
  return tools.offered.filter((tool) => names.has(tool.function.name));
}

const listAllowedNames = (allowed: readonly ToolReference[], tools: ToolSet): ReadonlySet<string> =>
  new Set(allowed.map((tool) => toUpstreamName(tool, tools)));

/** Weakens or drops a forced choice that the model rejects, as thinking models do (upstreams.md, section 2). */
function toChatChoice(choice: ToolChoice, tools: ToolSet, dialect: Dialect, notes: Notes): ChatToolChoice | undefined {
  const isForced = choice.mode === 'allowed' ? choice.isRequired : choice.mode !== 'auto' && choice.mode !== 'none';
  if (dialect.toolChoice === 'omit') {
    if (isForced) notes.add('dropped the forced tool_choice: the model does not accept it');
    return undefined;
  }
  if (!isForced) return choice.mode === 'none' ? 'none' : 'auto';
  if (dialect.toolChoice !== 'any') {
    notes.add('sent tool_choice "auto": the model rejects a forced choice');
    return 'auto';
  }
  if (choice.mode !== 'named') return 'required';
  return { type: 'function', function: { name: toUpstreamName(choice.tool, tools) } };
}

function rejectUnoffered(forced: ToolReference, tools: ToolSet): void {
  const name = toUpstreamName(forced, tools);
  if (tools.has(name)) return;
  const message = `Cannot force the tool "${name}": it is not among the tools offered to the model.`;
  throw new BridgeError('invalid_request', message, { param: 'tool_choice' });
}

function toUpstreamName(tool: ToolReference, tools: ToolSet): string {
  return tools.nameOf({ name: tool.name ?? tool.kind, namespace: tool.namespace });
}
