/** The environment file: valid lines, their values, and messages about invalid lines. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEnvFile } from '../../src/config/env-file';

function valuesOf(text: string): Readonly<Record<string, string>> {
  const parsed = parseEnvFile(text);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.errors.map(({ line, problem }) => `${line}: ${problem}`).join('\n'));
  return parsed.values;
}

function errorsOf(text: string): readonly (readonly [line: number, problem: string])[] {
  const parsed = parseEnvFile(text);
  return parsed.ok ? [] : parsed.errors.map(({ line, problem }) => [line, problem] as const);
}

const LINES: Readonly<Record<string, readonly [text: string, value: string]>> = {
  'an unquoted value': ['A=b', 'b'],
  'an unquoted value between spaces': ['  A =  b c  ', 'b c'],
  'an empty value': ['A=', ''],
  'an equals sign in the value': ['A=b=c==', 'b=c=='],
  'a number sign in the value, as in systemd': ['A=b #c', 'b #c'],
  'a backslash in an unquoted value': ['A=C:\\new\\bin', 'C:\\new\\bin'],
  'quotes inside an unquoted value': ['A=it\'s "so"', 'it\'s "so"'],
  'single quotes': ["A=' b\\n$c\" '", ' b\\n$c" '],
  'empty quotes': ["A=''", ''],
  'double quotes': ['A=" b \'c\' "', " b 'c' "],
  'escapes in double quotes': ['A="1\\n2 \\"3\\" \\\\ \\$4 \\`5\\` \\t"', '1\n2 "3" \\ $4 `5` \\t'],
  'an escaped backslash before the closing quote': ['A="b\\\\"', 'b\\'],
  'export before the name': ['export  A=b', 'b'],
  'a tab around the equals sign': ['A\t=\tb', 'b'],
  'a value that looks like a comment': ["A='#b'", '#b'],
};

for (const [title, [text, value]] of Object.entries(LINES)) {
  test(`${title}: ${text}`, () => assert.deepEqual(valuesOf(text), { A: value }));
}

test('comments and empty lines are ignored, and the last of several values applies', () => {
  assert.deepEqual(valuesOf('# A=1\n\n; B=2\n  # C=3\nD=4\nD=5\n_e1=6'), { D: '5', _e1: '6' });
  assert.deepEqual(valuesOf(''), {});
});

test('Windows line endings and a byte order mark make no difference', () => {
  assert.deepEqual(valuesOf('\uFEFFA=1\r\n\r\nB="2"\r\nC=3'), { A: '1', B: '2', C: '3' });
});

test('names of object properties are ordinary names', () => {
  const values = valuesOf('__proto__=1\nconstructor=2');
  assert.deepEqual(Object.entries(values), [['__proto__', '1'], ['constructor', '2']]);
});

test('every error is reported with its line', () => {
  const text =
    "A=1\nsk-test-hidden\n2B=x\nset C=hidden\n\nD=\"hidden\nE='hidden\nF=\"hid\"den\nG='hid'\\''den'\n=hidden";
  const name = 'expected a name of letters, digits and _ before the equals sign, with no digit first';
  assert.deepEqual(errorsOf(text), [
    [2, 'expected NAME=VALUE: there is no equals sign'],
    [3, name],
    [4, name],
    [6, 'the value starts with " but does not end with it'],
    [7, "the value starts with ' but does not end with it"],
    [8, 'there is text after the closing "'],
    [9, "there is text after the closing '"],
    [10, name],
  ]);
});

test('no part of a line is quoted, because it may be a key', () => {
  const text = 'sk-test-hidden\nexport sk-hidden=hidden\nA="hidden" hidden\nB=\'hidden';
  assert.equal(errorsOf(text).length, 4);
  assert.doesNotMatch(JSON.stringify(errorsOf(text)), /hidden/);
});

test('a file in UTF-16, as Windows writes it, is reported as one error', () => {
  const text = Buffer.from('\uFEFFA=1\r\nB=2\r\n', 'utf16le').toString('utf8');
  assert.deepEqual(errorsOf(text), [[1, 'save the file as UTF-8: it contains NUL characters']]);
});
