/** Tool parameters as every provider accepts them: a JSON Schema with an object root, in keywords its checker knows. */
import { isJsonObject, isRecord, type JsonObject, type JsonValue } from '../base/json';
import type { SchemaRule } from '../providers/dialect';

const EMPTY: JsonObject = { type: 'object', properties: {} };

/**
 * @param rules rewrites that the provider needs
 * @returns the schema itself when its root already is an object; otherwise the nearest schema that is
 */
export function toObjectSchema(schema: JsonObject | undefined, rules: readonly SchemaRule[]): JsonObject {
  return rules.length === 0 ? asObject(schema) : withObjectRoot(applySchemaRules(asObject(schema), rules));
}

/**
 * Where no type may stand beside `anyOf` the root still needs its own (vercel/ai#18921): the properties of its variants
 * become optional ones.
 */
function withObjectRoot(schema: JsonObject): JsonObject {
  if (schema['type'] === 'object') return schema;
  const { anyOf, ...rest } = schema;
  const variants = Array.isArray(anyOf) ? anyOf.filter(isJsonObject) : [];
  const properties = [...variants, rest].reduce<JsonObject>(
    (whole, variant) => ({ ...whole, ...propertiesOf(variant) }),
    {},
  );
  return { ...rest, type: 'object', properties };
}

const propertiesOf = ({ properties }: JsonObject): JsonObject => (isJsonObject(properties) ? properties : {});

function asObject(schema: JsonObject | undefined): JsonObject {
  if (schema === undefined) return EMPTY;
  if (schema['type'] === 'object') return isRecord(schema['properties']) ? schema : { ...schema, properties: {} };
  if (schema['type'] === undefined || Array.isArray(schema['type']))
    return { properties: {}, ...schema, type: 'object' };
  return EMPTY;
}

type Rewrite = (schema: JsonObject) => JsonObject;

const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems'];
const MAPS = ['properties', '$defs', 'definitions', 'patternProperties'];
const SINGLE = ['items', 'additionalProperties', 'not', 'contains', 'propertyNames', 'if', 'then', 'else'];

/** Applies the rules in their order to every schema inside; the schema itself is not changed. */
export function applySchemaRules(schema: JsonObject, rules: readonly SchemaRule[]): JsonObject {
  return rules.reduce(
    (current, rule) => (rule === 'inline-refs' ? inlineRefs(current) : walk(current, REWRITES[rule], 0)),
    schema,
  );
}

const REWRITES: { readonly [K in Exclude<SchemaRule, 'inline-refs'>]: Rewrite } = {
  'no-boolean-schemas': withoutBooleans,
  'no-tuples': withoutTuples,
  'no-null-unions': withoutNullUnions,
  // "when using anyOf, type should be defined in anyOf items instead of the parent schema" (Moonshot).
  'no-type-beside-any-of': (schema) => (Array.isArray(schema['anyOf']) ? omit(schema, 'type') : schema),
  'required-must-exist': requireExisting,
};

/** Schemas that a model can follow nest less; a hostile one must not exhaust the stack. */
const DEEPEST = 24;

function walk(schema: JsonObject, rewrite: Rewrite, depth: number): JsonObject {
  if (depth > DEEPEST) return {};
  return mapSchemas(rewrite(schema), (inner) => walk(inner, rewrite, depth + 1));
}

/** Replaces every schema directly inside of `schema`. */
function mapSchemas(schema: JsonObject, replace: (inner: JsonObject) => JsonObject): JsonObject {
  const inner = (value: JsonValue): JsonValue => (isJsonObject(value) ? replace(value) : value);
  const entries = Object.entries(schema).map(([key, value]): [string, JsonValue | undefined] => {
    if (value === undefined) return [key, value];
    if (LISTS.includes(key) && Array.isArray(value)) return [key, value.map(inner)];
    if (MAPS.includes(key) && isJsonObject(value)) {
      return [
        key,
        Object.fromEntries(
          Object.entries(value).map(([name, entry]) => [name, entry === undefined ? entry : inner(entry)]),
        ),
      ];
    }
    return [key, SINGLE.includes(key) ? inner(value) : value];
  });
  return Object.fromEntries(entries);
}

