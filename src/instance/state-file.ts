/** The files by which a bridge in the background is found again: who runs on which port, and its log. */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isRecord, parseJsonObject } from '../base/json';
import { asNumber, asText } from '../base/narrow';
import { attempt } from '../base/thrown';
import { SERVICE_NAME } from '../server/service-routes';
import { replaceFile } from '../state/replace-file';

/**
 * What a bridge in the background writes about itself when it listens, and removes when it ends. One that was killed
 * leaves it behind: only a bridge that answers on the port with this pid is the one that is meant.
 */
export interface BridgeRecord {
  readonly name: typeof SERVICE_NAME;
  readonly pid: number;
  readonly port: number;
  readonly host: string;
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly logFile: string;
  readonly upstream: string;
  readonly drainTimeoutMs: number;
}

/** @param folder the folder of the bridge's own files */
export const stateFileOf = (folder: string, port: number): string => join(folder, `bridge-${port}.json`);

/** Where the log goes when the user names no file. */
export const logFileOf = (folder: string, port: number): string => join(folder, `bridge-${port}.log`);

/** Makes the folder where it is missing. @throws what the file system throws */
export function writeRecord(file: string, record: BridgeRecord): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  replaceFile(file, `${JSON.stringify(record, null, 2)}\n`, 0o600);
}

/** The record in `file`; `undefined` when there is none, or nothing that can be read as one. */
export function readRecord(file: string): BridgeRecord | undefined {
  const record = parseJsonObject(readText(file));
  if (!isRecord(record) || record['name'] !== SERVICE_NAME) return undefined;
  const [pid, port] = [asNumber(record['pid']), asNumber(record['port'])];
  const [host, version, startedAt] = [asText(record['host']), asText(record['version']), asText(record['startedAt'])];
  const [logFile, upstream] = [asText(record['logFile']), asText(record['upstream'])];
  if (pid === undefined || port === undefined || host === undefined || logFile === undefined) return undefined;
  return {
    name: SERVICE_NAME, pid, port, host, logFile,
    version: version ?? 'unknown', startedAt: startedAt ?? 'unknown', upstream: upstream ?? 'unknown',
    drainTimeoutMs: asNumber(record['drainTimeoutMs']) ?? 0,
  };
}

/** Every record in `folder`, in the order of their ports. */
export function listRecords(folder: string): readonly BridgeRecord[] {
  const names = attempt(() => readdirSync(folder)) ?? [];
  return names
    .filter((name) => /^bridge-\d+\.json$/.test(name))
    .flatMap((name) => readRecord(join(folder, name)) ?? [])
    .sort((one, other) => one.port - other.port);
}

/** Removes the record of the process `pid`; that of another process stays. */
export function removeRecord(file: string, pid: number): void {
  if (readRecord(file)?.pid === pid) attempt(() => rmSync(file, { force: true }));
}

const readText = (file: string): string => attempt(() => readFileSync(file, 'utf8')) ?? '';
