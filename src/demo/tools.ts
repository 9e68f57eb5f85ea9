/**
 * Defines the two tools of the demo: a plain one, and one inside a namespace, as Codex declares tools of MCP servers.
 */
import { readdir } from 'node:fs/promises';
import { asText, type JsonObject, type UnknownRecord } from '../base/json';
import { messageOf } from '../base/thrown';

export interface DemoTool {
  readonly name: string;
  readonly namespace?: string;
  /** The name that the model sees. */
  readonly upstreamName: string;
  readonly description: string;
  readonly parameters: JsonObject;
  /** Returns the result as text; failures are results too. */
  run(given: UnknownRecord): Promise<string>;
}

/** Number of entries that the result names; it only counts the rest. */
const NAMED_ENTRIES = 3;
const MAX_NAME_LENGTH = 24;

/** Lists a folder of this machine. */
export const LIST_FILES: DemoTool = {
  name: 'list_files',
  upstreamName: 'list_files',
  description: 'Lists a folder without hidden entries.',
  parameters: {
    type: 'object',
    properties: { path: { type: 'string', description: 'The folder.' } },
    required: ['path'],
    additionalProperties: false,
  },
  async run(given) {
    const path = asText(given['path']);
    if (path === undefined) return 'Cannot list the folder: no path was given.';
    try {
      const entries = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
      return describeEntries(entries.map((entry) => `${shorten(entry.name)}${entry.isDirectory() ? '/' : ''}`).sort());
    } catch (error) {
      return `Cannot list the folder: ${messageOf(error)}.`;
    }
  },
};

/** Tells the time. */
export const NOW: DemoTool = {
  name: 'now',
  namespace: 'mcp__clock',
  upstreamName: 'mcp__clock__now',
  description: 'Tells the time.',
  parameters: {
    type: 'object',
    properties: { zone: { type: 'string', enum: ['UTC'] } },
    required: ['zone'],
    additionalProperties: false,
  },
  async run() {
    const [day = '', time = ''] = new Date().toISOString().split('T');
    return `${day} ${time.slice(0, 5)} UTC`;
  },
};

/** All tools, in declaration order. */
const DEMO_TOOLS: readonly DemoTool[] = [LIST_FILES, NOW];

/** Declares the tools as Codex does (codex-protocol.md, "Tool list"): a namespace contains its members. */
export function declareTools(): readonly JsonObject[] {
  return DEMO_TOOLS.map(({ name, namespace, description, parameters }) => {
    const declared = { type: 'function', name, description, strict: false, parameters };
    if (namespace === undefined) return declared;
    return { type: 'namespace', name: namespace, description: 'A clock.', tools: [declared] };
  });
}

/** Finds the tool of a call; the namespace must match exactly, as it must for Codex. */
export function findTool(name: string | undefined, namespace: string | undefined): DemoTool | undefined {
  return DEMO_TOOLS.find((tool) => tool.name === name && tool.namespace === namespace);
}

function describeEntries(names: readonly string[]): string {
  const others = names.length - NAMED_ENTRIES;
  const rest = others > 0 ? ` and ${others} more` : '';
  return names.length === 0 ? 'no entries' : `${names.slice(0, NAMED_ENTRIES).join(', ')}${rest}`;
}

/** Replaces control characters, because a file name may contain terminal escape sequences, and truncates long names. */
function shorten(name: string): string {
  const visible = name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  const characters = [...visible];
  return characters.length > MAX_NAME_LENGTH ? `${characters.slice(0, MAX_NAME_LENGTH).join('')}...` : visible;
}
