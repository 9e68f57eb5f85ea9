/**
 * Keeps records on disk, one file each, so that they survive a restart; only the user may read them. Other processes
 * may use the folder at the same time, so each operation checks the files on disk.
 */
import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock';
import type { UnknownRecord } from '../base/json';
import { messageOf } from '../base/thrown';
import { Ledger, type StoreLimits } from './ledger';
import { idsOf, isRecordId, itemsIn, itemsOf } from './record';
import {
  draftIdIn, exists, findRecordFile, mayReplace, readRecordFile, recordIdIn, removeDraft, removeRecordFile,
  type FoundFile,
} from './record-file';
import { appendLine, createLines, findLines, linesFolder, linesIdIn, readLines, removeLines } from './record-lines';
import { makeFolder, replaceFile } from './replace-file';
import type { Change, ResponseStore, Warn, WriteResult } from './response-store';

export interface FileStoreOptions {
  /** Created on first use. */
  readonly folder: string;
  readonly limits: StoreLimits;
  readonly clock: Clock;
  readonly warn: Warn;
}

/**
 * Opens the folder on first use. Writing a record takes about a millisecond, and ends before its client gets the final
 * event. If the folder cannot be used, a warning is logged and records are lost, but never a response.
 */
export function createFileStore(options: FileStoreOptions): ResponseStore {
  let opened: OpenedFolder | undefined;
  const openFolder = (): OpenedFolder => (opened ??= new OpenedFolder(options));
  return {
    shared: true,
    get: async (id) => openFolder().read(id),
    lines: async (id, from = 0) => openFolder().readLines(id, from),
    write: async (changes) => changes.map((change) => openFolder().write(change)),
    delete: async (id) => openFolder().remove(id),
    holderOf: async (item) => openFolder().holderOf(item),
    check: () => Promise.resolve(),
    close: () => undefined,
  };
}

/** The subfolder for records if the user's folder also contains other files. */
const SUBFOLDER = 'aliyun-codex-bridge-store';
const pathIn = (folder: string, id: string): string => join(folder, `${id}.json`);
/** A draft older than this was left behind by a process that ended while writing it. */
const UNFINISHED_MS = 60_000;
/** A write counts the records in the folder again if the last count is older than this. */
const RECOUNT_MS = 10_000;
/** Another process has used a file if the time of its last use is later than the ledger's by more than this. */
const LATER_MS = 2;

interface FoundRecord extends FoundFile {
  readonly id: string;
  readonly folder: string;
}

interface Listing {
  /** The new records, and those that may have grown. */
  readonly records: readonly FoundRecord[];
  /** The ids of all record files, from their names. */
  readonly ids: readonly string[];
  /** Whether the folder contains anything that the bridge did not write. */
  readonly hasForeignFiles: boolean;
}

class OpenedFolder {
  private readonly ledger: Ledger;
  /** Ids of the records whose items, or whose last lines, have not been read yet. */
  private unread = new Set<string>();
  /** The folder for new records: the user's folder, or a subfolder of it. */
  private recordFolder: string;
  /** The folders to search: some records may be older than the subfolder. */
  private readonly folders: readonly string[];
  private countedAt = Number.NEGATIVE_INFINITY;
  private readonly ignored = new Set<string>();

  constructor(private readonly options: FileStoreOptions) {
    this.recordFolder = options.folder;
    this.folders = [join(options.folder, SUBFOLDER), options.folder];
    this.ledger = new Ledger(options.limits, options.clock, (id, usedAt) => this.evict(id, usedAt));
    this.attempt('open the store', options.folder, () => {
      makeFolder(options.folder, 0o700);
      const subfolder = join(options.folder, SUBFOLDER);
      if (this.count(true) || existsSync(subfolder)) this.recordFolder = subfolder;
    });
  }

