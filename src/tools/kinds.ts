/** Lists the tool kinds and applies them. Each call item in wire/responses-output.ts needs a row here to compile. */
import { asString, asText } from '../base/json';
import { asId, readTools } from '../wire/read-fields';
import type { CallKind } from '../wire/responses-output';
import type { DeclaredTool, UnreadCall } from '../wire/responses-request';
import { customKind } from './custom';
import { functionKind } from './function';
import { createHostedKind } from './hosted';
import type { CallItem, OfferContext, ToolKind } from './kind';
import { toolSearchKind } from './tool-search';

/** The rows, by the kind of the call. */
export const TOOL_KINDS: { readonly [K in CallKind]: ToolKind<K> } = {
  function: functionKind,
  custom: customKind,
  tool_search: toolSearchKind,
  local_shell: createHostedKind('local_shell'),
  shell: createHostedKind('shell'),
  apply_patch: createHostedKind('apply_patch'),
};

/** The rows, by the kind that clients send. */
const BY_KIND: ReadonlyMap<string, ToolKind> = new Map(Object.entries(TOOL_KINDS));
const BY_ITEM: ReadonlyMap<string, ToolKind> = new Map(Object.values(TOOL_KINDS).map((row) => [row.itemType, row]));

/**
 * Offers a declared tool, or notes that no client runs it. A namespace (an MCP server, agents, clocks) offers each of
 * its tools under a joined name.
 */
export function declareTool(tool: DeclaredTool, context: OfferContext): void {
  for (const { tool: member, namespace } of listMembers(tool)) {
    const row = BY_KIND.get(member.kind);
    if (row) row.declare(member.declaration, namespace ? { ...context, namespace } : context);
    else if (!isWebSearch(member)) {
      context.note(`dropped tool ${member.kind}: it runs on OpenAI's servers and has no Chat Completions form`);
    }
  }
}

/** Whether the tool is web search, which is a setting of the provider, not a function (translate/request.ts). */
export const isWebSearch = ({ kind }: DeclaredTool): boolean => kind.startsWith('web_search');

/** Lists the functions and custom tools in `tools`, including those in namespaces. */
export function listTools(tools: readonly DeclaredTool[]): readonly ListedTool[] {
  return tools.flatMap((tool) => listMembers(tool)).flatMap(({ tool: { kind, declaration }, namespace }) => {
    const name = asText(declaration['name']);
    if ((kind !== 'function' && kind !== 'custom') || name === undefined) return [];
    return [{ name, namespace: namespace?.name, description: asText(declaration['description']) }];
  });
}

interface ListedTool {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly description: string | undefined;
}
interface Member { readonly tool: DeclaredTool; readonly namespace: OfferContext['namespace'] }

/** Codex nests namespaces one level deep. The limit keeps a hostile declaration from exhausting the stack. */
const MAX_DEPTH = 8;

function listMembers(tool: DeclaredTool, namespace?: OfferContext['namespace'], depth = 0): readonly Member[] {
  if (tool.kind !== 'namespace') return [{ tool, namespace }];
  if (depth === MAX_DEPTH) return [];
  const description = asText(tool.declaration['description']);
  const inner = { name: asString(tool.declaration['name']) ?? '', ...(description !== undefined && { description }) };
  const tools = readTools(tool.declaration['tools'], 'tools[].tools');
  return tools.flatMap((member) => listMembers(member, inner, depth + 1));
}

/** Reads a call in the history; undefined for a kind that clients do not run. */
export function readCall(call: UnreadCall): CallItem | undefined {
  const read = BY_ITEM.get(call.itemType)?.read(call.item);
  return read && { ...read, callId: callIdOf(call) };
}

/** Returns the id that pairs a call with its result; hosted calls may have only an item id. */
export const callIdOf = ({ item }: UnreadCall): string => asId(item['call_id']) ?? asId(item['id']) ?? '';