/** Definitions that refer to each other multiply; beyond this number a reference stands for any value. */
const MOST_INLINED = 200;

/**
 * `$ref` with keywords beside it, or into other places than `$defs`, is refused: the definition takes its place. One
 * that contains itself is cut where it repeats.
 */
function inlineRefs(root: JsonObject): JsonObject {
  let inlined = 0;
  const inline = (schema: JsonObject, trail: readonly string[], depth: number): JsonObject => {
    if (depth > DEEPEST) return {};
    const { $ref: reference, ...rest } = schema;
    if (typeof reference !== 'string') return mapSchemas(schema, (inner) => inline(inner, trail, depth + 1));
    inlined += 1;
    if (inlined > MOST_INLINED || trail.includes(reference)) return inline(rest, trail, depth);
    return inline({ ...resolve(reference, root), ...rest }, [...trail, reference], depth);
  };
  return inline(omit(omit(root, '$defs'), 'definitions'), [], 0);
}

function resolve(reference: string, root: JsonObject): JsonObject {
  if (!reference.startsWith('#')) return {};
  let current: JsonValue | undefined = root;
  for (const step of reference.slice(1).split('/').filter((part) => part !== '')) {
    const key = step.replace(/~1/g, '/').replace(/~0/g, '~');
    current = isJsonObject(current) ? current[key] : undefined;
  }
  return isJsonObject(current) ? current : {};
}

/** `true` is any value; `false`, which forbids, is kept where it closes an object and dropped elsewhere. */
function withoutBooleans(schema: JsonObject): JsonObject {
  const properties = schema['properties'];
  const closed = typeof schema['items'] === 'boolean' ? omit(schema, 'items') : schema;
  if (!isJsonObject(properties)) return closed;
  const kept = Object.entries(properties)
    .filter(([, value]) => value !== false)
    .map(([name, value]) => [name, value === true ? {} : value]);
  return { ...closed, properties: Object.fromEntries(kept) };
}

/** `items: [A, B]` and `prefixItems` become a list of any of them. */
function withoutTuples(schema: JsonObject): JsonObject {
  const tuple = Array.isArray(schema['items']) ? schema['items'] : schema['prefixItems'];
  if (!Array.isArray(tuple)) return schema;
  return {
    ...omit(omit(schema, 'prefixItems'), 'additionalItems'),
    items: tuple.length === 1 ? (tuple[0] ?? {}) : { anyOf: tuple },
  };
}

/** `type: ["string", "null"]` and `anyOf: [X, {type: "null"}]` become the type alone: optional says the same. */
function withoutNullUnions(schema: JsonObject): JsonObject {
  const type = schema['type'];
  const anyOf = schema['anyOf'];
  if (Array.isArray(type)) {
    const types = type.filter((entry) => entry !== 'null');
    return types.length === 1 && types[0] !== undefined ? { ...schema, type: types[0] } : schema;
  }
  if (!Array.isArray(anyOf)) return schema;
  const variants = anyOf.filter((entry) => !(isJsonObject(entry) && entry['type'] === 'null'));
  const [only] = variants;
  if (variants.length === anyOf.length) return schema;
  return variants.length === 1 && isJsonObject(only)
    ? { ...omit(schema, 'anyOf'), ...only }
    : { ...schema, anyOf: variants };
}

function requireExisting(schema: JsonObject): JsonObject {
  const { required, properties } = schema;
  if (!Array.isArray(required)) return schema;
  const known = isJsonObject(properties) ? properties : {};
  return { ...schema, required: required.filter((name) => typeof name === 'string' && known[name] !== undefined) };
}

function omit(schema: JsonObject, key: string): JsonObject {
  const { [key]: _omitted, ...rest } = schema;
  return rest;
}
