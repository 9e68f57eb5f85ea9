/** Arguments that a model wrote as strings are corrected where the schema allows no string. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../src/base/json';
import { TypedArguments } from '../../src/stream/typed-arguments';

const SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    command: { type: 'array', items: { type: 'string' } },
    counts: { type: 'array', items: { type: 'integer' } },
    timeout: { type: 'number' },
    lines: { type: ['integer', 'null'] },
    login: { type: 'boolean' },
    options: { type: 'object', properties: { deep: { type: 'boolean' }, note: { type: 'string' } } },
    place: { $ref: '#/$defs/place' },
    either: { anyOf: [{ type: 'array' }, { type: 'null' }] },
    any: {},
    open: { anyOf: [{ type: 'array' }, { type: 'string' }] },
    choice: { type: 'number', enum: [1, 2] },
    note: { type: 'string' },
  },
  additionalProperties: { type: 'number' },
  $defs: { place: { type: 'object', properties: { line: { type: 'integer' } } } },
};

function write(pieces: readonly string[], schema = SCHEMA): string {
  const typed = new TypedArguments(schema);
  return pieces.map((piece) => typed.push(piece)).join('') + typed.end();
}

/** Checks that the result is the same wherever the arguments are split. */
function assertWritten(given: string, expected: string, schema = SCHEMA): void {
  assert.equal(write([given], schema), expected);
  for (let at = 0; at <= given.length; at += 1) {
    assert.equal(write([given.slice(0, at), given.slice(at)], schema), expected, `split at ${at}`);
  }
  assert.equal(write(given.split(''), schema), expected, 'unit by unit');
}

describe('a string where the schema allows none', () => {
  const ROWS: readonly (readonly [name: string, given: string, expected: string])[] = [
    ['a list', '{"command":"[\\"ls\\", \\"-la\\"]"}', '{"command":["ls", "-la"]}'],
    ['a number', '{"timeout": "1000"}', '{"timeout": 1000}'],
    ['a fraction', '{"timeout":"1.5"}', '{"timeout":1.5}'],
    ['an integer', '{"lines":" 7 "}', '{"lines":7}'],
    ['null, if it is allowed', '{"lines":"null"}', '{"lines":null}'],
    ['a boolean', '{"login":"true","note":"true"}', '{"login":true,"note":"true"}'],
    ['an object', '{"options":"{\\"deep\\":true}"}', '{"options":{"deep":true}}'],
    ['inside an object', '{"options":{"deep":"false","note":"false"}}', '{"options":{"deep":false,"note":"false"}}'],
    ['inside a list', '{"counts":["1","2"],"command":["1"]}', '{"counts":[1,2],"command":["1"]}'],
    ['through a reference', '{"place":{"line":"3"}}', '{"place":{"line":3}}'],
    ['for one of several types', '{"either":"[]"}', '{"either":[]}'],
    ['for an additional property', '{"other":"3"}', '{"other":3}'],
    ['after an escape in a name', '{"time\\u006fut":"3"}', '{"time\\u006fut":3}'],
    ['all arguments, encoded twice', '"{\\"note\\":\\"x\\"}"', '{"note":"x"}'],
  ];
  for (const [name, given, expected] of ROWS) it(name, () => assertWritten(given, expected));
});

describe('arguments that stay unchanged', () => {
  const ROWS: readonly (readonly [name: string, given: string])[] = [
    ['text that only looks like a list', '{"note":"[\\"text\\"]"}'],
    ['text that is not a list', '{"command":"ls -la"}'],
    ['a list of the wrong kind for a number', '{"timeout":"[1]"}'],
    ['a fraction for an integer', '{"lines":"1.5"}'],
    ['a word for a boolean', '{"login":"yes"}'],
    ['a string where any value is allowed', '{"any":"1"}'],
    ['a string where a list or a string is allowed', '{"open":"[1]"}'],
    ['an enum value', '{"choice":"1"}'],
    ['an empty string', '{"timeout":""}'],
    ['values of the right type', '{"command":["a"],"timeout":1,"login":false,"lines":null,"options":{}}'],
    ['escapes and brackets in strings', '{"note":"a\\"}],{[\\\\","command":["\\u007b\\"]"]}'],
    ['a string that does not end', '{"timeout":"10'],
    ['a name that does not end', '{"time'],
    ['an escape that does not end', '{"timeout":"1\\'],
    ['broken JSON', '{"timeout":}}]],"x'],
    ['no JSON at all', 'ls -la'],
    ['nothing', ''],
  ];
  for (const [name, given] of ROWS) it(name, () => assertWritten(given, given));

  it('inherited object members are not properties', () => {
    const given = '{"constructor":"1","__proto__":"1"}';
    assertWritten(given, given, { type: 'object', properties: {} });
  });

  it('deeply nested arguments are unchanged', () => {
    const deep = `${'{"a":['.repeat(3_000)}"1"${']}'.repeat(3_000)}`;
    assert.equal(write([deep]), deep);
  });
});

it('only strings that may be corrected are held until their end', () => {
  const typed = new TypedArguments(SCHEMA);
  assert.equal(typed.push('{"note":"half'), '{"note":"half');
  assert.equal(typed.push(' a text","timeout":"1'), ' a text","timeout":');
  assert.equal(typed.push('0"'), '10');
  assert.equal(typed.push(',"command":[1,'), ',"command":[1,');
});
