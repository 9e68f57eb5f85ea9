/** Notes as a header that any HTTP client can read. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { notesHeader } from '../../src/server/notes-header';

test('notes become one line of printable ASCII', () => {
  assert.deepEqual(notesHeader(['dropped tool "größe"', 'b\r\nx: y'], 'generic'), {
    'x-bridge-notes': 'dropped tool "gr??e"; b??x: y',
  });
});

test('a long list is cut', () => {
  const text = String(
    notesHeader(
      Array.from({ length: 500 }, (_, index) => `note ${index}`),
      'generic',
    )['x-bridge-notes'],
  );
  assert.equal(text.length, 2_000);
  assert.match(text, /\.\.\.$/);
});

test('no notes, no header; none for Codex', () => {
  assert.deepEqual(notesHeader([], 'generic'), {});
  assert.deepEqual(notesHeader(['a'], 'codex'), {});
});
