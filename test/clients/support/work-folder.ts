/** Creates the folders for a test of a real client. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_ROOT } from '../../house/source-tree';

/** Ignored by git. */
const ALL_WORK = join(PROJECT_ROOT, 'test/clients/.work');

export interface WorkFolder {
  /** Contains the other four folders. */
  readonly root: string;
  /** The client's working folder: a new git repository, so that it does not find this one. */
  readonly workspace: string;
  /** Replaces the user's home folder. */
  readonly home: string;
  /** Codex's own folder, next to `tmp`: Codex warns if it is inside the folder for temporary files. */
  readonly codexHome: string;
  /** For temporary files. */
  readonly tmp: string;
  /** Deletes everything; if KEEP_WORK is set, keeps it and writes `notes` to notes.json instead. */
  dispose(notes: unknown): Promise<void>;
}

/** Creates the folders in test/clients/.work. */
export async function createWorkFolder(): Promise<WorkFolder> {
  await mkdir(ALL_WORK, { recursive: true });
  const root = await mkdtemp(join(ALL_WORK, 'run-'));
  const [workspace, home, codexHome, tmp] = ['workspace', 'home', 'codex-home', 'tmp'].map((name) =>
    join(root, name),
  ) as [string, string, string, string];
  for (const folder of [workspace, home, codexHome, tmp]) await mkdir(folder);
  await promisify(execFile)('git', ['init', '--quiet', workspace]);
  return {
    root, workspace, home, codexHome, tmp,
    async dispose(notes) {
      if (process.env['KEEP_WORK']) return writeFile(join(root, 'notes.json'), JSON.stringify(notes, null, 2));
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Returns every file in `folder` except git's, as path and text, sorted by path. */
export async function readTree(folder: string, prefix = ''): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true });
  const names = entries.filter(({ name }) => name !== '.git').sort((a, b) => (a.name < b.name ? -1 : 1));
  const tree: Record<string, string> = {};
  for (const entry of names) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) Object.assign(tree, await readTree(folder, path));
    else if (entry.isFile()) tree[path] = await readFile(join(folder, path), 'utf8');
  }
  return tree;
}
