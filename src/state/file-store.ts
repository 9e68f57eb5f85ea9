/** Keeps records on disk, one file each, so that they survive a restart; only the user may read them. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock';
import { isRecord, parseJson, type UnknownRecord } from '../base/json';
import { messageOf } from '../base/thrown';
import { Ledger, type StoreLimits } from './ledger';
import { idsOf, itemsOf } from './record';
import { replaceFile } from './replace-file';
import type { ResponseStore } from './response-store';

export interface FileStoreOptions {
  /** Made when it is first needed. */
  readonly folder: string;
  readonly limits: StoreLimits;
  readonly clock: Clock;
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/**
 * The folder is looked at when the store is first used, a file when its record is asked for. Calls block: a record is
 * written before its client hears that the answer is complete, and takes about a millisecond.
 * A folder that cannot be used costs a warning and what would have been kept, never an answer.
 */
export function createFileStore(options: FileStoreOptions): ResponseStore {
  let opened: OpenedFolder | undefined;
  const folder = (): OpenedFolder => (opened ??= new OpenedFolder(options));
  return {
    get: (id) => folder().read(id),
    put: (id, text, items) => folder().write(id, text, items),
    delete: (id) => folder().remove(id),
    holderOf: (item) => folder().holderOf(item),
  };
}

/** Ids come from clients and become file names: nothing else may. */
const ID = /^[A-Za-z0-9_-]{1,128}$/;
const SUFFIX = '.json';
/** A draft of `replaceFile`: a file being written, or left behind by a process that ended while it wrote. */
const UNFINISHED = /^[A-Za-z0-9_-]+\.json\.\d+\.tmp$/;
const UNFINISHED_MS = 60_000;

class OpenedFolder {
  private readonly ledger: Ledger;
  /** Records of earlier processes, whose items are not known before one is asked for. */
  private unread = new Set<string>();

  constructor(private readonly options: FileStoreOptions) {
    this.ledger = new Ledger(options.limits, options.clock, (id) => this.erase(id));
    this.attempt('open the store', options.folder, () => this.load());
  }

  read(id: string): UnknownRecord | undefined {
    if (!this.ledger.use(id)) return undefined;
    const record = this.readFile(id);
    if (record) this.attempt('touch a record', id, () => utimesSync(this.path(id), this.now(), this.now()));
    else this.forget(id);
    return record;
  }

  write(id: string, text: string, items: readonly string[]): boolean {
    if (!ID.test(id)) return false;
    const written = this.attempt('keep a record', id, () => {
      mkdirSync(this.options.folder, { recursive: true, mode: 0o700 });
      replaceFile(this.path(id), text, 0o600, (draft) => utimesSync(draft, this.now(), this.now()));
      return true;
    });
    this.unread.delete(id);
    if (written !== true) return false;
    const kept = this.ledger.enter(id, Buffer.byteLength(text), items);
    if (!kept) this.erase(id);
    return kept;
  }

  remove(id: string): boolean {
    if (!this.forget(id)) return false;
    this.erase(id);
    return true;
  }

  holderOf(item: string): string | undefined {
    const known = this.ledger.holderOf(item);
    if (known !== undefined || this.unread.size === 0) return known;
    this.readItems();
    return this.ledger.holderOf(item);
  }

  /** The records of earlier processes, in the order of their last use. */
  private load(): void {
    mkdirSync(this.options.folder, { recursive: true, mode: 0o700 });
    const found: { readonly id: string; readonly bytes: number; readonly usedAt: number }[] = [];
    for (const name of readdirSync(this.options.folder)) {
      const id = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : '';
      const stat =
        ID.test(id) || UNFINISHED.test(name)
          ? statSync(join(this.options.folder, name), { throwIfNoEntry: false })
          : undefined;
      if (stat?.isFile() !== true) continue;
      if (ID.test(id)) found.push({ id, bytes: stat.size, usedAt: stat.mtimeMs });
      else if (stat.mtimeMs < this.options.clock() - UNFINISHED_MS)
        rmSync(join(this.options.folder, name), { force: true });
    }
    found.sort((a, b) => a.usedAt - b.usedAt);
    for (const { id } of found) this.unread.add(id);
    for (const { id, bytes, usedAt } of found) if (!this.ledger.enter(id, bytes, [], usedAt)) this.erase(id);
  }

  private readItems(): void {
    const { unread } = this;
    this.unread = new Set();
    for (const id of this.ledger.ids()) {
      const record = unread.has(id) ? this.readFile(id) : undefined;
      if (record) this.ledger.learn(id, idsOf(itemsOf(record)));
    }
  }

  private readFile(id: string): UnknownRecord | undefined {
    const value = this.attempt('read a record', id, () => parseJson(readFileSync(this.path(id), 'utf8')));
    if (isRecord(value) && value['id'] === id) return value;
    this.options.warn('a record of the store is broken and is ignored', { file: this.path(id) });
    return undefined;
  }

  private forget(id: string): boolean {
    this.unread.delete(id);
    return this.ledger.remove(id);
  }

  private erase(id: string): void {
    this.unread.delete(id);
    this.attempt('remove a record', id, () => rmSync(this.path(id), { force: true }));
  }

  private attempt<T>(what: string, subject: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (cause) {
      this.options.warn(`cannot ${what}`, { subject, folder: this.options.folder, error: messageOf(cause) });
      return undefined;
    }
  }

  private path(id: string): string {
    return join(this.options.folder, id + SUFFIX);
  }

  private now(): number {
    return this.options.clock() / 1_000;
  }
}
