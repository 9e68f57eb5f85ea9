/** Checks that the tests of every source file can be found: by its name, by its folder, or in docs/testing.md. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import test from 'node:test';
import { PROJECT_ROOT, readSources } from './source-tree';

type Texts = Readonly<Record<string, string>>;

/** A row of the table in docs/testing.md: a source folder or file, and other folders or files that test it. */
const ROW = /^\| `(src\/[^`]*)` \| ((?:`test\/[^`]+`(?:, )?)+) \|/gm;

const readTable = (page: string): ReadonlyMap<string, readonly string[]> => new Map(
  [...page.matchAll(ROW)].map(([, source = '', tests = '']) =>
    [source, tests.split(', ').map((each) => each.slice(1, -1))]),
);

/**
 * Lists the project files that a file loads, at once or lazily. A test that starts the built program loads its entry
 * file.
 */
function importsOf(path: string, text: string, files: Texts): readonly string[] {
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport\(|\brequire\()\s*'(\.[^']+)'/g)].map(([, to = '']) => to);
  const loaded = specifiers
    .map((to) => posix.join(posix.dirname(path), to))
    .flatMap((base) => [base, `${base}.ts`, `${base}/index.ts`].filter((each) => each in files));
  return text.includes('aliyun-codex-bridge.js') ? [...loaded, 'src/cli/main.ts'] : loaded;
}

/** Collects every file that `tests` load, directly or through other files. */
function reach(tests: readonly string[], files: Texts): ReadonlySet<string> {
  const seen = new Set<string>();
  const pending = [...tests];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    pending.push(...importsOf(path, files[path] ?? '', files));
  }
  return seen;
}

/** Finds problems in the mapping from source files to tests. */
function findUntested(files: Texts, table: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const tests = Object.keys(files).filter((path) => path.endsWith('.test.ts'));
  const names = new Set(tests.map((path) => posix.basename(path, '.test.ts')));
  const used = new Set<string>();
  const reached = new Map<string, ReadonlySet<string>>();
  const reachOf = (locations: readonly string[]): ReadonlySet<string> => {
    const key = locations.join(' ');
    const found = reached.get(key) ?? reach(tests.filter((path) => locations.some((each) => isIn(path, each))), files);
    reached.set(key, found);
    return found;
  };
  const problems = Object.keys(files).filter((path) => path.startsWith('src/')).flatMap((path) => {
    if (names.has(posix.basename(path, '.ts'))) return [];
    const row = [...table.keys()].find((source) => isIn(path, source));
    if (row !== undefined) used.add(row);
    const locations = [`test/${path.split('/')[1]}`, ...(row === undefined ? [] : table.get(row) ?? [])];
    if (reachOf(locations).has(path)) return [];
    return [`${path}: no test has its name, and none in ${locations.join(', ')} loads it`];
  });
  const unused = [...table.keys()].filter((row) => !used.has(row));
  return [...problems, ...unused.map((row) => `${row}: no file matches this row`)];
}

const isIn = (path: string, location: string): boolean => path === location || path.startsWith(`${location}/`);

test('every source file has a test that can be found', () => {
  const files = { ...readSources('src'), ...readSources('test') };
  const page = readFileSync(join(PROJECT_ROOT, 'docs/testing.md'), 'utf8');
  assert.deepEqual(findUntested(files, readTable(page)), []);
});

test('the rule finds a file that no test loads, and a row that matches no file', () => {
  const files = {
    'src/a/named.ts': '', 'src/a/loaded.ts': "import('./later')", 'src/a/later.ts': '', 'src/a/alone.ts': '',
    'src/b/listed.ts': '', 'src/cli/main.ts': "from '../c/deep'", 'src/c/deep.ts': '',
    'test/a/named.test.ts': "import { l } from '../../src/a/loaded';",
    'test/x/other.test.ts': "from '../../src/b/listed'",
    'test/c/command.test.ts': "const BIN = 'bin/aliyun-codex-bridge.js'",
  };
  const rows = [
    '| `src/b` | `test/x`, `test/a/named.test.ts` |', '| `src/old` | `test/x` |', '| `src/cli` | `test/c` |',
  ];
  const table = readTable(rows.join('\n'));
  assert.deepEqual(findUntested(files, table), [
    'src/a/alone.ts: no test has its name, and none in test/a loads it', 'src/old: no file matches this row',
  ]);
});
