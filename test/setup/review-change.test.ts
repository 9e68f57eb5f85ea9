/** `renderDiff` renders the difference between two texts in the format of `diff -u`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderDiff } from '../../src/setup/review-change';
import { createTerminalStyle } from '../../src/command/terminal-style';

const PLAIN = createTerminalStyle(false, {});
const diff = (before: string, after: string): string => renderDiff(before, after, { before: 'a', after: 'b' }, PLAIN);
const lines = (...contents: readonly (number | string)[]): string => contents.map((content) => `${content}\n`).join('');

test('the diff of identical texts is empty', () => {
  assert.equal(diff('', ''), '');
  assert.equal(diff('a\nb', 'a\nb'), '');
});

test('a change has three lines of context, and distant changes are in separate hunks', () => {
  const before = lines(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
  assert.equal(diff(before, before.replace('1\n', '1\nnew\n').replace('12\n', '')), `--- a
+++ b
@@ -1,4 +1,5 @@
 1
+new
 2
 3
 4
@@ -9,4 +10,3 @@
 9
 10
 11
-12
`);
});

test('changes with six lines between them share a hunk', () => {
  const before = lines('x', 1, 2, 3, 4, 5, 6, 'y');
  assert.equal(diff(before, lines(1, 2, 3, 4, 5, 6)).match(/^@@/gm)?.length, 1);
});

test('an empty text has the range 0,0', () => {
  assert.equal(diff('', 'a\n'), '--- a\n+++ b\n@@ -0,0 +1,1 @@\n+a\n');
  assert.equal(diff('a\n', ''), '--- a\n+++ b\n@@ -1,1 +0,0 @@\n-a\n');
});

test('a missing newline at the end of a text is marked', () => {
  assert.equal(diff('a', 'a\n'), '--- a\n+++ b\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n');
});

test('a carriage return is part of its line, but not shown', () => {
  assert.equal(diff('a\r\n', 'a\n'), '--- a\n+++ b\n@@ -1,1 +1,1 @@\n-a\n+a\n');
});

test('the diff of a large file contains only the changed lines and their context', () => {
  const before = lines(...Array.from({ length: 20_000 }, (_, index) => index));
  const after = `${before.replace('\n9000\n', '\nchanged\n')}end\n`;
  assert.deepEqual(
    diff(before, after)
      .split('\n')
      .filter((line) => /^[-+](?![-+])/.test(line)),
    ['-9000', '+changed', '+end'],
  );
});

/** Lists all texts of at most `length` lines, each of which is `a` or `b`. */
function listTexts(length: number): readonly string[] {
  if (length === 0) return [''];
  const shorter = listTexts(length - 1);
  return [...new Set([...shorter, ...shorter.flatMap((text) => [`${text}a\n`, `${text}b\n`])])];
}

test('applying the diff to the old text results in the new one, for every pair of short texts', () => {
  const texts = listTexts(5);
  for (const before of texts) {
    for (const after of texts) {
      if (before === after) continue;
      const [, , head = '', ...shown] = diff(before, after).split('\n').slice(0, -1);
      const [start = 0, count = 0] = (head.match(/\d+/g) ?? []).map(Number);
      const rebuilt = before.split('\n').slice(0, -1);
      rebuilt.splice(
        count === 0 ? start : start - 1,
        count,
        ...shown.filter((line) => !line.startsWith('-')).map((line) => line.slice(1)),
      );
      assert.equal(lines(...rebuilt), after);
    }
  }
});
