/** What a tool kind is made of: its declaration as a function, and the item its calls are written as. */
import type { SchemaRule } from '../providers/dialect';
import type { CallEvent, OutputCall } from '../wire/responses-output';
import type { ToolKind, ToolOf } from '../wire/responses-request';
import type { ToolOffer } from './tool-set';

export interface CallTarget {
  readonly kind: 'function' | 'custom' | 'tool_search' | 'local_shell' | 'shell' | 'apply_patch';
  readonly name: string;
  /** The namespace string exactly as the client declared it. */
  readonly namespace?: string;
}
export type CallKind = CallTarget['kind'];

/** Where a declaration stands and what becomes of it. */
export interface OfferContext {
  readonly namespace?: { readonly name: string; readonly description?: string };
  /** Whether `strict` may be sent (dialect). */
  readonly strict: boolean;
  /** What the provider's schema checker refuses (dialect). */
  readonly schema: readonly SchemaRule[];
  readonly offer: (offer: ToolOffer) => void;
  readonly note: (text: string) => void;
}

export interface ToolCodec<K extends ToolKind> {
  declare(tool: ToolOf<K>, context: OfferContext): void;
}

/** A description that keeps what the namespace says of its tools: an MCP server's instructions stand there. */
export function describe(description: string | undefined, context: OfferContext): { readonly description?: string } {
  const text = [context.namespace?.description, description]
    .filter((part) => part !== undefined && part !== '')
    .join('\n\n');
  return text === '' ? {} : { description: text };
}

/** The namespace field of a target, where there is one. */
export function within(context: OfferContext): { readonly namespace?: string } {
  return context.namespace ? { namespace: context.namespace.name } : {};
}

/** Where the call stands in the response. */
export interface CallPlace {
  readonly itemId: string;
  readonly outputIndex: number;
  readonly callId: string;
}

/** Writes one call. `begin` once, `push` for each piece of arguments, `end` once the call is whole. */
export interface CallWriter {
  begin(): OutputCall;
  push(text: string): readonly CallEvent[];
  end(): { readonly events: readonly CallEvent[]; readonly item: OutputCall; readonly notes?: readonly string[] };
}

export type CreateCallWriter = (target: CallTarget, place: CallPlace) => CallWriter;

/** Prefix of the item ids of each kind, as Codex makes them (codex-protocol.md, section 1). */
export const CALL_ID_PREFIX: { readonly [K in CallTarget['kind']]: string } = {
  function: 'fc',
  custom: 'ctc',
  tool_search: 'tsc',
  local_shell: 'lsh',
  shell: 'sh',
  apply_patch: 'apc',
};
