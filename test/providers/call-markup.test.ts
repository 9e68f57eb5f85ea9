/** The tags of tool-call markup: each occurs once, in both spellings if tokenizers differ. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { listBareCalls, CALL_MARKUP } from '../../src/providers/call-markup';

const OPENERS = CALL_MARKUP.map(({ open }) => open);

it('no opening tag occurs twice', () => assert.equal(new Set(OPENERS).size, OPENERS.length));

it('a closing tag is never its opening tag', () => {
  for (const { open, close } of CALL_MARKUP) assert.notEqual(open, close);
});

it('tokens have full-width and plain spellings', () => {
  for (const open of ['<｜tool▁calls▁begin｜>', '<|tool_calls_begin|>', '<｜DSML｜tool_calls>', '<|DSML|tool_calls>'])
    assert.ok(OPENERS.includes(open), open);
});

it('calls without tags name the tool', () => {
  for (const form of listBareCalls('run')) assert.match(form, /run/);
});
