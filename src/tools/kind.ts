/**
 * Defines what a tool kind is: how tools are declared as functions, and how calls are read from the history and written
 * as items.
 */
import type { JsonObject, UnknownRecord } from '../base/json';
import type { SchemaRule } from '../providers/dialect';
import type { CallEvent, CallItems, CallKind } from '../wire/responses-output';

/** The client's tool that a model calls: its kind, exact name and namespace. */
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

/** A call of any kind, as made by the model. */
export interface CallItem extends CallTarget {
  /** May be empty or repeated: Codex echoes what the model sent (codex-protocol.md, section 1). */
  readonly callId: string;
  /** The arguments as written by the model; usually a JSON object as text. */
  readonly arguments: string;
}

/** One row of the table of kinds (tools/kinds.ts). */
export interface ToolKind<K extends CallKind = CallKind> {
  /** The wire type of the kind's calls. */
  readonly itemType: CallItems[K]['type'];
  /** Prefix of its item ids, as Codex makes them (codex-protocol.md, section 1). */
  readonly idPrefix: string;
  /** Offers a declared tool to a model that supports only functions. */
  declare(tool: UnknownRecord, context: OfferContext): void;
  /** Reads a call in the history; `name` is empty if the client omitted it. */
  read(item: UnknownRecord): Omit<CallItem, 'callId'>;
  /** Creates a writer for one call in the answer. */
  write(target: CallTarget, position: CallPosition): CallWriter<CallItems[K]>;
}

/** What declaring a tool requires; `offer` adds a function to the request. */
export interface OfferContext {
  readonly namespace?: { readonly name: string; readonly description?: string };
  /** Whether `strict` may be sent (from the dialect). */
  readonly strict: boolean;
  /** The schema rewrites that the provider needs (from the dialect). */
  readonly schema: readonly SchemaRule[];
  readonly offer: (offer: ToolOffer) => void;
  readonly note: (text: string) => void;
}

/** The ids of a call, and its position in the response. */
export interface CallPosition {
  readonly itemId: string;
  readonly outputIndex: number;
  readonly callId: string;
}

/** Writes one call: `begin` once, `push` for each piece of the arguments, `end` when the call is complete. */
export interface CallWriter<Item = CallItems[CallKind]> {
  begin(): Item;
  push(text: string): readonly CallEvent[];
  end(): { readonly events: readonly CallEvent[]; readonly item: Item; readonly notes?: readonly string[] };
}
