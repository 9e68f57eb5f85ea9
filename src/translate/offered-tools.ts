/** Translates the tools of a request: which ones are offered, under which names, and which may be called. */
import type { Notes } from '../base/result';
import { BridgeError } from '../errors/bridge-error';
import type { Dialect } from '../providers/dialect';
import { declareTool } from '../tools/kinds';
import { ToolSet } from '../tools/tool-set';
import type { ChatRequest, ChatTool, ChatToolChoice } from '../wire/chat';
import type { ResponsesRequest, ToolChoice, ToolReference } from '../wire/responses-request';

/**
 * Collects all tools. After a search, Codex leaves `tools` unchanged and expects the found tools to be callable
 * (codex-protocol.md, 2).
 */
export function collectTools(request: ResponsesRequest, dialect: Dialect, notes: Notes): ToolSet {
  const tools = new ToolSet(dialect.forbiddenToolNames);
  const context = {
    strict: dialect.strictTools,
    schema: dialect.schema,
    offer: tools.add.bind(tools),
    note: notes.add.bind(notes),
  };
  const later = request.input.flatMap((item) =>
    item.type === 'additional_tools' || item.type === 'tool_search_output' ? item.tools : [],
  );
  for (const tool of [...request.tools, ...later]) declareTool(tool, context);
  return tools;
}

type Offered = Pick<ChatRequest, 'tools' | 'tool_choice' | 'tool_stream'>;

/**
 * @returns an empty object if there are no tools: strict upstreams reject an empty list and a choice without tools
 * @throws BridgeError `invalid_request` if the choice forces a tool that cannot be offered
 */
export function translateToolChoice(choice: ToolChoice, tools: ToolSet, dialect: Dialect, notes: Notes): Offered {
  refuseUnbridged(choice, tools);
  const offered = allowedTools(choice, tools);
  if (offered.length === 0) return {};
  const sent = downgraded(chatChoice(choice, tools), dialect, notes);
  return {
    tools: offered,
    ...(sent !== undefined && { tool_choice: sent }),
    ...(dialect.toolStream && { tool_stream: true }),
  };
}

/**
 * Whether the client's `tool_choice` rules out a call. A call of an undeclared tool is allowed, because the client
 * tells the model that the tool does not exist.
 */
export function forbidsCall(choice: ToolChoice, tools: ToolSet, upstreamName: string): boolean {
  if (choice.mode === 'none') return true;
  if (choice.mode !== 'allowed') return false;
  const name = tools.nameOf(tools.find(upstreamName));
  return tools.has(name) && !allowedNames(choice.tools, tools).has(name);
}

function allowedTools(choice: ToolChoice, tools: ToolSet): readonly ChatTool[] {
  if (choice.mode !== 'allowed') return tools.offered;
  const names = allowedNames(choice.tools, tools);
  return tools.offered.filter((tool) => names.has(tool.function.name));
}

const allowedNames = (allowed: readonly ToolReference[], tools: ToolSet): ReadonlySet<string> =>
  new Set(allowed.map((tool) => upstreamName(tool, tools)));

function chatChoice(choice: ToolChoice, tools: ToolSet): ChatToolChoice {
  if (choice.mode === 'allowed') return choice.require ? 'required' : 'auto';
  if (choice.mode !== 'named') return choice.mode;
  return { type: 'function', function: { name: upstreamName(choice.tool, tools) } };
}

/** Thinking models of several families reject a forced choice (upstreams.md, section 2, tool_choice). */
function downgraded(choice: ChatToolChoice, dialect: Dialect, notes: Notes): ChatToolChoice | undefined {
  if (dialect.toolChoice === 'omit') return undefined;
  if (choice === 'auto' || choice === 'none' || dialect.toolChoice === 'any') return choice;
  notes.add('sent tool_choice "auto": the model rejects a forced choice');
  return 'auto';
}

function refuseUnbridged(choice: ToolChoice, tools: ToolSet): void {
  if (choice.mode !== 'named') return;
  const name = upstreamName(choice.tool, tools);
  if (tools.has(name)) return;
  const message = `Cannot force the tool "${name}": it is not among the tools offered to the model.`;
  throw new BridgeError('invalid_request', message, { param: 'tool_choice' });
}

function upstreamName(tool: ToolReference, tools: ToolSet): string {
  return tools.nameOf({ name: tool.name ?? tool.kind, namespace: tool.namespace });
}
