/** Manages the files of background bridges: reads and writes records, and removes logs and catalogs left behind. */
import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asNumber, asRecord, asText, parseJsonObject } from '../base/json';
import { quoteShellWord } from '../base/shell-word';
import { attempt, messageOf } from '../base/thrown';
import { OPTIONS } from '../config/options';
import { SERVICE_NAME } from '../server/service-routes';
import { makeFolder, replaceFile } from '../state/replace-file';

/**
 * Describes a background bridge, which writes its record when it listens, and removes it when it ends. A killed bridge
 * leaves its record behind, so a record is valid only if the bridge on the port has this pid.
 */
export interface BridgeRecord {
  readonly name: typeof SERVICE_NAME;
  readonly pid: number;
  /** The start time of the process, in the system's unit; undefined if unknown. */
  readonly processStart: string | undefined;
  readonly port: number;
  readonly host: string;
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly logFile: string;
  readonly upstream: string;
  readonly drainTimeoutMs: number;
  /** Identifies the key without revealing it; undefined in records of older versions. */
  readonly keyId: string | undefined;
  /** The token that its clients send; undefined if it needs none, or has several. */
  readonly token: string | undefined;
  /** Identifies the values of its options without revealing them; undefined in records of older versions. */
  readonly optionIds?: Readonly<Record<string, string>> | undefined;
  /** Whether it exits once no launched Codex and no other client uses it. */
  readonly stopWhenUnused: boolean;
}

/** Returns the path of a background bridge's record. @param folder the state folder */
export const stateFileOf = (folder: string, port: number): string => join(folder, `bridge-${port}.json`);

/** Returns the default path of a background bridge's log. */
export const logFileOf = (folder: string, port: number): string => join(folder, `bridge-${port}.log`);

/** Returns the path of the model catalog for a launched Codex. */
export const catalogFileOf = (folder: string, port: number): string => join(folder, `models-${port}.json`);

/** Reads a file without following a symbolic link, if the system supports that. */
function readText(file: string): string {
  const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Creates the state folder if it is missing. Other users must not be able to create files in it, because the bridge
 * writes its log there and trusts its records.
 *
 * @returns a sentence that says why the folder cannot be used; `undefined` if it can
 */
export function prepareStateFolder(folder: string, userId = process.getuid?.()): string | undefined {
  try {
    makeFolder(folder, 0o700);
    const { uid, mode } = statSync(folder);
    if (userId === undefined) return undefined;
    if (uid !== userId) return `The state folder ${folder} belongs to another user. Choose another with --state-dir.`;
    if ((mode & 0o022) === 0) return undefined;
    return `Other users can write to the state folder ${folder}. Run: chmod go-w ${quoteShellWord(folder)}`;
  } catch (error) {
    return `Cannot create the state folder ${folder}: ${messageOf(error)}. Choose another with --state-dir.`;
  }
}

/** Returns the id of a key in a record. @param startedAt the record's: each record has another id for the same key */
export const identifyKey = (key: string | undefined, startedAt: string): string =>
  (key === undefined ? NO_KEY : createHash('sha256').update(`${startedAt} ${key}`).digest('hex').slice(0, 16));

const NO_KEY = 'none';

/** Whether the bridge of a record is known to run without a key. */
export const hasNoKey = ({ keyId }: BridgeRecord): boolean => keyId === NO_KEY;

/** Describes how the key of a running bridge differs from `key`; `undefined` if it does not differ or is unknown. */
export function describeKeyDifference(record: BridgeRecord, key: string | undefined): string | undefined {
  if (key === undefined || record.keyId === undefined) return undefined;
  if (hasNoKey(record)) return 'It has no API key.';
  return record.keyId === identifyKey(key, record.startedAt) ? undefined : 'It uses a different API key.';
}

/** Writes a record; creates its folder if it is missing. @throws file system errors */
export function writeRecord(file: string, record: BridgeRecord): void {
  makeFolder(dirname(file), 0o700);
  replaceFile(file, `${JSON.stringify(record, null, 2)}\n`, 0o600);
}

/** Returns the record in `file`; `undefined` if the file is missing or invalid. */
export function readRecord(file: string): BridgeRecord | undefined {
  const record = parseJsonObject(attempt(() => readText(file)) ?? '');
  if (record?.['name'] !== SERVICE_NAME) return undefined;
  const [pid, port] = [asNumber(record['pid']), asNumber(record['port'])];
  const [host, logFile] = [asText(record['host']), asText(record['logFile'])];
  if (pid === undefined || port === undefined || host === undefined || logFile === undefined) return undefined;
  return {
    name: SERVICE_NAME, pid, port, host, logFile,
    processStart: asText(record['processStart']),
    version: asText(record['version']) ?? 'unknown',
    startedAt: asText(record['startedAt']) ?? 'unknown',
    upstream: asText(record['upstream']) ?? 'unknown',
    drainTimeoutMs: asNumber(record['drainTimeoutMs']) ?? 0,
    keyId: asText(record['keyId']),
    token: asText(record['token']),
    optionIds: readIds(record['optionIds']),
    stopWhenUnused: record['stopWhenUnused'] === true,
  };
}

function readIds(value: unknown): BridgeRecord['optionIds'] {
  const ids = asRecord(value);
  return ids && Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, asText(id) ?? '']));
}

/**
 * Returns when a process started. Together with the pid, this identifies the process, because another process with the
 * same pid starts at another time. On Linux, in clock ticks since boot (proc_pid_stat(5), field 22); elsewhere, as a
 * date. `undefined` on Windows, and if there is no such process.
 */
export function readProcessStart(pid: number, platform = process.platform): string | undefined {
  if (platform === 'win32') return undefined;
  if (platform !== 'linux' && platform !== 'android') return askPs(pid);
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The program name, in parentheses, may contain any character.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

/** Returns the start time as `ps` prints it on macOS and the BSDs, always in the same locale and time zone. */
function askPs(pid: number): string | undefined {
  const { spawnSync }: typeof import('node:child_process') = require('node:child_process');
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { env, encoding: 'utf8', timeout: 5_000 });
  return stdout?.trim() || undefined;
}

/** Returns every record in `folder`, sorted by port. */
export function listRecords(folder: string): readonly BridgeRecord[] {
  const names = attempt(() => readdirSync(folder)) ?? [];
  return names
    .filter((name) => /^bridge-\d+\.json$/.test(name))
    .flatMap((name) => readRecord(join(folder, name)) ?? [])
    .sort((one, other) => one.port - other.port);
}

/** Removes `file` if it is the record of the process `pid`. */
export function removeRecord(file: string, pid: number): void {
  if (readRecord(file)?.pid === pid) attempt(() => rmSync(file, { force: true }));
}

const MAX_AGE_MS = 30 * 86_400_000;

const LEFTOVER = /^(?:bridge-(\d+)\.log(?:\.1)?|models-(\d+)\.json)$/;

/**
 * Removes logs and catalogs that ended bridges left behind in `folder`: those unmodified for 30 days, if their port has
 * no record and is not the default port. Never throws.
 *
 * @param now milliseconds since the epoch
 */
export function removeLeftovers(folder: string, now: number): void {
  for (const name of attempt(() => readdirSync(folder)) ?? []) {
    const found = LEFTOVER.exec(name);
    const port = Number(found?.[1] ?? found?.[2]);
    if (found === null || port === OPTIONS.port.default) continue;
    if (readRecord(stateFileOf(folder, port)) !== undefined) continue;
    const path = join(folder, name);
    attempt(() => now - statSync(path).mtimeMs > MAX_AGE_MS && rmSync(path));
  }
}
