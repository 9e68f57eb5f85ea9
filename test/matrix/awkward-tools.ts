/** Tools as declared by real MCP servers: names and schemas that some validator rejects. */

interface AwkwardTool {
  readonly type: 'function';
  readonly name: string;
  readonly description: string;
  readonly parameters: object;
}

const awkward = (name: string, parameters: object): AwkwardTool => ({
  type: 'function',
  name,
  description: `Does ${name}.`,
  parameters,
});

export const AWKWARD_TOOLS: readonly AwkwardTool[] = [
  // Keywords next to a reference, a definition under the old keyword, a recursive definition.
  awkward('references', {
    type: 'object',
    properties: {
      place: { $ref: '#/$defs/place', description: 'Where.' },
      old: { $ref: '#/definitions/old' },
      tree: { $ref: '#/$defs/tree' },
    },
    $defs: {
      place: { type: 'object', properties: { line: { type: 'integer' } }, required: ['line'] },
      tree: { type: 'object', properties: { children: { type: 'array', items: { $ref: '#/$defs/tree' } } } },
    },
    definitions: { old: { type: 'string' } },
  }),
  awkward('unions', {
    type: 'object',
    properties: {
      either: { type: 'object', anyOf: [{ type: 'object', properties: { a: { type: 'string' } } }, { type: 'null' }] },
      maybe: { type: ['string', 'null'] },
      one: { oneOf: [{ type: 'string' }, { type: 'number' }] },
    },
    anyOf: [{ required: ['either'] }, { required: ['maybe'] }],
  }),
  awkward('tuples', {
    type: 'object',
    properties: {
      pair: { type: 'array', items: [{ type: 'string' }, { type: 'number' }] },
      modern: { type: 'array', prefixItems: [{ type: 'string' }], items: false },
      referring: { type: 'array', items: [{ $ref: '#/$defs/part' }, true] },
    },
    $defs: { part: { type: 'string' } },
  }),
  awkward('empty_lists', {
    type: 'object',
    properties: {
      tuple: { type: 'array', items: [] },
      modern: { type: 'array', prefixItems: [] },
      unions: { anyOf: [], oneOf: [], allOf: [] },
      choice: { type: 'string', enum: [] },
    },
    required: [],
  }),
  awkward('booleans', {
    type: 'object',
    properties: {
      anything: true, nothing: false, list: { type: 'array', items: true }, either: { anyOf: [true, { type: 'null' }] },
    },
    required: ['anything', 'nothing', 'missing'],
    additionalProperties: false,
  }),
  awkward('no_type', { properties: { path: { type: 'string' } } }),
  awkward('empty', {}),
  awkward('2fa_check', { type: 'object', properties: {} }),
  awkward('search', { type: 'object', properties: { query: { type: 'string' } } }),
  awkward('files.read/all', { type: 'object', properties: {} }),
  awkward(`mcp__${'very_'.repeat(14)}long`, { type: 'object', properties: {} }),
];
