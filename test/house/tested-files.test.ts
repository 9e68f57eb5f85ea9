/** A maintainer finds the test of every source file: by its name, in the folder of its name, or in docs/testing.md. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import test from 'node:test';
import { PROJECT_ROOT, readSources } from './source-tree';

type Texts = Readonly<Record<string, string>>;

/**
 * The rows of the table in docs/testing.md: a source folder or file, and the additional places of its tests.
 */
const ROW = /^\| `(src\/[^`]*)` \| ((?:`test\/[^`]+`(?:, )?)+) \|/gm;

const readTable = (page: string): ReadonlyMap<string, readonly string[]> => new Map(
  [...page.matchAll(ROW)].map(([, source = '', tests = '']) =>
    [source, tests.split(', ').map((each) => each.slice(1, -1))]),
);

/**
 * Relative modules that a file loads, at once or lazily; a test that starts the built program runs everything from its
 * entry.
 */
function loadsOf(path: string, text: string, files: Texts): readonly string[] {
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport\(|\brequire\()\s*'(\.[^']+)'/g)].map(([, to = '']) => to);
  const loaded = specifiers
    .map((to) => posix.join(posix.dirname(path), to))
    .flatMap((base) => [base, `${base}.ts`, `${base}/index.ts`].filter((each) => each in files));
  return text.includes('aliyun-codex-bridge.js') ? [...loaded, 'src/cli/main.ts'] : loaded;
}

/** Every file that these tests load, directly or through others. */
function reach(tests: readonly string[], files: Texts): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [...tests];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    waiting.push(...loadsOf(path, files[path] ?? '', files));
  }
  return seen;
}

/** Finds problems in the mapping from source files to tests. */
function findUntested(files: Texts, table: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const tests = Object.keys(files).filter((path) => path.endsWith('.test.ts'));
  const names = new Set(tests.map((path) => posix.basename(path, '.test.ts')));
  const used = new Set<string>();
  const reached = new Map<string, ReadonlySet<string>>();
  const reachOf = (places: readonly string[]): ReadonlySet<string> => {
    const key = places.join(' ');
    const found = reached.get(key) ?? reach(tests.filter((path) => places.some((place) => isIn(path, place))), files);
    reached.set(key, found);
    return found;
  };
  const problems = Object.keys(files).filter((path) => path.startsWith('src/')).flatMap((path) => {
    if (names.has(posix.basename(path, '.ts'))) return [];
    const row = [...table.keys()].find((source) => isIn(path, source));
    if (row !== undefined) used.add(row);
    const places = [`test/${path.split('/')[1]}`, ...(row === undefined ? [] : table.get(row) ?? [])];
    return reachOf(places).has(path) ? [] : [`${path}: no test of its name, and none in ${places.join(', ')} loads it`];
  });
  const unused = [...table.keys()].filter((row) => !used.has(row));
  return [...problems, ...unused.map((row) => `${row}: no file matches this row`)];
}

const isIn = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`);

test('every source file has a test that can be found', () => {
  const files = { ...readSources('src'), ...readSources('test') };
  const page = readFileSync(join(PROJECT_ROOT, 'docs/testing.md'), 'utf8');
  assert.deepEqual(findUntested(files, readTable(page)), []);
});

test('the rule finds a file that no test loads, and a useless row', () => {
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
    'src/a/alone.ts: no test of its name, and none in test/a loads it', 'src/old: no file matches this row',
  ]);
});
