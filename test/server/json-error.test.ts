/** Finds the position of a JSON syntax error, and agrees with JSON.parse on which texts are valid. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findJsonError } from '../../src/server/json-error';

const CASES: readonly (readonly [text: string, problem: string])[] = [
  ['{"a":1,}', 'unexpected "}" at line 1, column 8'],
  ['{\n  "a": 1\n  "b": 2\n}', 'unexpected "\\"" at line 3, column 3'],
  ['[1, 2', 'unexpected end at line 1, column 6'],
  ['{"a": "one\ntwo"}', 'unexpected "\\n" at line 1, column 11'],
  ['{"a": "\\x"}', 'unexpected "\\\\" at line 1, column 8'],
  ['{"a": "\\u12g4"}', 'unexpected "\\\\" at line 1, column 8'],
  ["{'a': 1}", 'unexpected "\'" at line 1, column 2'],
  ['{a: 1}', 'unexpected "a" at line 1, column 2'],
  ['{"a" 1}', 'unexpected "1" at line 1, column 6'],
  ['{"a":}', 'unexpected "}" at line 1, column 6'],
  ['[1}', 'unexpected "}" at line 1, column 3'],
  ['[1,]', 'unexpected "]" at line 1, column 4'],
  ['01', 'unexpected "1" at line 1, column 2'],
  ['{} {}', 'unexpected "{" at line 1, column 4'],
  ['undefined', 'unexpected "u" at line 1, column 1'],
  ['{"a": "never closed', 'unexpected end at line 1, column 20'],
  ['[😀]', 'unexpected "😀" at line 1, column 2'],
  ['', 'unexpected end at line 1, column 1'],
];

for (const [text, problem] of CASES) {
  test(`${JSON.stringify(text)}: ${problem}`, () => {
    assert.throws(() => JSON.parse(text) as unknown);
    assert.equal(findJsonError(text), problem);
  });
}

const SEEDS = [
  '{"model":"m","input":[{"role":"user","content":"a \\"b\\" \\u00e9 \\\\"}],"stream":true,"n":-1.5e+3,"x":null}',
  '[[],{},[{"a":[1,2,{"b":false}]}],"",0,-0,1E5,true]',
  ' \t\r\n{ "a" : [ 1 , 2 ] , "b" : { } } \n',
  '"just a string"',
];
const PIECES = ['"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', '.', 'e', 't', ' ', '\n', '\u0001', 'é', ''];

test('agrees with JSON.parse on texts that are one edit away from JSON', () => {
  for (const seed of SEEDS) {
    assert.equal(findJsonError(seed), undefined);
    for (let index = 0; index <= seed.length; index += 1) {
      for (const piece of PIECES) {
        assertAgrees(seed.slice(0, index) + piece + seed.slice(index));
        assertAgrees(seed.slice(0, index) + piece + seed.slice(index + 1));
      }
      assertAgrees(seed.slice(0, index));
    }
  }
});

test('needs no recursion for long strings and deep nesting', () => {
  assert.equal(findJsonError(`["${'x'.repeat(5_000_000)}"`), 'unexpected end at line 1, column 5000004');
  assert.equal(findJsonError('['.repeat(200_000)), 'unexpected end at line 1, column 200001');
});

function assertAgrees(text: string): void {
  let isJson = true;
  try {
    JSON.parse(text);
  } catch {
    isJson = false;
  }
  assert.equal(findJsonError(text) === undefined, isJson, JSON.stringify(text));
}
