/** Stores JSON records by id; the default store keeps them in memory. */
import type { Clock } from '../base/clock';
import { isRecord, parseJson, type UnknownRecord } from '../base/json';
import { Ledger, type StoreLimits } from './ledger';

/** Logs a warning about the store. */
export type Warn = (message: string, fields: Readonly<Record<string, unknown>>) => void;

/** A bounded store that evicts old records. Reading a record makes it the most recently used one. */
export interface ResponseStore {
  get(id: string): UnknownRecord | undefined;
  /**
   * Stores a record, replacing an earlier one with the same id.
   * @param text a JSON object
   * @param items ids of the items in it
   * @returns false if it could not be stored
   */
  put(id: string, text: string, items: readonly string[]): boolean;
  /** Returns false if there was no record with that id. */
  delete(id: string): boolean;
  /** Returns the id of the newest record that contains the item. */
  holderOf(item: string): string | undefined;
}

/** Stores records as bytes: their size is known, and the garbage collector does not traverse them. */
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
