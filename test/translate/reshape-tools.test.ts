/** Other forms of tools and calls: simpler schemas, shorter names and descriptions, calls as text. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../src/base/json';
import { ToolSet } from '../../src/tools/tool-set';
import {
  dropStrict, SCHEMA_STEPS, shortenDescriptions, shortenToolNames, simplifySchemas, withoutTools, writeCallsAsText,
} from '../../src/translate/reshape-tools';
import type { ChatMessage, ChatRequest, ChatTool } from '../../src/wire/chat';

const tool = (parameters: JsonObject, more: object = {}): ChatTool => ({
  type: 'function', function: { name: 'timer', parameters, ...more },
});
const chat = (more: Partial<ChatRequest>): ChatRequest => ({
  model: 'm', stream: true, messages: [{ role: 'user', content: 'Hi' }], ...more,
});
const string = { type: 'string' };

const HARD: JsonObject = {
  type: 'object',
  properties: {
    hours: { type: ['integer', 'null'], minimum: 0, description: 'Hours' },
    unit: { enum: ['a', 'b'], type: 'string', pattern: '^a|b$' },
    when: { $ref: '#/$defs/when' },
    list: { type: 'array', prefixItems: [string, { type: 'number' }], minItems: 1 },
    any: true,
    deep: { type: 'object', properties: { a: { anyOf: [{ required: ['x'] }, { required: ['y'] }] } } },
  },
  required: ['hours', 'gone'],
  anyOf: [{ required: ['hours'] }, { required: ['unit'] }],
  oneOf: [{ type: 'object', required: ['when'] }, { not: { required: ['when'] } }],
  not: { required: ['hours', 'unit'] },
  $defs: { when: { type: 'string', format: 'date-time' } },
};

/** Every schema below `value`, with its path. */
function visit(value: unknown, see: (schema: JsonObject, key: string) => void, key = ''): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) see(value as JsonObject, key);
  for (const [name, inner] of Object.entries(value)) visit(inner, see, name);
}

describe('simplifySchemas', () => {
  const at = (step: number): JsonObject => {
    const simple = simplifySchemas(chat({ tools: [tool(HARD)] }), SCHEMA_STEPS[step] ?? []);
    return simple.tools?.[0]?.function.parameters ?? {};
  };

  it('first drops variants that have only "required"', () => {
    const { anyOf, oneOf, not, ...rest } = at(0);
    assert.deepEqual([anyOf, oneOf, not], [undefined, undefined, undefined]);
    assert.deepEqual((rest['properties'] as JsonObject)['hours'], (HARD['properties'] as JsonObject)['hours']);
    assert.ok(!JSON.stringify(rest).includes('"y"'));
  });

  it('then replaces references, boolean schemas and tuples', () => {
    const { $defs, properties } = at(1);
    assert.equal($defs, undefined);
    const { when, any, list } = properties as Record<string, JsonObject>;
    assert.deepEqual([when, any], [{ type: 'string', format: 'date-time' }, {}]);
    assert.deepEqual(list?.['items'], { anyOf: [string, { type: 'number' }] });
  });

  it('then drops what narrows a value', () => {
    visit(at(2), (schema) => {
      for (const key of ['pattern', 'format', 'minimum', 'minItems']) assert.ok(!(key in schema), key);
    });
    assert.deepEqual(at(2)['required'], ['hours']);
  });

  it('then drops all but name, type, description and choices', () => {
    assert.deepEqual(at(3), {
      type: 'object',
      properties: {
        hours: { type: 'integer', description: 'Hours' },
        unit: { type: 'string', enum: ['a', 'b'] },
        when: { type: 'string' },
        list: { type: 'array', items: { type: 'string' } },
        any: { type: 'string' },
        deep: { type: 'object', properties: {} },
      },
      required: ['hours'],
    });
  });

  it('the last step allows any object, and describes the properties as text', () => {
    assert.deepEqual(at(4), {
      type: 'object',
      properties: {},
      description:
        'Properties: hours (integer), unit (string), when (string), list (array), any (string), deep (object).',
    });
  });

  it('keeps variants that say more than what is required', () => {
    const variant = { properties: { a: string }, required: ['a'] };
    const rich: JsonObject = { type: 'object', properties: {}, anyOf: [variant] };
    const request = chat({ tools: [tool(rich)] });
    assert.equal(simplifySchemas(request, SCHEMA_STEPS[0] ?? []), request);
  });

  it('has an object root with properties at every step, whatever it is given', () => {
    let deep: JsonObject = { type: 'string' };
    for (let level = 0; level < 3_000; level += 1) deep = { type: 'object', properties: { a: deep } };
    const loop: JsonObject = { type: 'object', properties: { a: { $ref: '#' } } };
    for (const schema of [HARD, deep, loop, { type: 'object', properties: {} }]) {
      for (const rules of SCHEMA_STEPS) {
        const [first] = simplifySchemas(chat({ tools: [tool(schema)] }), rules).tools ?? [];
        assert.equal(first?.function.parameters['type'], 'object');
        assert.equal(typeof first?.function.parameters['properties'], 'object');
      }
    }
  });

  it('is the same request without tools, and with simple ones', () => {
    for (const request of [chat({}), chat({ tools: [tool({ type: 'object', properties: { a: string } })] })]) {
      for (const rules of SCHEMA_STEPS.slice(0, 4)) assert.equal(simplifySchemas(request, rules), request);
    }
  });
});

