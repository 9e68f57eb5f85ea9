/** config.toml of Codex as a file: reads it strictly, because a byte that is not understood would be lost in writing. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TextDecoder } from 'node:util';
import type { ConfigEdit } from '../codex/config-regions';
import { explainFailure, PRIVATE, readIfThere, replaceUserFile } from '../command/edit-file';

export interface ConfigFile {
  readonly ok: true;
  readonly path: string;
  readonly text: string;
  readonly exists: boolean;
  /** Where the text goes that was there before the first setup. */
  readonly backup: string;
}

/** What could not be done, in sentences with an advice. */
export interface Failure {
  readonly ok: false;
  readonly problem: string;
}

/** Reads config.toml in `codexHome`; a missing one counts as empty. */
export async function readConfigFile(codexHome: string): Promise<ConfigFile | Failure> {
  const path = join(codexHome, 'config.toml');
  let bytes: Buffer | undefined;
  try {
    bytes = await readIfThere(path);
  } catch (error) {
    return {
      ok: false,
      problem: `Cannot read ${path}: ${explainFailure(error)}. Put that right, then run this again.`,
    };
  }
  const text = decode(bytes ?? Buffer.alloc(0));
  if (typeof text === 'number') {
    const problem = `Cannot read ${path}:${text}: the line is not UTF-8, which TOML has to be.`;
    return { ok: false, problem: `${problem} Save the file as UTF-8, then run this again.` };
  }
  return { ok: true, path, text, exists: bytes !== undefined, backup: `${path}.before-aliyun-codex-bridge` };
}

/** The text, with its byte order mark; or the number of the first line that is not UTF-8. */
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

/** Keeps `file` as it is now beside it, with its mode: it may hold keys. */
export async function writeBackup({ path, text, backup }: ConfigFile): Promise<void> {
  const { mode } = await stat(path);
  await replaceUserFile(backup, Buffer.from(text), { ...PRIVATE, file: mode & 0o777 });
}

/** Writes the new text; a new file is for its owner alone. @throws what the system says */
export const writeConfigFile = ({ path }: ConfigFile, text: string): Promise<void> =>
  replaceUserFile(path, Buffer.from(text), PRIVATE);

/** Why the text of `file` cannot be changed: the place, with its line and a mark below the column, and what to do. */
export function explainRefusal({ path, text }: ConfigFile, refusal: ConfigEdit & { readonly ok: false }): string {
  const { problem, line, column = 1 } = refusal;
  if (line === undefined) return `Cannot change ${path}: ${problem}.`;
  const raw = text.replace(/^\ufeff/, '').split('\n')[line - 1]?.replace(/\r$/, '') ?? '';
  // What a terminal would obey is not shown to it.
  const quoted = raw.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '?');
  const gutter = ' '.repeat(String(line).length);
  // Tabs stay tabs, so that the mark stands below the character.
  const indent = [...quoted].slice(0, column - 1).join('').replace(/[^\t]/gu, ' ');
  return `Cannot read ${path}:${line}:${column}: ${problem}.

  ${line} | ${quoted}
  ${gutter} | ${indent}^

Codex does not start with this file either. Mend the line, then run this again.`;
}