  read(id: string): UnknownRecord | undefined {
    const found = this.find(id);
    if (!found || found.usedAt < this.options.clock() - this.options.limits.ageMs) {
      if (found || this.ledger.bytesOf(id) !== undefined) this.erase(id);
      return undefined;
    }
    const record = this.attempt('read a record', id, () => readRecordFile(pathIn(found.folder, id), id, this.now()));
    if (!record) {
      this.ignore(pathIn(found.folder, id));
      this.forget(id);
      return undefined;
    }
    if (this.ledger.bytesOf(id) === undefined) this.enter(found, this.options.clock(), idsOf(itemsOf(record)));
    else this.ledger.use(id);
    return record;
  }

  readLines(id: string, from: number): readonly unknown[] {
    const found = this.find(id);
    return found ? readLines(linesFolder(found.folder, id), from) : [];
  }

  write(change: Change): WriteResult {
    if (!isRecordId(change.id)) return 'refused';
    const isDue = this.options.clock() - this.countedAt > RECOUNT_MS;
    if (isDue) this.attempt('list records', this.recordFolder, () => this.count());
    return this.attempt('write a record', change.id, () => (change.append ? this.append(change) : this.put(change)))
      ?? 'refused';
  }

  remove(id: string): boolean {
    return this.erase(id);
  }

  holderOf(item: string): string | undefined {
    const known = this.ledger.holderOf(item);
    if (known !== undefined && this.find(known)) return known;
    this.attempt('list records', this.recordFolder, () => this.count());
    this.readItems();
    return this.ledger.holderOf(item);
  }

  private put({ id, text, items }: Change): WriteResult {
    const path = pathIn(this.recordFolder, id);
    makeFolder(this.recordFolder, 0o700);
    replaceFile(path, text, 0o600, (draft) => {
      utimesSync(draft, this.now(), this.now());
      if (!mayReplace(path, id)) throw new Error('a file with this name exists that the bridge did not write');
    });
    removeLines(linesFolder(this.recordFolder, id));
    for (const folder of this.folders) if (folder !== this.recordFolder) this.removeFrom(folder, id);
    this.unread.delete(id);
    const isKept = this.ledger.enter(id, Buffer.byteLength(text), items);
    if (!isKept) this.erase(id);
    return isKept ? 'kept' : 'refused';
  }

  private append({ id, text, items }: Change): WriteResult {
    const found = this.find(id);
    if (!found) return 'absent';
    const lines = linesFolder(found.folder, id);
    if (this.ledger.bytesOf(id) === undefined) this.enter(found, found.usedAt, []);
    if (!this.ledger.grow(id, Buffer.byteLength(text), items)) return 'refused';
    createLines(lines);
    appendLine(lines, text);
    utimesSync(pathIn(found.folder, id), this.now(), this.now());
    if (this.find(id)) return 'kept';
    // Another process deleted the record in the meantime.
    removeLines(lines);
    this.forget(id);
    return 'absent';
  }

  /** Finds the file of a record, whichever process wrote it. */
  private find(id: string): FoundRecord | undefined {
    for (const folder of isRecordId(id) ? this.folders : []) {
      const file = this.attempt('read a record', id, () => findRecordFile(pathIn(folder, id), id));
      if (file) return { ...file, id, folder };
      if (exists(pathIn(folder, id))) this.ignore(pathIn(folder, id));
    }
    return undefined;
  }

  /**
   * Updates the ledger with the records of all processes, and erases those that are too large.
   * @param removesDrafts whether to remove the drafts that ended processes left behind
   * @returns whether the user's folder contains anything that the bridge did not write
   */
  private count(removesDrafts = false): boolean {
    const { clock, limits } = this.options;
    this.countedAt = clock();
    const [inSubfolder, inFolder] = this.folders.map((folder) => this.list(folder, removesDrafts));
    const existing = new Set([...(inFolder?.ids ?? []), ...(inSubfolder?.ids ?? [])]);
    for (const id of this.ledger.ids()) if (!existing.has(id)) this.forget(id);
    const found = [...(inFolder?.records ?? []), ...(inSubfolder?.records ?? [])];
    const sized = found.map((record) => ({ ...record, bytes: this.sizeOf(record) }));
    const changed = sized.filter(({ id, bytes }) => this.ledger.bytesOf(id) !== bytes);
    const fitting = changed.filter(({ bytes }) => bytes <= limits.bytes);
    for (const { id } of fitting) this.unread.add(id);
    for (const record of changed) if (!fitting.includes(record)) this.erase(record.id);
    this.ledger.enterAll(fitting);
    return inFolder?.hasForeignFiles ?? false;
  }

