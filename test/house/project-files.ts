/** Lists the files of the project: tracked by git, or new and not ignored. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_ROOT } from './source-tree';

/** Returns sorted paths relative to the project root. Needs git and a work tree. */
export async function listProjectFiles(): Promise<readonly string[]> {
  const command = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { stdout } = await promisify(execFile)('git', command, { cwd: PROJECT_ROOT, maxBuffer: 1 << 24 });
  const paths = stdout.split('\0').filter((path) => path !== '');
  return [...new Set(paths)].filter((path) => existsSync(join(PROJECT_ROOT, path))).sort();
}
