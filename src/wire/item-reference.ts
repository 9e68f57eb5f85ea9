/** Items that only name another item. */
import { isRecord, type UnknownRecord } from '../base/json';

/** Its type may be left out: then there is an id and nothing that makes it a message. Spec: Responses API, ItemReference. */
export function isReference(item: unknown): item is UnknownRecord {
  if (!isRecord(item)) return false;
  return (
    item['type'] === 'item_reference' ||
    (item['type'] == null && item['id'] !== undefined && item['role'] === undefined)
  );
}
