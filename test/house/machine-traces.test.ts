/** Checks that no file names the machine it was written on: its home folder, work tree or package registry. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { lineOf, PROJECT_ROOT, renderViolation, type Violation } from './source-tree';
import { listProjectFiles } from './project-files';

/** Users of the home folders in documentation and recorded requests. */
const EXAMPLE_USERS = ['user', 'you', 'me', 'alice', 'name', 'runner'];
/** Folders that many machines have, so that they identify none. */
const COMMON_FOLDERS = [
  '/', '/app', '/home', '/mnt', '/opt', '/srv', '/tmp', '/usr', '/usr/src', '/var', '/Users', 'C:\\', 'C:\\Users',
];

/**
 * The folders of this machine that no file may name: the project folder, and the home of the user who runs the tests.
 */
function machineFolders(): readonly string[] {
  return [PROJECT_ROOT, dirname(PROJECT_ROOT), homedir()].filter((folder) => !COMMON_FOLDERS.includes(folder));
}

function findTraces(path: string, text: string, folders: readonly string[]): readonly Violation[] {
  const at = (index: number, message: string): Violation => ({ path, line: lineOf(text, index), message });
  const machine = folders.flatMap((folder) => {
    const index = text.search(new RegExp(`(?<![\\w.-])${folder.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}[/\\\\]`));
    return index < 0 ? [] : [at(index, `names the folder ${folder} of this machine`)];
  });
  const homes = [...text.matchAll(/(?<![\w.-])(?:\/home\/|\/Users\/|[A-Z]:\\\\?Users\\\\?)([\w.-]+)/g)]
    .filter(([, owner]) => !EXAMPLE_USERS.includes(owner ?? ''))
    .map(({ index = 0, 0: home }) => at(index, `names the home folder ${home}`));
  const registries = [...text.matchAll(/(?<![\w.-])(?:https?:\/\/)?(?:registry|npm)\.[a-z0-9-]+(?:\.[a-z]{2,})+/g)]
    .map(({ index = 0, 0: host }) => at(index, `names the package registry ${host}`));
  return [...machine, ...homes, ...registries];
}

/** By default, a lock file records the URL of each package. */
function findResolved(path: string, text: string): readonly Violation[] {
  return [...text.matchAll(/"resolved": "https?:/g)].map(({ index = 0 }) => ({
    path,
    line: lineOf(text, index),
    message: 'records where a package was fetched from (npm install --omit-lockfile-registry-resolved leaves it out)',
  }));
}

test('no project file names a folder of this machine or a package registry', async () => {
  const found: Violation[] = [];
  for (const path of await listProjectFiles()) {
    const text = await readFile(join(PROJECT_ROOT, path), 'utf8');
    if (text.includes('\0')) continue;
    found.push(...findTraces(path, text, machineFolders()));
    if (path.endsWith('package-lock.json')) found.push(...findResolved(path, text));
  }
  assert.deepEqual(found.map(renderViolation), []);
});

test('the rule finds project folders, home folders, registries and resolved URLs', () => {
  const name = ['Users', 'grace'].join('/');
  const text = ['/machine/project/src/a.ts', `/${name}/notes`, ['registry', 'example', 'org'].join('.')].join('\n');
  const found = findTraces('a.md', text, ['/machine/project']);
  assert.deepEqual(found.map(({ line }) => line), [1, 2, 3]);
  const lock = `{\n"resolved": "${'https:'}//host/a.tgz"`;
  assert.deepEqual(findResolved('package-lock.json', lock).map(({ line }) => line), [2]);
});

test('the rule allows example homes and similar paths and words', () => {
  const text = '/home/user/project\n/not/machine/project\n/machine/projects/\nthe registry. npm run test\n';
  assert.deepEqual(findTraces('a.md', text, ['/machine/project']), []);
});
