/** Decides whether a request needs the store. Most Codex requests do not, so nothing is loaded for them. */
import { asArray, isRecord } from '../base/json';
import type { ClientKind } from '../errors/error-body';
import { isReference } from '../wire/read-responses';

/** Fields that reference stored data or must be rejected. */
const FIELDS = ['previous_response_id', 'conversation', 'prompt'] as const;

/** @param body a request as received */
export function usesState(body: unknown, client: ClientKind): boolean {
  if (!isRecord(body)) return false;
  if (wantsStore(body['store'], client) || (body['background'] ?? false) !== false) return true;
  return FIELDS.some((field) => body[field] != null) || (asArray(body['input']) ?? []).some(isReference);
}

/**
 * The API's default is true. Codex keeps its own conversation: it has sent `store: false` since 0.80, and an absent
 * field means false.
 */
export function wantsStore(store: unknown, client: ClientKind): boolean {
  return store === true || (store !== false && client !== 'codex');
}
