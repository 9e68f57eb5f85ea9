/** JSON with comments: what editors accept is valid, and errors have the same line on every Node version. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJsonc } from '../../src/base/json-comments';

const VALID: readonly (readonly [text: string, value: unknown])[] = [
  ['{"a": 1}', { a: 1 }],
  ['\uFEFF// one\n{"a": 1, /* two */ "b": [1, 2,], } // three', { a: 1, b: [1, 2] }],
  ['{"a": "// no comment", "b": "/* nor */ this,]"}', { a: '// no comment', b: '/* nor */ this,]' }],
  ['{"a": "\\"// still text", // comment "with quotes"\n"b": "x\\\\"}', { a: '"// still text', b: 'x\\' }],
  ['[1, // last\n]', [1]],
  ['[1, // not the end ]\n 2, /* nor this ] */ 3 /* end */]', [1, 2, 3]],
  ['{"__proto__": 1}', JSON.parse('{"__proto__": 1}')],
];

for (const [text, value] of VALID) {
  test(`${JSON.stringify(text)} is parsed`, () => assert.deepEqual(parseJsonc(text), { ok: true, value }));
}

const INVALID: readonly (readonly [text: string, line: number, problem: RegExp])[] = [
  ['', 1, /unexpected end/],
  ['{\n"a": 1\n"b": 2}', 3, /unexpected "\\""/],
  ['{\n"a": \'x\'}', 2, /unexpected "'"/],
  ['{"a": 1}\n}', 2, /unexpected "}"/],
  ['{\n\n"a" 1}', 3, /unexpected "1"/],
  ['{"a": 1,\n,}', 2, /unexpected ","/],
  ['[,]', 1, /unexpected ","/],
  ['[ /* none */\n, ]', 2, /unexpected ","/],
  ['{,}', 1, /unexpected ","/],
  ['[1, 2', 1, /unexpected end/],
  ['{a: 1}', 1, /unexpected "a"/],
  ['{"a": tru}', 1, /unexpected "t"/],
  ['{"a": "x\n"}', 1, /unexpected "\\""/],
  ['/* open', 1, /unexpected "\/"/],
  ['[1}', 1, /unexpected "}"/],
  ['{\n\u00a0"a": 1\n}', 2, /unexpected "\u00a0"/],
];

for (const [text, line, problem] of INVALID) {
  test(`${JSON.stringify(text)} is invalid on line ${line}`, () => {
    const parsed = parseJsonc(text);
    assert.ok(!parsed.ok);
    assert.equal(parsed.line, line, parsed.problem);
    assert.match(parsed.problem, problem);
  });
}
