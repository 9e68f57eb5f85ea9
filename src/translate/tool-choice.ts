/** `tools` and `tool_choice` as the upstream takes them. */
import type { Notes } from '../base/result';
import { BridgeError } from '../errors/bridge-error';
import type { Dialect } from '../providers/dialect';
import type { ToolSet } from '../tools/tool-set';
import type { ChatRequest, ChatToolChoice } from '../wire/chat-request';
import type { ToolChoice, ToolReference } from '../wire/responses-tools';

type Offered = Pick<ChatRequest, 'tools' | 'tool_choice'>;

/**
 * @returns nothing when there is no tool: strict upstreams refuse an empty list and a choice without tools
 * @throws BridgeError `invalid_request` when the choice forces a tool that cannot be offered
 */
export function translateToolChoice(choice: ToolChoice, tools: ToolSet, dialect: Dialect, notes: Notes): Offered {
  const all = tools.offered;
  if (choice.mode === 'named') return forced(upstreamName(choice.tool, tools), tools, dialect, notes);
  if (choice.mode === 'allowed') {
    const names = new Set(choice.tools.map((tool) => upstreamName(tool, tools)));
    const allowed = all.filter((tool) => names.has(tool.function.name));
    return allowed.length === 0 ? {} : { tools: allowed, tool_choice: downgraded(choice.require ? 'required' : 'auto', dialect, notes) };
  }
  // Without calls, tools only cost tokens; but a history with calls keeps its definitions for strict upstreams.
  return all.length === 0 ? {} : { tools: all, tool_choice: downgraded(choice.mode, dialect, notes) };
}

function forced(name: string, tools: ToolSet, dialect: Dialect, notes: Notes): Offered {
  if (!tools.has(name)) {
    throw new BridgeError('invalid_request', `Cannot force the tool "${name}": it is not among the tools that can be bridged`, { param: 'tool_choice' });
  }
  return { tools: tools.offered, tool_choice: downgraded({ type: 'function', function: { name } }, dialect, notes) };
}

/** Thinking models of several families refuse a forced choice (upstreams.md, section 2, tool_choice). */
function downgraded(choice: ChatToolChoice, dialect: Dialect, notes: Notes): ChatToolChoice {
  if (choice === 'auto' || choice === 'none' || dialect.toolChoice === 'any') return choice;
  notes.add('sent tool_choice "auto": the model refuses a forced choice');
  return 'auto';
}

function upstreamName(tool: ToolReference, tools: ToolSet): string {
  return tools.nameOf({ name: tool.name ?? tool.kind, namespace: tool.namespace });
}
