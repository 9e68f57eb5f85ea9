/** Pages as numbered lines of text with numbered links. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { readPage } from '../../src/search/readable-page';

const URL_OF_PAGE = 'https://example.com/docs/page';
const html = (body: string) => readPage(URL_OF_PAGE, 'text/html', body);

test('HTML is split into lines at block elements, not at inline elements', () => {
  const page = html(`<!doctype html><html><head><title> A &amp; B </title><style>p{}</style></head><body>
    <h1>Head</h1><p>One <b>bold</b>
    word</p><ul><li>first</li><li>second</li></ul><script>var a = "<p>no</p>";</script>text<br>after</body></html>`);
  assert.equal(page.title, 'A & B');
  assert.deepEqual(page.lines, ['Head', 'One bold word', '- first', '- second', 'text', 'after']);
});

test('links are numbered and resolved; links that cannot be opened stay text', () => {
  const page = html(
    '<p>See <a href="/a?x=1&amp;y=2">the <i>first</i></a>, <a href=\'b\'>b</a>, <a href=c#d>c</a>, ' +
      '<a href="#here">here</a>, <a href="javascript:alert(1)">js</a>, <a href="mailto:a@b.c">mail</a></p>',
  );
  assert.deepEqual(page.lines, ['See [0: the first], [1: b], [2: c], here, js, mail']);
  assert.deepEqual(page.links.map(({ url }) => url), [
    'https://example.com/a?x=1&y=2',
    'https://example.com/docs/b',
    'https://example.com/docs/c',
  ]);
});

test('entities are decoded, and broken markup loses no text', () => {
  assert.deepEqual(html('&lt;p&gt; &#65;&#x42; &euro; &unknown; &#xD800; a < b && c > d').lines, [
    '<p> AB € &unknown; &#xD800; a < b && c > d',
  ]);
  assert.deepEqual(html('<svg>not closed <p>text').lines, ['not closed', 'text']);
  assert.deepEqual(html('text <!-- never closed').lines, ['text']);
  assert.deepEqual(html('text <a href="x').lines, ['text']);
});

test('plain text and JSON keep their lines; long ones are wrapped', () => {
  assert.deepEqual(readPage(URL_OF_PAGE, 'text/plain', 'a\r\n<b>\n\nc').lines, ['a', '<b>', 'c']);
  const long = `${'word '.repeat(200)}end`;
  const { lines } = readPage(URL_OF_PAGE, 'application/json', long);
  assert.ok(lines.length > 1 && lines.every((line) => line.length <= 400));
  assert.equal(lines.join(' '), long);
});

/** Pages and their text without spaces. Each took minutes with a reader that scans back or ahead for every tag. */
const HOSTILE: Readonly<Record<string, readonly [body: string, text: string]>> = {
  'openers that are never closed': ['<'.repeat(2_000_000), '<'.repeat(2_000_000)],
  'openers with one closer at the end': [`${'< '.repeat(1_000_000)}>`, `${'<'.repeat(1_000_000)}>`],
  'skipped elements that are never closed': [`${'<svg>'.repeat(400_000)}end`, 'end'],
  'heads without a title': [`${'<head>'.repeat(300_000)}end`, 'end'],
  'comments that are never closed': [`start${'<!-- '.repeat(400_000)}`, 'start'],
  'anchors without text': [`${'<a href="x">'.repeat(150_000)}<p>end`, '[0:end]'],
  ampersands: ['&'.repeat(2_000_000), '&'.repeat(2_000_000)],
  'one long line of spaces': [`${' '.repeat(2_000_000)}end`, 'end'],
  'blanks before an equals sign that never comes': [`<a href${' '.repeat(2_000_000)}>end`, 'end'],
};

for (const [name, [body, text]] of Object.entries(HOSTILE)) {
  test(`a page of ${name} is read in one pass`, { timeout: 20_000 }, () => {
    assert.ok(html(body).lines.join('').replaceAll(' ', '') === text);
  });
}
