/** The picture of a terminal: colors, wrapped lines, escaped markup, and no other escape sequences. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderTerminalSvg } from './terminal-svg';

const textsOf = (svg: string): readonly string[] =>
  [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text);

test('text keeps its colors and weight, and other escape sequences are dropped', () => {
  const svg = renderTerminalSvg('\u001b[1;32mok\u001b[0m plain\u001b[2K \u001b]0;title\u0007end', 'A run');
  assert.deepEqual(textsOf(svg), ['ok', ' plain end']);
  assert.match(svg, /<text [^>]*font-weight="bold" fill="#9ece6a">ok</);
  assert.match(svg, /<title>A run<\/title>/);
});

test('long lines are wrapped, and markup is escaped', () => {
  assert.deepEqual(textsOf(renderTerminalSvg('abcdefgh\n<a & b>', '', 5)), ['abcde', 'fgh', '&lt;a &amp; ', 'b&gt;']);
});
