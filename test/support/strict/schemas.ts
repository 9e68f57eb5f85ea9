/** Finds what Moonshot's validator rejects in the parameters of tools (upstreams.md, section 2, Schemas). */
import { asArray, asRecord, asString, isRecord, type UnknownRecord } from '../../../src/base/json';
import { first, type Fault, type CheckedRequest } from './rule';

const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems'];
const MAPS = ['properties', '$defs', 'definitions', 'patternProperties'];

/** Returns the first fault in the schemas of all tools. */
export function schemaFault({ tools, model }: CheckedRequest): Fault | undefined {
  if (!model.moonshotSchemas) return undefined;
  return first(tools, (tool, index) => {
    const schema = asRecord(tool['function'])?.['parameters'] ?? {};
    const [fault] = faults(schema, `tools[${index}].function.parameters`);
    return fault;
  });
}

function* faults(schema: unknown, param: string): Iterable<Fault> {
  if (!isRecord(schema)) return yield { param, reason: 'a schema must be an object' };
  for (const { reason, matches } of REASONS) if (matches(schema)) yield { param, reason };
  for (const [path, inner] of innerSchemas(schema, param)) yield* faults(inner, path);
  return undefined;
}

/** `additionalProperties` may be a boolean: Codex closes its objects with it, and Kimi accepts them. */
function* innerSchemas(schema: UnknownRecord, path: string): Iterable<readonly [path: string, schema: unknown]> {
  for (const key of LISTS)
    for (const [index, value] of (asArray(schema[key]) ?? []).entries()) yield [`${path}.${key}[${index}]`, value];
  for (const key of MAPS)
    for (const [name, value] of Object.entries(asRecord(schema[key]) ?? {})) yield [`${path}.${key}.${name}`, value];
  if ('items' in schema) yield [`${path}.items`, schema['items']];
  if (isRecord(schema['additionalProperties'])) yield [`${path}.additionalProperties`, schema['additionalProperties']];
}

/** The first text is the provider's; the other rules are reported, but their texts are inferred. */
const REASONS: readonly { readonly reason: string; readonly matches: (schema: UnknownRecord) => boolean }[] = [
  {
    reason: 'when using anyOf, type should be defined in anyOf items instead of the parent schema',
    matches: (schema) => 'anyOf' in schema && 'type' in schema,
  },
  {
    reason: 'must not be an empty list',
    matches: (schema) => [...LISTS, 'items', 'enum', 'type'].some((key) => asArray(schema[key])?.length === 0),
  },
  { reason: 'items must be an object', matches: (schema) => Array.isArray(schema['items']) || 'prefixItems' in schema },
  {
    reason: 'references must start with #/$defs/',
    matches: (schema) => '$ref' in schema && asString(schema['$ref'])?.startsWith('#/$defs/') !== true,
  },
  {
    reason: 'no keywords are allowed beside $ref',
    matches: (schema) => '$ref' in schema && Object.keys(schema).length > 1,
  },
  {
    reason: 'required names a property that is not defined',
    matches: (schema) =>
      (asArray(schema['required']) ?? []).some((name) => !(String(name) in (asRecord(schema['properties']) ?? {}))),
  },
];
