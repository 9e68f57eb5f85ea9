/** The trace of a turn finds every function that it called, and the walk in the docs names files that exist. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { markersOf, readDocument } from './generate-docs';
import { traceTurn, WALK_PAGE } from './trace-turn';

const ROOT = join(__dirname, '..', '..');

test('a traced turn begins at the server and runs through every layer', { timeout: 60_000 }, async () => {
  const files = await traceTurn();
  const folders = new Set(files.map(({ path }) => path.split('/')[0]));
  assert.match(files[0]?.path ?? '', /^server\//);
  for (const folder of ['bridge', 'observe', 'stream', 'tools', 'translate', 'upstream', 'wire']) {
    assert.ok(folders.has(folder), `no file of ${folder} was called`);
  }
  assert.deepEqual(files.filter(({ functions }) => functions.some(({ calls }) => calls < 1)), []);
});

test('the walk in docs/architecture.md names files that exist', () => {
  const page = readDocument(WALK_PAGE) ?? '';
  const [start, end] = markersOf('walk');
  const walk = page.slice(page.indexOf(start), page.indexOf(end));
  const paths = [...walk.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, path = '']) => path);
  const gone = paths.filter((path) => !existsSync(join(ROOT, 'src', path)));
  assert.deepEqual(gone, [], 'the walk is out of date: run "npm run trace-turn -- --docs"');
});
