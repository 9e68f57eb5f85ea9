/** Stores responses as JSON records by id; the default store keeps them in memory. */
import type { Clock } from '../base/clock';
import { isRecord, parseJson, type UnknownRecord } from '../base/json';
import { Ledger, type StoreLimits } from './ledger';

/** Logs a warning about the store. */
export type Warn = (message: string, fields: Readonly<Record<string, unknown>>) => void;

/** Bounded: old records are evicted. Reading a record makes it the most recently used one. */
export interface ResponseStore {
  get(id: string): UnknownRecord | undefined;
  /**
   * Keeps a record, in place of an earlier one of the same id.
   * @param text a JSON object
   * @param items ids of the items in it
   * @returns false when it could not be kept
   */
  put(id: string, text: string, items: readonly string[]): boolean;
  /** False when there was nothing of that id. */
  delete(id: string): boolean;
  /** The id of the newest record that holds the item. */
  holderOf(item: string): string | undefined;
}

/** Keeps records as bytes: their size is known, and the garbage collector does not walk them. */
export function createMemoryStore(limits: StoreLimits, clock: Clock): ResponseStore {
  const records = new Map<string, Buffer>();
  const ledger = new Ledger(limits, clock, (id) => records.delete(id));
  return {
    get(id) {
      const bytes = ledger.use(id) ? records.get(id) : undefined;
      const value = bytes && parseJson(bytes.toString('utf8'));
      return isRecord(value) ? value : undefined;
    },
    put(id, text, items) {
      const bytes = Buffer.from(text, 'utf8');
      records.delete(id);
      if (!ledger.enter(id, bytes.length, items)) return false;
      records.set(id, bytes);
      return true;
    },
    delete(id) {
      records.delete(id);
      return ledger.remove(id);
    },
    holderOf: (item) => ledger.holderOf(item),
  };
}
