/** Checks that generated docs are current, and tests the generator. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GENERATED_DOCUMENTS, MISSING_PART, readDocument, replaceBetween } from '../tools/generate-docs';

for (const { path, render } of GENERATED_DOCUMENTS) {
  test(`${path} is current`, () => {
    const current = readDocument(path);
    const wanted = render(current);
    assert.ok(wanted !== undefined, `Cannot check ${path}: ${MISSING_PART}`);
    assert.equal(current, wanted, `${path} is out of date. Run: npm run docs`);
  });
}

test('content replaces the text between its markers, and a second run changes nothing', () => {
  const once = replaceBetween('a\n<!-- s -->\nold\n<!-- e -->\nb\n', ['<!-- s -->', '<!-- e -->'], 'new\n');
  assert.equal(once, 'a\n<!-- s -->\n\nnew\n\n<!-- e -->\nb\n');
  assert.equal(replaceBetween(once, ['<!-- s -->', '<!-- e -->'], 'new\n'), once);
});

test('text without both markers, in order, is rejected', () => {
  for (const text of [undefined, '', '<!-- s -->', '<!-- e --> <!-- s -->']) {
    assert.equal(replaceBetween(text, ['<!-- s -->', '<!-- e -->'], 'new'), undefined);
  }
});
