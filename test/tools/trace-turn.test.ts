/** The trace of a turn, and the walkthrough that is generated from it. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { markersOf, readDocument } from './generate-docs';
import { traceTurn, WALKTHROUGH_PAGE } from './trace-turn';

const ROOT = join(__dirname, '..', '..');

test('a traced turn begins in server and passes through every layer', { timeout: 60_000 }, async () => {
  const files = await traceTurn();
  const folders = new Set(files.map(({ path }) => path.split('/')[0]));
  assert.match(files[0]?.path ?? '', /^server\//);
  for (const folder of ['bridge', 'observe', 'stream', 'tools', 'translate', 'upstream', 'wire']) {
    assert.ok(folders.has(folder), `no function in ${folder} was called`);
  }
  assert.deepEqual(files.filter(({ functions }) => functions.some(({ calls }) => calls < 1)), []);
});

test('the walkthrough in docs/architecture.md names files that exist', () => {
  const page = readDocument(WALKTHROUGH_PAGE) ?? '';
  const [start, end] = markersOf('walkthrough');
  const walkthrough = page.slice(page.indexOf(start), page.indexOf(end));
  const paths = [...walkthrough.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, path = '']) => path);
  const missing = paths.filter((path) => !existsSync(join(ROOT, 'src', path)));
  assert.deepEqual(missing, [], 'the walkthrough is out of date: run "npm run trace-turn -- --docs"');
});
