/** JsonProgress finds the end of a JSON value in chunks of any length, and detects incomplete values. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonProgress } from '../../src/base/json';

const VALUES = [
  '{}', '[]', '""', '{"a":{"b":[1,{"c":"}"}]}}', '  {"a":1}', '"a\\"}{"', '{"a\\\\":"\\\\"}', '["]","[",["\\\\\\"]"]]',
  '7', '-1.5e3', 'true', 'null',
];
const UNFINISHED = ['', ' \n', '{', '{"a":1', '{"a":"}', '{"a":"\\"}', '["a"', '"a\\"', 'tru', '-', 'plain text', '}'];

function read(text: string, length: number): { readonly progress: JsonProgress; readonly consumed: number } {
  const progress = new JsonProgress();
  let consumed = 0;
  for (let at = 0; at < text.length; at += length) consumed += progress.push(text.slice(at, at + length));
  return { progress, consumed };
}

describe('a JSON value in chunks', () => {
  for (const text of VALUES) {
    it(`is complete: ${text}`, () => {
      for (let length = 1; length <= text.length; length += 1) assert.ok(read(text, length).progress.isComplete);
    });
  }

  for (const text of VALUES.filter((value) => /[}\]"]$/.test(value))) {
    it(`ends where other text follows: ${text}`, () => {
      for (let length = 1; length <= text.length; length += 1)
        assert.equal(read(`${text} {"next":1}`, length).consumed, text.length);
      assert.ok(!read(text.slice(0, -1), 1).progress.isComplete);
    });
  }

  for (const text of UNFINISHED) {
    it(`is not complete: ${JSON.stringify(text)}`, () => {
      for (let length = 1; length <= text.length; length += 1) assert.ok(!read(text, length).progress.isComplete);
      assert.equal(read(text, 1).progress.isBlank, text.trim() === '');
    });
  }
});
