/** Reads the user's providers file and identifies its versions. Loaded only if there is one. */
import { readFileSync, statSync } from 'node:fs';
import { codeOf, messageOf } from '../base/thrown';
import { quote } from '../base/quote';
import type { Environment } from '../config/resolve';
import { readUserProviders, type ParsedProviders } from '../providers/user-providers';

/** @returns the catalog with the file's rows, or every error in the file */
export function readProvidersFile(path: string, env: Environment): ParsedProviders {
  try {
    return readUserProviders(readFileSync(path, 'utf8'), { path, env });
  } catch (error) {
    const reason = REASONS[codeOf(error) ?? ''] ?? messageOf(error);
    const problem = `Cannot read the providers file ${quote(path)}: ${reason}. Check --providers (AI_PROVIDERS).`;
    return { ok: false, errors: [problem] };
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
};

/** Identifies a version of the file; two versions written in one tick of the system clock differ in size or inode. */
export function versionOf(path: string): string {
  try {
    const { mtimeNs, ctimeNs, size, ino } = statSync(path, { bigint: true });
    return `${mtimeNs} ${ctimeNs} ${size} ${ino}`;
  } catch {
    return 'none';
  }
}
