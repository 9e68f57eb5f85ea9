/** Tells whether a request has to do with what is kept. Most of Codex's have not, and then nothing of it is loaded. */
import { isRecord } from '../base/json';
import { asArray } from '../base/narrow';
import type { ClientKind } from '../errors/error-body';
import { isReference } from '../wire/read-items';

/** Fields that lead to something kept, or that must not be ignored. */
const FIELDS = ['previous_response_id', 'conversation', 'prompt'] as const;

/** @param body a request as it came */
export function usesState(body: unknown, client: ClientKind): boolean {
  if (!isRecord(body)) return false;
  if (wantsStore(body['store'], client) || (body['background'] ?? false) !== false) return true;
  return FIELDS.some((field) => body[field] != null) || (asArray(body['input']) ?? []).some(isReference);
}

/** The default of the API is true. Codex keeps its conversation itself and says so since 0.80; its silence means no. */
export function wantsStore(store: unknown, client: ClientKind): boolean {
  return store === true || (store !== false && client !== 'codex');
}
