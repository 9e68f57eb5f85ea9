/** Maps the tools of one request to names that the upstream accepts, and back. */
import { hashText } from '../base/hash';
import type { JsonObject } from '../base/json';
import type { ChatTool } from '../wire/chat';
import type { CallTarget, ToolOffer } from './kind';

/** The length that OpenAI's rule for tool names allows: `^[a-zA-Z0-9_-]{1,64}$`. */
const MAX_NAME_LENGTH = 64;

/** In responses-lite mode, Codex puts its own tools into this namespace (fixture 06); it is not part of their names. */
const PLAIN_NAMESPACE = 'functions';

interface ToolName { readonly name: string; readonly namespace?: string | undefined }

/** Collects the tools of a request. The first declaration of a tool counts; later ones are ignored. */
export class ToolSet {
  private readonly byName = new Map<string, CallTarget>();
  private readonly byTool = new Map<string, ChatTool>();
  private readonly tools: ChatTool[] = [];
  /** The tools as offered upstream, in order of declaration. */
  readonly offered: readonly ChatTool[] = this.tools;

  constructor(private readonly forbidden: readonly string[] = []) {}

  add(offer: ToolOffer): void {
    const key = keyOf(offer.target);
    if (this.byTool.has(key)) return;
    const flat = flattenName(offer.target, this.forbidden);
    const name = this.byName.has(flat) ? withHash(flat, key) : flat;
    const tool: ChatTool = {
      type: 'function',
      function: {
        name,
        ...(offer.description !== undefined && offer.description !== '' && { description: offer.description }),
        parameters: offer.parameters,
        ...(offer.strict !== undefined && { strict: offer.strict }),
      },
    };
    this.tools.push(tool);
    this.byTool.set(key, tool);
    this.byName.set(name, offer.target);
  }

  has(upstreamName: string): boolean {
    return this.byName.has(upstreamName);
  }

  /** Returns the upstream name of a tool; a tool that is not offered has one too, for calls in the history. */
  nameOf(tool: ToolName): string {
    const known = this.byTool.get(keyOf(tool)) ?? this.byTool.get(keyOf(repairName(tool)));
    return known?.function.name ?? flattenName(tool, this.forbidden);
  }

  /**
   * Finds the tool that a model calls. Models change case, drop the namespace or add `functions.`; such a name is
   * accepted if exactly one offered tool matches. A name shortened by `shortenName` is recognized. An unknown name is
   * passed on as that of a function, so that the client can report it to the model (Codex answers `unsupported call`).
   */
  find(upstreamName: string): CallTarget {
    return this.byName.get(upstreamName) ?? this.findVariant(upstreamName) ?? { kind: 'function', name: upstreamName };
  }

  /** Returns the schema of the offered tool that a model calls by this name. */
  parametersOf(upstreamName: string): JsonObject | undefined {
    return this.byTool.get(keyOf(this.find(upstreamName)))?.function.parameters;
  }

  private findVariant(upstreamName: string): CallTarget | undefined {
    const wanted = upstreamName.replace(/^functions\./, '').toLowerCase();
    const matches = [...this.byName].filter(
      ([name, target]) => name.toLowerCase() === wanted || target.name.toLowerCase() === wanted,
    );
    if (matches.length === 1) return matches[0]?.[1];
    return [...this.byName].find(([name]) => shortenName(name, upstreamName.length) === upstreamName)?.[1];
  }
}

/**
 * Repairs damaged names in the history, which models would copy. Keeps only visible ASCII characters, because names
 * have contained NUL (openai/codex#24369), and drops a namespace that equals the tool name (Codex 0.143,
 * openai/codex#31665).
 */
function repairName({ name, namespace }: ToolName): ToolName {
  const visible = name.replace(/[^\x21-\x7e]/g, '');
  return { name: visible, namespace: namespace === name || namespace === visible ? undefined : namespace };
}

/** Codex refers to the same tool with and without the plain namespace (CLIProxyAPI#4788). */
const keyOf = ({ name, namespace }: ToolName): string =>
  `${namespace === undefined || namespace === PLAIN_NAMESPACE ? '' : namespace}\0${name}`;

/**
 * Returns `namespace__name` as a legal name: at most 64 of the allowed characters, no leading digit (Moonshot), and not
 * one of the provider's forbidden names. The same tool gets the same name in every request, because prompt caches
 * depend on it.
 */
function flattenName(tool: ToolName, forbidden: readonly string[]): string {
  const { name, namespace } = tool;
  const isPlain = namespace === undefined || namespace === '' || namespace === PLAIN_NAMESPACE;
  // Codex 0.125 declares the namespace `mcp__mini__`, 0.146 and later `mcp__mini`; both become `mcp__mini__echo`.
  const full = isPlain ? name : `${namespace.replace(/__$/, '')}__${name}`;
  const legal = toLegal(full);
  if (legal.length > MAX_NAME_LENGTH) return shortenNamespace(legal, toLegal(name), keyOf(tool));
  return legal !== full || forbidden.includes(legal) ? withHash(legal, keyOf(tool)) : legal;
}

const toLegal = (name: string): string => name.replace(/[^a-zA-Z0-9_-]/g, '_').replace(/^(?=\d|$)/, '_');

/**
 * Shortens the namespace, because the name means more to the model. If fewer than 8 characters of the namespace would
 * remain, truncates the end instead.
 */
function shortenNamespace(full: string, own: string, key: string): string {
  const head = MAX_NAME_LENGTH - own.length - HASH_LENGTH - 3;
  return head < 8 ? withHash(full, key) : `${full.slice(0, head)}_${hashText(key)}__${own}`;
}

const HASH_LENGTH = 7;

/**
 * Shortens a name for an upstream with a lower limit. The result is the same in every request, and `ToolSet.find`
 * recognizes it.
 */
export const shortenName = (name: string, maxLength: number): string =>
  name.length <= maxLength
    ? name
    : `${name.slice(0, Math.max(0, maxLength - HASH_LENGTH - 1))}_${hashText(name)}`.slice(-maxLength);

const withHash = (name: string, key: string): string =>
  `${name.slice(0, MAX_NAME_LENGTH - HASH_LENGTH - 1)}_${hashText(key)}`;
