/** Stores records on disk, one file each, so that they survive a restart. Only the user can read them. */
import { existsSync, mkdirSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock';
import type { UnknownRecord } from '../base/json';
import { messageOf } from '../base/thrown';
import { Ledger, type StoreLimits } from './ledger';
import { idsOf, itemsOf } from './record';
import {
  draftIdIn, findRecordFile, isOurs, isRecordId, readRecordFile, recordIdIn, removeDraft, removeRecordFile,
  type FoundFile,
} from './record-file';
import { replaceFile } from './replace-file';
import type { ResponseStore, Warn } from './response-store';

export interface FileStoreOptions {
  /** Created on first use. */
  readonly folder: string;
  readonly limits: StoreLimits;
  readonly clock: Clock;
  readonly warn: Warn;
}

/**
 * Opens the folder on first use, and a file when its record is requested. Calls are synchronous: a record is written
 * before its client receives the final event, which takes about a millisecond. If the folder cannot be used, the store
 * logs a warning; records are then lost, but the response still reaches the client.
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

/** Subfolder for records if the user's folder also contains other files. */
const SUBFOLDER = 'aliyun-codex-bridge-store';
const pathIn = (folder: string, id: string): string => join(folder, `${id}.json`);
/** An older draft is left over from a process that ended while writing it. */
const UNFINISHED_MS = 60_000;

interface FoundRecord extends FoundFile {
  readonly id: string;
  readonly folder: string;
}

class OpenedFolder {
  private readonly ledger: Ledger;
  /** Records of earlier processes, whose items are unknown until one is requested. */
  private unread = new Set<string>();
  /** The folder for new records: the user's folder, or a subfolder of it. */
  private home: string;
  /** Paths of records outside `home`, written by earlier processes before the folder contained other files. */
  private readonly elsewhere = new Map<string, string>();

  constructor(private readonly options: FileStoreOptions) {
    this.home = options.folder;
    this.ledger = new Ledger(options.limits, options.clock, (id) => this.erase(id));
    this.attempt('open the store', options.folder, () => this.load());
  }

  read(id: string): UnknownRecord | undefined {
    if (!this.ledger.use(id)) return undefined;
    const record = this.readFile(id, this.now());
    if (!record) this.forget(id);
    return record;
  }

  write(id: string, text: string, items: readonly string[]): boolean {
    if (!isRecordId(id)) return false;
    const path = pathIn(this.home, id);
    const written = this.attempt('keep a record', id, () => {
      mkdirSync(this.home, { recursive: true, mode: 0o700 });
      replaceFile(path, text, 0o600, (draft) => {
        utimesSync(draft, this.now(), this.now());
        if (!isOurs(path, id)) throw new Error('a file of this name exists that the bridge did not write');
      });
      return true;
    });
    this.unread.delete(id);
    if (written !== true) return false;
    this.removeFile(id, this.elsewhere.get(id));
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

  /** Finds the records of earlier processes, in order of their last use. */
  private load(): void {
    const { folder } = this.options;
    const subfolder = join(folder, SUBFOLDER);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const shared = this.find(folder);
    if (shared.foreign || existsSync(subfolder)) this.home = subfolder;
    const own = existsSync(subfolder) ? this.find(subfolder).records : [];
    const found = [...shared.records.filter(({ id }) => !own.some((record) => record.id === id)), ...own];
    found.sort((a, b) => a.usedAt - b.usedAt);
    for (const { id, folder: place } of found) {
      this.unread.add(id);
      if (place !== this.home) this.elsewhere.set(id, pathIn(place, id));
    }
    for (const { id, bytes, usedAt } of found) if (!this.ledger.enter(id, bytes, [], usedAt)) this.erase(id);
  }

  /** Finds the records in a folder, and whether it contains anything that the bridge did not write. */
  private find(folder: string): { readonly records: readonly FoundRecord[]; readonly foreign: boolean } {
    const records: FoundRecord[] = [];
    let foreign = false;
    for (const name of readdirSync(folder)) {
      const [id, draft, path] = [recordIdIn(name), draftIdIn(name), join(folder, name)];
      const file = id === undefined ? undefined : findRecordFile(path, id);
      if (id !== undefined && file) records.push({ ...file, id, folder });
      else if (draft !== undefined) removeDraft(path, draft, this.options.clock() - UNFINISHED_MS);
      else foreign ||= name !== SUBFOLDER;
      if (id !== undefined && !file) this.ignore(path);
    }
    return { records, foreign };
  }

  private readItems(): void {
    const { unread } = this;
    this.unread = new Set();
    for (const id of this.ledger.ids()) {
      const record = unread.has(id) ? this.readFile(id) : undefined;
      if (record) this.ledger.learn(id, idsOf(itemsOf(record)));
    }
  }

  private readFile(id: string, usedAt?: number): UnknownRecord | undefined {
    const record = this.attempt('read a record', id, () => readRecordFile(this.path(id), id, usedAt));
    if (!record) this.ignore(this.path(id));
    return record;
  }

  private ignore(file: string): void {
    this.options.warn('ignored a file with the name of a record: broken, or not written by the bridge', { file });
  }

  private forget(id: string): boolean {
    this.unread.delete(id);
    return this.ledger.remove(id);
  }

  private erase(id: string): void {
    this.unread.delete(id);
    this.removeFile(id, this.path(id));
  }

  private removeFile(id: string, path: string | undefined): void {
    if (path !== undefined) this.attempt('remove a record', id, () => removeRecordFile(path, id));
    this.elsewhere.delete(id);
  }

  private attempt<T>(what: string, subject: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (cause) {
      this.options.warn(`cannot ${what}`, { subject, folder: this.home, error: messageOf(cause) });
      return undefined;
    }
  }

  private path(id: string): string {
    return this.elsewhere.get(id) ?? pathIn(this.home, id);
  }

  private now(): number {
    return this.options.clock() / 1_000;
  }
}
