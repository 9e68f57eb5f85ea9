/** Schema rules: each rule alone, at any depth, and for recursive schemas. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../src/base/json';
import type { SchemaRule } from '../../src/providers/dialect';
import { applySchemaRules } from '../../src/tools/schema';

const text = { type: 'string' };
const object = (properties: JsonObject, rest: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...rest });

type Row = readonly [rule: SchemaRule, name: string, schema: JsonObject, expected: JsonObject];

const ROWS: readonly Row[] = [
  [
    'inline-refs',
    'a reference is replaced by its definition',
    object({ a: { $ref: '#/$defs/x' } }, { $defs: { x: text } }),
    object({ a: text }),
  ],
  [
    'inline-refs',
    'keywords next to a reference override its definition',
    object(
      { a: { $ref: '#/definitions/x', description: 'A.' } },
      { definitions: { x: { ...text, description: 'X.' } } },
    ),
    object({ a: { type: 'string', description: 'A.' } }),
  ],
  [
    'inline-refs',
    'a reference to a reference',
    object({ a: { $ref: '#/$defs/x' } }, { $defs: { x: { $ref: '#/$defs/y' }, y: text } }),
    object({ a: text }),
  ],
  [
    'inline-refs',
    'a definition within a definition',
    object({ a: { $ref: '#/$defs/x' } }, { $defs: { x: object({ b: { $ref: '#/$defs/y' } }), y: text } }),
    object({ a: object({ b: text }) }),
  ],
  [
    'inline-refs',
    'a reference in a tuple',
    object({ a: { type: 'array', items: [{ $ref: '#/$defs/x' }] } }, { $defs: { x: text } }),
    object({ a: { type: 'array', items: [text] } }),
  ],
  [
    'inline-refs',
    'an escaped path',
    object({ a: { $ref: '#/$defs/x~1y~0z' } }, { $defs: { 'x/y~z': text } }),
    object({ a: text }),
  ],
  [
    'inline-refs',
    'an unknown reference becomes an empty schema',
    object({ a: { $ref: '#/$defs/gone' }, b: { $ref: 'https://example.com/x' } }),
    object({ a: {}, b: {} }),
  ],
  [
    'no-boolean-schemas',
    'true becomes an empty schema, a false property is removed',
    object({ a: true, b: false, c: text }),
    object({ a: {}, c: text }),
  ],
  ['no-boolean-schemas', 'items: true is removed', { type: 'array', items: true }, { type: 'array' }],
  [
    'no-boolean-schemas',
    'in lists and pattern properties',
    object({ a: { anyOf: [true, text, false] }, b: { oneOf: [false] } }, { patternProperties: { x: true } }),
    object({ a: { anyOf: [{}, text] }, b: {} }, { patternProperties: { x: {} } }),
  ],
  [
    'no-boolean-schemas',
    'additionalProperties: false is kept',
    object({ a: text }, { additionalProperties: false }),
    object({ a: text }, { additionalProperties: false }),
  ],
  [
    'no-tuples',
    'a tuple becomes an array of any of its item schemas',
    { type: 'array', items: [text, { type: 'number' }], additionalItems: false },
    { type: 'array', items: { anyOf: [text, { type: 'number' }] } },
  ],
  ['no-tuples', 'prefixItems', { type: 'array', prefixItems: [text] }, { type: 'array', items: text }],
  ['no-tuples', 'empty items', { type: 'array', items: [] }, { type: 'array', items: {} }],
  ['no-tuples', 'empty prefixItems', { type: 'array', prefixItems: [] }, { type: 'array', items: {} }],
  ['no-tuples', 'a tuple in a tuple', { items: [{ items: [text] }] }, { items: { items: text } }],
  [
    'no-null-unions',
    'a type or null becomes the type',
    object({ a: { type: ['string', 'null'] } }),
    object({ a: text }),
  ],
  [
    'no-null-unions',
    'two types or null are kept',
    object({ a: { type: ['string', 'number', 'null'] } }),
    object({ a: { type: ['string', 'number', 'null'] } }),
  ],
  [
    'no-null-unions',
    'a schema or null becomes the schema',
    object({ a: { anyOf: [text, { type: 'null' }], description: 'A.' } }),
    object({ a: { description: 'A.', type: 'string' } }),
  ],
  [
    'no-null-unions',
    'null is removed from two schemas or null',
    { anyOf: [text, { type: 'number' }, { type: 'null' }] },
    { anyOf: [text, { type: 'number' }] },
  ],
  ['no-null-unions', 'null alone', object({ a: { anyOf: [{ type: 'null' }] } }), object({ a: {} })],
  [
    'no-type-beside-any-of',
    'the type is removed',
    object({ a: { type: 'object', anyOf: [object({}), text] } }),
    object({ a: { anyOf: [object({}), text] } }),
  ],
  [
    'required-must-exist',
    'a required name without a property is removed',
    object({ a: text }, { required: ['a', 'b'] }),
    object({ a: text }, { required: ['a'] }),
  ],
  [
    'required-must-exist',
    'without properties, nothing is required',
    { type: 'object', required: ['a'] },
    { type: 'object', required: [] },
  ],
];

describe('rules', () => {
  for (const [rule, name, schema, expected] of ROWS) {
    it(`${rule}: ${name}`, () => {
      const before = JSON.stringify(schema);
      assert.deepEqual(applySchemaRules(schema, [rule]), expected);
      assert.equal(JSON.stringify(schema), before, 'the schema of the client is not modified');
    });

    // A reference has its definition at the root.
    if (rule === 'inline-refs') continue;
    it(`${rule}: ${name}, inside other schemas`, () => {
      const wrap = (inner: JsonObject): JsonObject =>
        object({
          list: { type: 'array', items: { anyOf: [inner, { allOf: [object({ x: inner })] }] } },
          map: { type: 'object', additionalProperties: inner, properties: {} },
        });
      assert.deepEqual(applySchemaRules(wrap(schema), [rule]), wrap(expected));
    });
  }

  it('properties with the names of keywords are kept', () => {
    const schema = object({ required: text, items: text, anyOf: text, $ref: text, properties: object({ type: text }) });
    for (const [rule] of ROWS) assert.deepEqual(applySchemaRules(schema, [rule]), schema);
  });

  it('examples, defaults, enums and constants are kept as data', () => {
    const schema = object({
      a: {
        type: 'array',
        default: [{ $ref: '#/x' }],
        examples: [{ type: ['string', 'null'] }],
        enum: [true, null],
        const: { anyOf: [] },
      },
    });
    for (const [rule] of ROWS) assert.deepEqual(applySchemaRules(schema, [rule]), schema);
  });
});

describe('recursive schemas', () => {
  const sizeOf = (schema: JsonObject): number => {
    const inlined = JSON.stringify(applySchemaRules(schema, ['inline-refs']));
    assert.doesNotMatch(inlined, /\$ref/);
    return inlined.length;
  };

  it('a recursive tree ends at its first repetition', () => {
    const node = object({ left: { $ref: '#/$defs/node' }, right: { $ref: '#/$defs/node' }, value: text });
    assert.ok(sizeOf(object({ root: { $ref: '#/$defs/node' } }, { $defs: { node } })) < 1_000);
  });

  it('definitions that all refer to each other stay small', () => {
    const names = Array.from({ length: 12 }, (_, index) => `d${index}`);
    const all = Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }]));
    const $defs = Object.fromEntries(names.map((name) => [name, object(all)]));
    assert.ok(sizeOf(object(all, { $defs })) < 100_000);
  });

  it('a definition that refers to itself, and a schema that refers to its root, stay small', () => {
    assert.ok(
      sizeOf(object({ a: { $ref: '#/$defs/x' }, b: { $ref: '#' } }, { $defs: { x: { $ref: '#/$defs/x' } } })) < 1_000,
    );
  });

  it('deep schemas do not exhaust the stack', () => {
    let deep: JsonObject = text;
    for (let depth = 0; depth < 3_000; depth += 1) deep = { type: 'array', items: deep };
    for (const [rule] of ROWS) applySchemaRules(deep, [rule]);
  });
});
