/** "Did you mean" suggests the closest word, and nothing if no word is close. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countEdits, findNearest } from '../../src/base/nearest';

test('inserted, removed, replaced and swapped letters count as edits', () => {
  const distances: readonly (readonly [string, string, number])[] = [
    ['', '', 0], ['', 'abc', 3], ['abc', '', 3], ['port', 'port', 0], ['prt', 'port', 1], ['portt', 'port', 1],
    ['part', 'port', 1], ['prot', 'port', 1], ['kitten', 'sitting', 3], ['flaw', 'lawn', 2],
  ];
  for (const [from, to, edits] of distances) {
    assert.equal(countEdits(from, to), edits, `${from} to ${to}`);
    assert.equal(countEdits(to, from), edits, `${to} to ${from}`);
  }
});

test('the nearest word is found regardless of dashes, case and underscores', () => {
  const known = ['--port', '--host', '--log-level', '--ai-api-key', '--no-web-search'];
  const guesses = {
    '--prot': '--port', '-port': '--port', '--LOG_LEVEL': '--log-level', '--api-key': '--ai-api-key',
    '--loglevel': '--log-level', '--no-websearch': '--no-web-search',
  };
  for (const [word, meant] of Object.entries(guesses)) assert.equal(findNearest(word, known), meant, word);
});

test('a word that is not similar to any known word has no nearest word', () => {
  for (const word of ['--verbose', '-x', '--', '']) {
    assert.equal(findNearest(word, ['--port', '--ai-api-key', '-h']), undefined, word);
  }
});
