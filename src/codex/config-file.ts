/** Reads, writes and backs up Codex's config.toml. Rejects invalid UTF-8, because a rewrite would lose those bytes. */
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TextDecoder } from 'node:util';
import { explainFailure, PRIVATE, readIfThere, replaceUserFile } from '../command/edit-file';
import type { ConfigEdit } from './config-regions';
import { hideValues } from './toml/hide-values';

/** The current config.toml. */
export interface ConfigFile {
  readonly ok: true;
  readonly path: string;
  readonly text: string;
  readonly exists: boolean;
  /** The path of the backup of the original. */
  readonly backup: string;
}

/** Why Codex's configuration cannot be read, or was not changed. */
export interface SetupFailure {
  readonly ok: false;
  /** A sentence, possibly followed by other lines, such as an excerpt of the file. */
  readonly problem: string;
  /** How to fix it, in sentences. */
  readonly fix?: string;
}

/** Reads config.toml in `codexHome`; a missing file counts as empty. */
export async function readConfigFile(codexHome: string): Promise<ConfigFile | SetupFailure> {
  const path = join(codexHome, 'config.toml');
  let bytes: Buffer | undefined;
  try {
    bytes = await readIfThere(path);
  } catch (error) {
    const problem = `Cannot read ${path}: ${explainFailure(error)}.`;
    return { ok: false, problem, fix: 'Make it a readable file and try again.' };
  }
  const decoded = decode(bytes ?? Buffer.alloc(0));
  if (typeof decoded === 'number') {
    const problem = `Cannot read ${path}:${decoded}: the line is not UTF-8, which TOML requires.`;
    return { ok: false, problem, fix: 'Save the file as UTF-8 and try again.' };
  }
  return { ok: true, path, text: decoded, exists: bytes !== undefined, backup: `${path}.before-aliyun-codex-bridge` };
}

/** Decodes the text, including its byte order mark, or returns the number of the first line that is not UTF-8. */
function decode(bytes: Buffer): string | number {
  const text = decodeStrictly(bytes);
  if (text !== undefined) return text;
  let line = 1;
  for (let start = 0, end = 0; start < bytes.length; start = end, line += 1) {
    end = bytes.indexOf(0x0a, start) + 1 || bytes.length;
    if (decodeStrictly(bytes.subarray(start, end)) === undefined) return line;
  }
  return line;
}

function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Returns the text of the backup, or `undefined` if there is none. @throws an error that names the backup */
export async function readBackup({ backup }: ConfigFile): Promise<string | undefined> {
  const bytes = await readIfThere(backup).catch((error: unknown) => failBackup(backup, 'read', error));
  return bytes?.toString();
}

/**
 * Writes `text` to the backup, with the mode of config.toml, because it may contain keys. An earlier backup is renamed
 * if it has lines that `text` lacks, because it is their only copy.
 *
 * @throws an error that names the backup; or a system error, if config.toml does not exist
 */
export async function writeBackup({ path, text, backup }: ConfigFile): Promise<void> {
  const { mode } = await stat(path);
  const modes = { ...PRIVATE, file: mode & 0o777 };
  try {
    const earlier = (await readIfThere(backup))?.toString();
    if (earlier !== undefined && !containsAllLines(text, earlier)) await rename(backup, await findFreeName(backup));
    await replaceUserFile(backup, Buffer.from(text), modes);
  } catch (error) {
    failBackup(backup, 'written', error);
  }
}

function failBackup(backup: string, participle: 'read' | 'written', error: unknown): never {
  throw new Error(`its backup ${backup} cannot be ${participle} (${explainFailure(error)})`);
}

/** Whether `text` has every line of `before`, without its spacing and line ending, which Codex changes. */
export function containsAllLines(text: string, before: string): boolean {
  const lines = new Set(listLines(text));
  return listLines(before).every((line) => lines.has(line));
}

const listLines = (text: string): readonly string[] =>
  text.replace(/^\ufeff/, '').split('\n').map((line) => line.trim());

async function findFreeName(path: string): Promise<string> {
  let number = 1;
  while ((await readIfThere(`${path}.${number}`)) !== undefined) number += 1;
  return `${path}.${number}`;
}

/** Writes the new text; a new file is readable only by its owner. @throws if the file has changed; system errors */
export async function writeConfigFile(file: ConfigFile, text: string): Promise<void> {
  await requireUnchanged(file);
  await replaceUserFile(file.path, Buffer.from(text), PRIVATE);
}

/** Removes the file. @throws if the file has changed; system errors */
export async function removeConfigFile(file: ConfigFile): Promise<void> {
  await requireUnchanged(file);
  await rm(file.path);
}

/** Throws if another program, such as Codex or an editor, has changed the file since it was read. */
async function requireUnchanged({ path, text, exists }: ConfigFile): Promise<void> {
  const bytes = await readIfThere(path);
  const isSame = bytes === undefined ? !exists : exists && bytes.equals(Buffer.from(text));
  if (!isSame) throw new Error('another program has changed it in the meantime; run the command again');
}

/** Explains why an edit failed. If it failed at a position, shows the line, with a caret below the column. */
export function explainFailedEdit(
  { path, text }: ConfigFile, failed: ConfigEdit & { readonly ok: false },
): SetupFailure {
  const { problem, line, column = 1 } = failed;
  if (line === undefined) return { ok: false, problem: `Cannot change ${path}: ${problem}.` };
  const raw = text.replace(/^\ufeff/, '').split('\n')[line - 1]?.replace(/\r$/, '') ?? '';
  const { excerpt, caret } = excerptAround(hideValues(raw), column - 1);
  const gutter = ' '.repeat(String(line).length);
  return {
    ok: false,
    problem: `Cannot read ${path}:${line}:${column}: ${problem}.\n\n  ${line} | ${excerpt}\n  ${gutter} | ${caret}`,
    fix: 'Codex cannot read this file either. Fix the line and try again.',
  };
}

/** Renders a failure and its fix, separated by a space, or by a blank line after an excerpt. */
export function renderSetupFailure({ problem, fix }: SetupFailure): string {
  if (fix === undefined) return problem;
  return `${problem}${problem.includes('\n') ? '\n\n' : ' '}${fix}`;
}

/** Returns the part of a line that fits in a terminal, and a line with a caret below the character at `index`. */
function excerptAround(line: string, index: number): { readonly excerpt: string; readonly caret: string } {
  const characters = [...line];
  const start = Math.max(0, index - 60);
  const window = characters.slice(start, start + 72).join('');
  // A terminal would interpret control characters.
  const excerpt = window.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '?');
  // Tabs are kept, so that the caret lines up.
  const indent = characters.slice(start, index).join('').replace(/[^\t]/gu, ' ');
  return { excerpt, caret: `${indent}^` };
}
