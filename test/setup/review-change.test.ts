/** The difference between two texts, like `diff -u`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderDiff } from '../../src/setup/review-change';
import { createTerminalStyle } from '../../src/command/terminal-style';

const PLAIN = createTerminalStyle(false, {});
const diff = (before: string, after: string): string => renderDiff(before, after, { before: 'a', after: 'b' }, PLAIN);
const lines = (...numbers: readonly (number | string)[]): string => numbers.map((number) => `${number}\n`).join('');

test('the same text has no difference', () => {
  assert.equal(diff('', ''), '');
  assert.equal(diff('a\nb', 'a\nb'), '');
});

test('three lines of context, and separate hunks for distant changes', () => {
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

test('an empty text before or after the change', () => {
  assert.equal(diff('', 'a\n'), '--- a\n+++ b\n@@ -0,0 +1,1 @@\n+a\n');
  assert.equal(diff('a\n', ''), '--- a\n+++ b\n@@ -1,1 +0,0 @@\n-a\n');
});

test('a missing final line break is marked', () => {
  assert.equal(diff('a', 'a\n'), '--- a\n+++ b\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n');
});

test('carriage returns are part of a line, and not shown', () => {
  assert.equal(diff('a\r\n', 'a\n'), '--- a\n+++ b\n@@ -1,1 +1,1 @@\n-a\n+a\n');
});

test('a large file with small changes is fast, and the diff reproduces it', () => {
  const before = lines(...Array.from({ length: 20_000 }, (_, index) => index));
  const after = `${before.replace('\n9000\n', '\nchanged\n')}end\n`;
  assert.deepEqual(
    diff(before, after)
      .split('\n')
      .filter((line) => /^[-+](?![-+])/.test(line)),
    ['-9000', '+changed', '+end'],
  );
});

/** All texts of at most `length` lines, with two different lines. */
function allTexts(length: number): readonly string[] {
  if (length === 0) return [''];
  const shorter = allTexts(length - 1);
  return [...new Set([...shorter, ...shorter.flatMap((text) => [`${text}a\n`, `${text}b\n`])])];
}

test('applied to the first text, it results in the second, for every pair of short texts', () => {
  const texts = allTexts(5);
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
