/** Shapes: every problem has a path, near misses get a suggestion, and the JSON Schema is equivalent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkShape, toJsonSchema, type JsonShape } from '../../src/base/shape';

const SHAPE: JsonShape = {
  kind: 'object',
  required: ['name'],
  fields: {
    name: { shape: { kind: 'text', pattern: /^[a-z]+$/, expected: 'letters' }, help: 'The name.' },
    mode: { shape: { kind: 'enum', values: ['fast', 'slow'] }, help: 'The mode.' },
    on: { shape: { kind: 'boolean' }, help: 'On or off.' },
    count: { shape: { kind: 'integer', min: 1 }, help: 'How many.' },
    tags: { shape: { kind: 'list', of: { kind: 'text' } }, help: 'Tags.' },
    by_id: {
      shape: { kind: 'map', of: { kind: 'integer', min: 0 }, keys: /^\w+$/, expectedKeys: 'a word' },
      help: 'By id.',
    },
    url: {
      shape: {
        kind: 'either', shapes: [{ kind: 'text' }, { kind: 'list', of: { kind: 'text' } }], expected: 'one or more',
      },
      help: 'Addresses.',
    },
    knob: {
      shape: {
        kind: 'tagged',
        tag: 'kind',
        variants: {
          none: { kind: 'object', fields: {} },
          level: {
            kind: 'object', required: ['at'], fields: { at: { shape: { kind: 'integer', min: 1 }, help: 'At.' } },
          },
        },
      },
      help: 'A knob.',
    },
    extra: { shape: { kind: 'any-object' }, help: 'Anything.' },
  },
};

const CASES: readonly (readonly [value: unknown, problems: readonly string[]])[] = [
  [
    { name: 'a', mode: 'fast', on: true, count: 1, tags: ['x'], by_id: { a: 0 }, url: ['x'], knob: { kind: 'none' } },
    [],
  ],
  [{ name: 'a', url: 'x', knob: { kind: 'level', at: 2 }, extra: { deep: [1] } }, []],
  [{}, ['name: missing.']],
  [{ name: 'A' }, ['name: expected letters, got "A".']],
  [{ name: 'a', mode: 'fats' }, ['mode: expected fast or slow (did you mean "fast"?), got "fats".']],
  [{ name: 'a', count: 1.5, on: 1 }, [
    'count: expected a whole number of at least 1, got 1.5.', 'on: expected true or false, got 1.',
  ]],
  [{ name: 'a', tags: ['x', 2, ''] }, [
    'tags[1]: expected a non-empty string, got 2.', 'tags[2]: expected a non-empty string, got "".',
  ]],
  [{ name: 'a', by_id: { 'a b': -1 } }, [
    'by_id: invalid name "a b": expected a word.', 'by_id["a b"]: expected a whole number of at least 0, got -1.',
  ]],
  [{ name: 'a', url: 4 }, ['url: expected one or more, got 4.']],
  [{ name: 'a', url: ['x', 4] }, ['url[1]: expected a non-empty string, got 4.']],
  [{ name: 'a', knob: { kind: 'levle' } }, ['knob.kind: expected none or level (did you mean "level"?), got "levle".']],
  [{ name: 'a', knob: { kind: 'level' } }, ['knob.at: missing.']],
  [{ name: 'a', knob: { kind: 'none', at: 1 } }, ['knob.at: unknown field.']],
  [{ name: 'a', cuont: 1 }, ['cuont: unknown field; did you mean "count"?']],
  [JSON.parse('{"name":"a","__proto__":1,"by_id":{"__proto__":1}}'), [
    '__proto__: unknown field; expected name, mode, on, count, tags, by_id, url, knob or extra.',
    'by_id: invalid name "__proto__": this name is reserved.',
  ]],
  [[], ['The file: expected an object, got a list.']],
  [null, ['The file: expected an object, got null.']],
];

for (const [value, problems] of CASES) {
  test(`${JSON.stringify(value)} is ${problems.length === 0 ? 'valid' : 'invalid'}`, () =>
    assert.deepEqual(checkShape(value, SHAPE, ''), problems));
}

test('the JSON Schema has the same fields, values and limits', () => {
  const schema = toJsonSchema(SHAPE) as { readonly properties: Record<string, unknown>; readonly required: unknown };
  assert.deepEqual(Object.keys(schema.properties), Object.keys(SHAPE.kind === 'object' ? SHAPE.fields : {}));
  assert.deepEqual(schema.required, ['name']);
  assert.deepEqual(schema.properties['mode'], { description: 'The mode.', enum: ['fast', 'slow'] });
  assert.deepEqual(schema.properties['count'], { description: 'How many.', type: 'integer', minimum: 1 });
});
