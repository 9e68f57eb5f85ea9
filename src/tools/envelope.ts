/**
 * State that the client stores for the bridge: a versioned envelope in `encrypted_content`, which clients return
 * unchanged (codex-protocol.md, sections 4 and 5). Encoded, not encrypted: the conversation belongs to the client.
 */
import { isJsonObject, parseJsonObject, type JsonObject } from '../base/json';
import { asArray, asString } from '../base/narrow';

const PREFIX = 'acb1.';

export interface ReasoningPayload {
  readonly text: string;
  /** Provider-signed blocks (`reasoning_details`), returned to the provider unread. */
  readonly details: readonly unknown[] | undefined;
  /** Provider-signed fields of calls (`extra_content`), by call id: they go back on the same calls. */
  readonly calls?: JsonObject | undefined;
}

/** Seals hidden reasoning, or blocks that only their provider can read. */
export const sealReasoning = (payload: ReasoningPayload): string => seal('reasoning', payload);
/** Seals the summary of a compacted conversation. */
export const sealSummary = (text: string): string => seal('summary', { text });

/** @returns the reasoning; undefined for a foreign or broken envelope, which is never an error */
export function openReasoning(envelope: string | undefined): ReasoningPayload | undefined {
  const value = open(envelope, 'reasoning');
  const text = asString(value?.['text']);
  const calls = value?.['calls'];
  if (text === undefined) return undefined;
  return { text, details: asArray(value?.['details']), ...(isJsonObject(calls) && { calls }) };
}

/** @returns the summary text; undefined for a foreign or broken envelope */
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
