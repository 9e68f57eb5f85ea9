/** Clamps efforts to the levels of a model. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { clampEffort } from '../../src/providers/dialect';

const ROWS: readonly (readonly [effort: string, levels: readonly string[], expected: string])[] = [
  ['low', ['low', 'high', 'max'], 'low'],
  // DeepSeek documents these five.
  ['minimal', ['low', 'high', 'max'], 'low'],
  ['medium', ['low', 'high', 'max'], 'high'],
  ['xhigh', ['low', 'high', 'max'], 'high'],
  ['max', ['low', 'high', 'max'], 'max'],
  ['ultra', ['low', 'high', 'max'], 'max'],
  ['high', ['low', 'medium', 'xhigh'], 'xhigh'],
  ['low', ['high', 'max'], 'high'],
  ['medium', ['high'], 'high'],
  ['unheard-of', ['low', 'high'], 'high'],
  ['none', ['low', 'high'], 'low'],
  ['none', ['none', 'high'], 'none'],
  ['high', [], 'high'],
];

for (const [effort, levels, expected] of ROWS) {
  it(`${effort} of ${levels.join(', ') || 'nothing'} is ${expected}`, () =>
    assert.equal(clampEffort(effort, levels), expected));
}
