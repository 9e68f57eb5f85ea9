/** Tool parameters always have an object schema at the root. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { toObjectSchema } from '../../src/tools/schema';
import type { JsonObject } from '../../src/base/json';

const EMPTY = { type: 'object', properties: {} };
const OBJECT = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };

const SCHEMAS: readonly (readonly [name: string, schema: JsonObject | undefined, expected: JsonObject])[] = [
  ['none', undefined, EMPTY],
  ['an object', OBJECT, OBJECT],
  ['an object without properties', { type: 'object' }, EMPTY],
  [
    'an object with additionalProperties',
    { type: 'object', additionalProperties: { type: 'string' } },
    { type: 'object', additionalProperties: { type: 'string' }, properties: {} },
  ],
  ['an empty schema', {}, EMPTY],
  ['no type', { properties: { a: {} }, required: ['a'] }, { type: 'object', properties: { a: {} }, required: ['a'] }],
  [
    'anyOf',
    { anyOf: [{ type: 'object' }, { type: 'null' }] },
    { type: 'object', properties: {}, anyOf: [{ type: 'object' }, { type: 'null' }] },
  ],
  ['several types', { type: ['object', 'null'], properties: { a: {} } }, { type: 'object', properties: { a: {} } }],
  [
    'lists that must not be empty, at any depth',
    {
      anyOf: [], oneOf: [], allOf: [], enum: [], type: [],
      properties: {
        a: { type: 'array', items: [] },
        b: { type: 'array', items: [{ anyOf: [] }], prefixItems: [] },
        enum: { type: 'string', enum: [] },
      },
    },
    {
      type: 'object',
      properties: { a: { type: 'array' }, b: { type: 'array', items: [{}] }, enum: { type: 'string' } },
    },
  ],
  ['lists that may be empty', { ...EMPTY, required: [], examples: [] }, { ...EMPTY, required: [], examples: [] }],
  ['a string', { type: 'string' }, EMPTY],
  ['an array', { type: 'array', items: {} }, EMPTY],
];

for (const [name, schema, expected] of SCHEMAS) {
  it(name, () => {
    const before = JSON.stringify(schema);
    assert.deepEqual(toObjectSchema(schema, []), expected);
    assert.equal(JSON.stringify(schema), before);
  });
}

it('a valid schema is passed on unchanged', () => assert.equal(toObjectSchema(OBJECT, []), OBJECT));

it('the root stays an object if a type next to anyOf is rejected; its variants become optional properties', () => {
  const variant = (name: string): JsonObject => ({
    type: 'object',
    properties: { [name]: { type: 'string' } },
    required: [name],
  });
  const schema = {
    type: 'object',
    properties: { c: { type: 'number' } },
    required: ['c'],
    anyOf: [variant('a'), variant('b')],
  };
  assert.deepEqual(toObjectSchema(schema, ['no-type-beside-any-of']), {
    type: 'object',
    properties: { a: { type: 'string' }, b: { type: 'string' }, c: { type: 'number' } },
    required: ['c'],
  });
});