  /**
   * Finds the records in a folder, and whether it contains anything that the bridge did not write. Known records are
   * not checked again, unless they have lines and may have grown. So listing thousands takes a few milliseconds.
   */
  private list(folder: string, removesDrafts: boolean): Listing {
    const records: FoundRecord[] = [];
    const ids: string[] = [];
    let hasForeignFiles = false;
    const names = existsSync(folder) ? readdirSync(folder) : [];
    const grown = new Set(names.map(linesIdIn));
    for (const name of names) {
      const [id, draft, lines, path] = [recordIdIn(name), draftIdIn(name), linesIdIn(name), join(folder, name)];
      if (id !== undefined) ids.push(id);
      if (id !== undefined && this.ledger.bytesOf(id) !== undefined && !grown.has(id)) continue;
      const file = id === undefined ? undefined : findRecordFile(path, id);
      if (id !== undefined && file) records.push({ ...file, id, folder });
      else if (draft !== undefined) removesDrafts && removeDraft(path, draft, this.options.clock() - UNFINISHED_MS);
      else if (lines === undefined || !findLines(path)) hasForeignFiles ||= name !== SUBFOLDER;
      if (id !== undefined && !file && exists(path)) this.ignore(path);
    }
    return { records, ids, hasForeignFiles };
  }

  private readItems(): void {
    const { unread } = this;
    this.unread = new Set();
    for (const id of this.ledger.ids()) {
      const found = unread.has(id) ? this.find(id) : undefined;
      const record = found && this.attempt('read a record', id, () => readRecordFile(pathIn(found.folder, id), id));
      if (!record || !found) continue;
      const added = readLines(linesFolder(found.folder, id), 0).flatMap(itemsIn);
      this.ledger.setItems(id, idsOf([...itemsOf(record), ...added]));
    }
  }

  private enter(found: FoundRecord, usedAt: number, items: readonly string[]): void {
    const bytes = this.sizeOf(found);
    if (bytes !== found.bytes || items.length === 0) this.unread.add(found.id);
    this.ledger.enter(found.id, bytes, items, usedAt);
  }

  private sizeOf({ folder, id, bytes }: FoundRecord): number {
    return bytes + (findLines(linesFolder(folder, id))?.bytes ?? 0);
  }

  /** Erases an evicted record, unless another process has used it later: then it is not the oldest. */
  private evict(id: string, usedAt: number): void {
    const found = this.find(id);
    if (found && found.usedAt > usedAt + LATER_MS) this.enter(found, found.usedAt, []);
    else this.erase(id);
  }

  private forget(id: string): void {
    this.unread.delete(id);
    this.ledger.remove(id);
  }

  /** @returns whether there was a record */
  private erase(id: string): boolean {
    this.forget(id);
    const folders = isRecordId(id) ? this.folders : [];
    return folders.map((folder) => this.removeFrom(folder, id)).includes(true);
  }

  private removeFrom(folder: string, id: string): boolean {
    const existed = this.attempt('remove a record', id, () => removeRecordFile(pathIn(folder, id), id));
    if (existed === true) this.attempt('remove a record', id, () => removeLines(linesFolder(folder, id)));
    return existed === true;
  }

  /** Warns, once per file, that the file is ignored. */
  private ignore(file: string): void {
    if (this.ignored.has(file)) return;
    this.ignored.add(file);
    const reason = 'it is broken, or was not written by the bridge';
    this.options.warn(`ignored a file with the name of a record: ${reason}`, { file });
  }

  private attempt<T>(what: string, subject: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (cause) {
      const advice = 'free some space, or choose another folder with --store';
      this.options.warn(`cannot ${what}: ${advice}`, { subject, folder: this.recordFolder, error: messageOf(cause) });
      return undefined;
    }
  }

  private now(): number {
    return this.options.clock() / 1_000;
  }
}
