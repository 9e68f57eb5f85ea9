/** Finds words that are hard to read, and suggests the usual word for each. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { listProjectFiles } from './project-files';
import { lineOf, PROJECT_ROOT, renderViolation, type Violation } from './source-tree';

/** Each pattern with its replacement. A word is listed only if it is wrong everywhere. */
const WORDS: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/(?<![/'])\bvendors?\b(?![/:])/gi, 'provider'],
  [/\bcatalogues?\b/gi, 'catalog'],
  [/\bmend(?:s|ed|ing)?\b/gi, 'fix'],
  [/\b(?:gives?|gave|giving) way\b/gi, 'is evicted, is overridden, is replaced'],
  [/\bsigns? of life\b/gi, 'keep-alive events'],
  [/(?<!other )\bin words\b/gi, 'as text'],
  [/\b(?:brings|brought)\b/gi, 'returns, gets, causes'],
  [/\banew\b/gi, 'again'],
  [/\bask(?:s|ed|ing)? again\b/gi, 'retry'],
  [/\baway with it\b/gi, 'uninstall'],
  [/\b(?:absent|undefined|null|loaded) where\b/gi, 'if, loaded only if'],
  [/\b(?:behaviour|neighbour|labelled|optimis|recognis|normalis)\w*/gi, 'the American spelling'],
  [/(?<!-)\bbeside\b(?!-| \$ref)/gi, 'next to, in addition to'],
  [/\bmade a mistake\b|\bthere is a mistake\b/gi, 'internal error, invalid'],
  [/\b\w*mistakes\b|\w+Mistake\b/gi, 'errors, problems'],
];

/** Fixtures and docs/facts quote providers; the changelog describes older releases in the terms of their time. */
const isChecked = (path: string): boolean =>
  /\.(?:ts|cjs|mjs|js|md)$/.test(path) && !/^test\/(?:fixtures|house\/words)|^docs\/facts\/|^CHANGELOG\.md$/.test(path);

const findWords = (path: string, text: string): readonly Violation[] => WORDS.flatMap(([pattern, instead]) =>
  [...text.matchAll(pattern)].map(({ index = 0, 0: word }) =>
    ({ path, line: lineOf(text, index), message: `${JSON.stringify(word)}: write ${instead}` })));

test('no file contains a word that is hard to read', async () => {
  const found: Violation[] = [];
  for (const path of (await listProjectFiles()).filter(isChecked)) {
    found.push(...findWords(path, await readFile(join(PROJECT_ROOT, path), 'utf8')));
  }
  assert.deepEqual(found.map(renderViolation), []);
});

test('the rule finds a word in any form, and allows longer words and listed exceptions', () => {
  assert.deepEqual(
    findWords('a.md', 'The vendor\nmends it.\nIt gave way.\nIt answers in words.').map(({ line }) => line),
    [1, 2, 3, 4],
  );
  assert.deepEqual(findWords('a.md', 'It recommends a catalog. In other words: besides, ask the provider again.'), []);
});
