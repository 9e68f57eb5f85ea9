/** The Chinese pages have the same commands, options, variables, blocks and headings as the English ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listBlocks, listCodeSpans, readPage, TRANSLATIONS } from './markdown';

/** The code spans of a page, each once and sorted: translations may differ in order and repetition. */
const spansOf = (page: string): readonly string[] => [...new Set(listCodeSpans(page))].sort();

/** The code blocks of a page without comments, which are translated, and without diagrams, whose labels are. */
const blocksOf = (page: string): readonly string[] => listBlocks(page)
  .filter(({ language }) => language !== 'mermaid')
  .map(({ language, text }) => `${language}\n${text.replace(/ +#.*$/gm, '')}`);

/** The levels of the headings. */
const outlineOf = (page: string): readonly string[] => (readPage(page).match(/^#+(?= )/gm) ?? []);

for (const [chinese, english] of Object.entries(TRANSLATIONS)) {
  test(`${chinese} has the code of ${english}`, () => assert.deepEqual(spansOf(chinese), spansOf(english)));
  test(`${chinese} has the blocks of ${english}`, () => assert.deepEqual(blocksOf(chinese), blocksOf(english)));
  test(`${chinese} has the headings of ${english}`, () => assert.deepEqual(outlineOf(chinese), outlineOf(english)));
}

test('the README pages have at most 200 lines', () => {
  for (const page of ['README.md', 'README.zh-CN.md']) assert.ok(readPage(page).split('\n').length <= 201, page);
});
