/** Defines a tool kind: its declaration as a function, its calls in the history, the items its calls become. */
import type { JsonObject, UnknownRecord } from '../base/json';
import { asText } from '../base/narrow';
import type { SchemaRule } from '../providers/dialect';
import type { CallEvent, CallItems, CallKind } from '../wire/responses-output';

/** The client's tool that a model calls: its kind, its exact name and namespace. */
export interface CallTarget {
  readonly kind: CallKind;
  readonly name: string;
  /** The namespace string exactly as the client declared it. */
  readonly namespace?: string;
}

/** A function as it is declared to the provider. */
export interface ToolOffer {
  readonly target: CallTarget;
  readonly description?: string;
  readonly parameters: JsonObject;
  readonly strict?: boolean;
}

/** A call of any kind, as the model made it. */
export interface CallItem extends CallTarget {
  /** May be empty or repeated: Codex echoes what the model sent (codex-protocol.md, section 1). */
  readonly callId: string;
  /** The arguments as the model writes them; usually the text of a JSON object. */
  readonly arguments: string;
}

/** One row of the table of kinds (tools/kinds.ts). */
export interface ToolKind<K extends CallKind = CallKind> {
  /** The wire type of its calls. */
  readonly itemType: CallItems[K]['type'];
  /** Prefix of its item ids, as Codex makes them (codex-protocol.md, section 1). */
  readonly idPrefix: string;
  /** Offers a declared tool to a model that only knows functions. */
  declare(tool: UnknownRecord, context: OfferContext): void;
  /** Reads a call of the history; `name` is empty when the client left it out. */
  read(item: UnknownRecord): Omit<CallItem, 'callId'>;
  /** Writes one call of the answer. */
  write(target: CallTarget, place: CallPlace): CallWriter<CallItems[K]>;
}

/** Where a declaration was found and where its offer goes. */
export interface OfferContext {
  readonly namespace?: { readonly name: string; readonly description?: string };
  /** Whether `strict` may be sent (dialect). */
  readonly strict: boolean;
  /** What the provider's schema checker rejects (dialect). */
  readonly schema: readonly SchemaRule[];
  readonly offer: (offer: ToolOffer) => void;
  readonly note: (text: string) => void;
}

/** Position of a call in the response. */
export interface CallPlace {
  readonly itemId: string;
  readonly outputIndex: number;
  readonly callId: string;
}

/** Writes one call: `begin` once, `push` for each piece of arguments, `end` once the call is whole. */
export interface CallWriter<Item = CallItems[CallKind]> {
  begin(): Item;
  push(text: string): readonly CallEvent[];
  end(): { readonly events: readonly CallEvent[]; readonly item: Item; readonly notes?: readonly string[] };
}

/** Creates the writer for a call of any kind. */
export type CreateCallWriter = (target: CallTarget, place: CallPlace) => CallWriter;

/** A description preceded by that of its namespace: an MCP server puts its instructions there. */
export function describe(description: string | undefined, context: OfferContext): { readonly description?: string } {
  const text = [context.namespace?.description, description]
    .filter((part) => part !== undefined && part !== '')
    .join('\n\n');
  return text === '' ? {} : { description: text };
}

/** The target of a declared tool; undefined, with a note, when it has no name: no model could call it. */
export function targetOf(kind: CallKind, tool: UnknownRecord, context: OfferContext): CallTarget | undefined {
  const name = asText(tool['name']);
  if (name !== undefined) return { kind, name, ...(context.namespace && { namespace: context.namespace.name }) };
  const where = context.namespace ? ` in ${context.namespace.name}` : '';
  context.note(`dropped a ${kind} tool${where}: it has no name`);
  return undefined;
}

/** Name and namespace of a call in the history. */
export function readTarget(item: UnknownRecord): Pick<CallItem, 'name' | 'namespace'> {
  const namespace = asText(item['namespace']);
  return { name: asText(item['name']) ?? '', ...(namespace !== undefined && { namespace }) };
}