describe('limits', () => {
  it('a description is truncated at the limit', () => {
    const descriptions = ['Edits files. '.repeat(100), 'Short.'];
    const long = chat({ tools: descriptions.map((description) => tool({}, { description })) });
    const lengths = shortenDescriptions(long, 64).tools?.map((each) => each.function.description?.length ?? 0) ?? [];
    assert.deepEqual([lengths[0] !== undefined && lengths[0] <= 64 && lengths[0] > 50, lengths[1]], [true, 6]);
    assert.equal(shortenDescriptions(long, 2_000), long);
  });

  it('a name is shortened everywhere, and still finds its tool', () => {
    const name = 'mcp__a_server_with_a_long_name__a_tool_with_a_long_name';
    const tools = new ToolSet();
    tools.add({ target: { kind: 'function', name }, parameters: {} });
    tools.add({ target: { kind: 'function', name: `${name}2` }, parameters: {} });
    const call = { id: '1', type: 'function', function: { name, arguments: '{}' } } as const;
    const request = chat({
      messages: [{ role: 'assistant', content: '', tool_calls: [call] }],
      tools: tools.offered,
      tool_choice: { type: 'function', function: { name } },
    });
    for (const longest of [40, 20, 8]) {
      const short = shortenToolNames(request, longest);
      const [first, second] = short.tools?.map((each) => each.function.name) ?? [];
      assert.ok(first !== undefined && second !== undefined && first !== second && first.length <= longest);
      const [message] = short.messages;
      assert.equal(message?.role === 'assistant' && message.tool_calls?.[0]?.function.name, first);
      assert.deepEqual(short.tool_choice, { type: 'function', function: { name: first } });
      assert.deepEqual([tools.find(first).name, tools.find(second).name], [name, `${name}2`]);
      assert.equal(shortenToolNames(short, longest), short);
    }
    assert.equal(shortenToolNames(request, 64), request);
  });

  it('strict is dropped', () => {
    const request = chat({ tools: [tool({}, { strict: true })] });
    assert.deepEqual(dropStrict(request).tools, [tool({})]);
    assert.equal(dropStrict(dropStrict(request)).tools?.length, 1);
  });
});

describe('calls as text', () => {
  const call = (id: string, name: string) =>
    ({ id, type: 'function', function: { name, arguments: '{"a":1}' } }) as const;
  const HISTORY: readonly ChatMessage[] = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'I look.', reasoning_content: 'hm', tool_calls: [call('1', 'ls'), call('2', 'cat')] },
    { role: 'tool', tool_call_id: '1', content: 'a' },
    { role: 'tool', tool_call_id: '2', content: [{ type: 'text', text: 'b' }] },
    { role: 'assistant', content: 'Done.' },
    { role: 'assistant', content: null, tool_calls: [call('3', 'ls')] },
    { role: 'tool', tool_call_id: '3', content: 'c' },
  ];

  it('keeps what was said, called and found', () => {
    assert.deepEqual(writeCallsAsText(chat({ messages: HISTORY })).messages, [
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: 'I look.\n\n[Called ls with {"a":1}]\n\n[Called cat with {"a":1}]',
        reasoning_content: 'hm',
      },
      { role: 'user', content: '[Result of ls]\na\n\n[Result of cat]\nb' },
      { role: 'assistant', content: 'Done.' },
      { role: 'assistant', content: '[Called ls with {"a":1}]' },
      { role: 'user', content: '[Result of ls]\nc' },
    ]);
  });

  it('is the same request without calls', () => {
    const request = chat({});
    assert.equal(writeCallsAsText(request), request);
  });

  it('without tools, their settings are dropped too', () => {
    const request = chat({ tools: [tool({})], tool_choice: 'auto', parallel_tool_calls: true });
    assert.deepEqual(withoutTools(request), chat({}));
    assert.deepEqual(withoutTools(chat({ tool_choice: 'auto' })), chat({}));
  });
});
