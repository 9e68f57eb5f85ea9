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

/** Markup that browsers read in a way of their own, and the lines that they show. */
const MARKUP: readonly (readonly [html: string, lines: readonly string[]])[] = [
  // A script is never self-closing in HTML; SVG is.
  ['<script src=x /><p>no</p></script>yes', ['yes']],
  ['<script src="x"/>var a = 1 < 2;</script>yes', ['yes']],
  ['<svg/>yes', ['yes']],
  ['<svg a=b/>no</svg>yes', ['yes']],
  ['<svg><style/><path/></svg>yes', ['yes']],
  ['<svg>no</svg><li>yes', ['- yes']],
  ['<svg><svg/></svg>yes', ['yes']],
  ['<nav />no</nav>yes', ['yes']],
  // Quoted values may contain anything.
  ['<p title="a > b">yes</p>', ['yes']],
  ["<p title='</p>' data-x=\"'>'\">yes</p>", ['yes']],
  ['<img alt="<script>">yes', ['yes']],
  ['<a title=" href=\'/no\'" href="/x?a>b">yes</a>', ['[0: yes]']],
  ['<nav data-a="</nav>">no</nav>yes', ['yes']],
  // Quotes elsewhere are ordinary characters.
  ['<p a"b>yes</p>', ['yes']],
  ['<p a=b"c>yes</p>', ['yes']],
  ['<p "a>b">yes</p>', ['b">yes']],
  ['<p title="a>yes</p>', ['yes']],
  ['<p =">yes</p>', ['yes']],
  ['<p a = "b" c= d e =f>yes</p>', ['yes']],
  ['<p/a/b="c"/>yes</p>', ['yes']],
  ['</p title="a > b">yes', ['yes']],
  ['<P TITLE=">"\nclass=x\t>yes</P\n>', ['yes']],
  // Comments, declarations and what is treated as a comment.
  ['<!-- a > b -->yes', ['yes']],
  ['<!-->yes', ['yes']],
  ['<!--->yes', ['yes']],
  ['<!-- no --!>yes', ['yes']],
  ['<!-- <script> -->yes', ['yes']],
  ['<!--[if IE]><!-->yes<!--<![endif]-->', ['yes']],
  ['<![CDATA[no > yes', ['yes']],
  ['<svg><![CDATA[ </svg> ]]></svg>yes', ['yes']],
  ['<?php no ?>yes</ no><>', ['yes<>']],
  // Elements with only text.
  ['<script>if (a < b && "</p>") {} // <!-- </script>yes', ['yes']],
  ['<script></scripts></SCRIPT >yes', ['yes']],
  ['yes<style>p > a { }', ['yes']],
  ['<title>A <b> B</title>yes', ['yes']],
  // Skipped elements may contain each other, and themselves.
  ['<nav><ul><li>no<nav>no</nav><li>no</ul></nav>yes', ['yes']],
  ['<nav><script>"</nav>"</script><!-- </nav> -->no</nav>yes', ['yes']],
  ['<template><template>no</template>no</template>yes', ['yes']],
  ['<nav>yes<nav>also</nav><p>yes', ['yes', 'also', 'yes']],
  ['one<nav>no</nav>two<svg>no</svg>three', ['one', 'twothree']],
  ['<nav-bar>yes</nav-bar><a-b>yes</a-b>', ['yesyes']],
  ['</nav>yes</svg>', ['yes']],
];

for (const [markup, lines] of MARKUP) {
  test(`browsers show the same lines for ${markup}`, () => assert.deepEqual(html(markup).lines, lines));
}

test('XHTML: every element may be self-closing, and CDATA sections are text', () => {
  const xhtml = (body: string) => readPage(URL_OF_PAGE, 'application/xhtml+xml', body).lines;
  const body = '<script src="x"/><p>one</p><nav/>two<![CDATA[ a < b &amp; c ]]>';
  assert.deepEqual(xhtml(body), ['one', 'two a < b &amp; c']);
  assert.deepEqual(xhtml('<title/><a href="/x"/>text<![CDATA[ open'), ['text open']);
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
  'start tags of elements that contain themselves': [`${'<nav><nav></nav>'.repeat(150_000)}end`, 'end'],
  'scripts that are never closed': [`start${'<script>'.repeat(300_000)}`, 'start'],
  'quotes that are never closed': [`${'<p a=\'b c="d" '.repeat(150_000)}>end`, 'end'],
  'one tag with many attributes': [`<p ${'a '.repeat(1_000_000)}>end`, 'end'],
  'one tag of slashes and equals signs': [`<p ${'/='.repeat(1_000_000)}>end`, 'end'],
  'comments that are closed': [`${'<!-- -->'.repeat(250_000)}end`, 'end'],
  'CDATA sections': [`${'<svg><![CDATA[</svg>'.repeat(100_000)}]]></svg>end`, 'end'],
  'blanks before an equals sign that never comes': [`<a href${' '.repeat(2_000_000)}>end`, 'end'],
};

for (const [name, [body, text]] of Object.entries(HOSTILE)) {
  test(`a page of ${name} is read in one pass`, { timeout: 20_000 }, () => {
    assert.ok(html(body).lines.join('').replaceAll(' ', '') === text);
  });
}
