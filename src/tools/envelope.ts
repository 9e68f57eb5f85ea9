/**
 * Stores state with the client: a versioned envelope in `encrypted_content`, which clients return unchanged
 * (codex-protocol.md, sections 4 and 5). It is encoded, not encrypted: the conversation belongs to the client.
 */
import { asArray, asString, isJsonObject, type JsonObject, parseJsonObject } from '../base/json';

const PREFIX = 'acb1.';

export interface ReasoningPayload {
  readonly text: string;
  /** Blocks that the provider signed (`reasoning_details`), returned to it unchanged. */
  readonly details: readonly unknown[] | undefined;
  /** The fields with the provider's signature of each call (`extra_content`), by call id; returned with the calls. */
  readonly calls?: JsonObject | undefined;
  /** The model that wrote the reasoning; absent in envelopes from earlier versions. */
  readonly origin?: string | undefined;
}

/** Wraps reasoning, and what only its provider can read: signed blocks and signatures of calls. */
export const sealReasoning = (payload: ReasoningPayload): string => seal('reasoning', payload);
/** Wraps the summary of a compacted conversation. */
export const sealSummary = (text: string): string => seal('summary', { text });

/**
 * Reads the reasoning in an envelope.
 * @param reader the model that will read the reasoning; signatures by another model are left out
 * @returns undefined, not an error, if the envelope is damaged or from another program
 */
export function openReasoning(envelope: string | undefined, reader?: string): ReasoningPayload | undefined {
  const value = open(envelope, 'reasoning');
  const text = asString(value?.['text']);
  const calls = value?.['calls'];
  if (text === undefined) return undefined;
  const origin = asString(value?.['origin']);
  if (reader !== undefined && origin !== undefined && origin !== reader) return { text, details: undefined, origin };
  return { text, details: asArray(value?.['details']), origin, ...(isJsonObject(calls) && { calls }) };
}

/** @returns the summary text; undefined if the envelope is damaged or from another program */
export function openSummary(envelope: string | undefined): string | undefined {
  return asString(open(envelope, 'summary')?.['text']);
}

function seal(kind: string, payload: object): string {
  return PREFIX + Buffer.from(JSON.stringify({ kind, ...payload }), 'utf8').toString('base64');
}

function open(envelope: string | undefined, kind: string): JsonObject | undefined {
  if (!envelope?.startsWith(PREFIX)) return undefined;
  const value = parseJsonObject(Buffer.from(envelope.slice(PREFIX.length), 'base64').toString('utf8'));
  return value?.['kind'] === kind ? value : undefined;
}
