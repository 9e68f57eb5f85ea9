/** The request half of a tool codec: how a declared tool is offered to a model that only knows functions. */
import type { ToolKind, ToolOf } from '../wire/responses-tools';
import type { SchemaRule } from '../providers/dialect';
import type { ToolOffer } from './tool-set';

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
