/** Defines the store of responses and conversations, as JSON records by id; the default store keeps them in memory. */
import type { Clock } from '../base/clock';
import { isRecord, parseJson, type UnknownRecord } from '../base/json';
import { Ledger, type StoreLimits } from './ledger';

/** Logs a warning about the store. */
export type Warn = (message: string, fields: Readonly<Record<string, unknown>>) => void;

/** A record to store, or a line to add to one. */
export interface Change {
  readonly id: string;
  /** A JSON object for a record, any JSON value for a line. */
  readonly text: string;
  /** Ids of the items in `text`. */
  readonly items: readonly string[];
  /** Adds a line to the record of this id, instead of replacing the record. */
  readonly append?: true;
}

/** `absent`: a line for a record that does not exist. `refused`: over the limits, or it could not be written. */
export type WriteResult = 'kept' | 'absent' | 'refused';

/**
 * A bounded store: the least recently used records are evicted, and reading counts as use. A record may have lines,
 * which are only added, so concurrent writers lose nothing.
 */
export interface ResponseStore {
  /** Whether other processes may use the same records. */
  readonly shared: boolean;
  get(id: string): Promise<UnknownRecord | undefined>;
  /** Returns a record's lines from index `from`; a negative one counts from the end. Empty for an unknown id. */
  lines(id: string, from?: number): Promise<readonly unknown[]>;
  /** Writes in order, atomically if the store supports that. A record replaces an earlier one and its lines. */
  write(changes: readonly Change[]): Promise<readonly WriteResult[]>;
  /** Returns false if there was no record with that id. */
  delete(id: string): Promise<boolean>;
  /** Returns the id of the newest record that contains the item. */
  holderOf(item: string): Promise<string | undefined>;
  /** @throws BridgeError `store_unavailable` if the store cannot be reached */
  check(): Promise<void>;
  /** Closes connections. */
  close(): void;
}

/** Writes one change. */
export async function writeOne(store: ResponseStore, change: Change): Promise<WriteResult> {
  const [written = 'refused'] = await store.write([change]);
  return written;
}

/** Stores records as bytes: their size is known, and the garbage collector does not traverse them. */
export function createMemoryStore(limits: StoreLimits, clock: Clock): ResponseStore {
  const records = new Map<string, Buffer[]>();
  const ledger = new Ledger(limits, clock, (id) => records.delete(id));
  const read = (id: string): readonly unknown[] =>
    (ledger.use(id) ? (records.get(id) ?? []) : []).map((bytes) => parseJson(bytes.toString('utf8')));
  const writeChange = ({ id, text, items, append }: Change): WriteResult => {
    const bytes = Buffer.from(text, 'utf8');
    const chunks = append && ledger.use(id) ? records.get(id) : undefined;
    if (append && !chunks) return 'absent';
    const isStored = chunks ? ledger.grow(id, bytes.length, items) : ledger.enter(id, bytes.length, items);
    if (!chunks) records.delete(id);
    if (!isStored) return 'refused';
    if (chunks) chunks.push(bytes);
    else records.set(id, [bytes]);
    return 'kept';
  };
  return {
    shared: false,
    async get(id) {
      const [value] = read(id);
      return isRecord(value) ? value : undefined;
    },
    lines: async (id, from = 0) => read(id).slice(1).slice(from),
    write: async (changes) => changes.map(writeChange),
    async delete(id) {
      records.delete(id);
      return ledger.remove(id);
    },
    holderOf: async (item) => ledger.holderOf(item),
    check: () => Promise.resolve(),
    close: () => undefined,
  };
}
