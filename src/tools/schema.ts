/**
 * Rewrites tool parameters for the provider: a JSON Schema with an object root and only keywords that its validator
 * supports.
 */
import { isJsonObject, isRecord, type JsonObject, type JsonValue } from '../base/json';
import type { SchemaRule } from '../providers/dialect';

const EMPTY: JsonObject = { type: 'object', properties: {} };

/**
 * @param rules rewrites that the provider needs
 * @returns the closest valid schema with an object root, rewritten by the rules; often the schema itself
 */
export function toObjectSchema(schema: JsonObject | undefined, rules: readonly SchemaRule[]): JsonObject {
  return rules.length === 0 ? repairRoot(schema) : withObjectRoot(applySchemaRules(repairRoot(schema), rules));
}

/**
 * Gives the root the type `object`, which it needs even if a type next to `anyOf` is rejected (vercel/ai#18921): the
 * properties of the variants become optional properties of the root.
 */
function withObjectRoot(schema: JsonObject): JsonObject {
  if (schema['type'] === 'object') return schema;
  const { anyOf, ...rest } = schema;
  const variants = Array.isArray(anyOf) ? anyOf.filter(isJsonObject) : [];
  const properties = [...variants, rest].reduce<JsonObject>(
    (merged, variant) => ({ ...merged, ...propertiesOf(variant) }),
    {},
  );
  return { ...rest, type: 'object', properties };
}

const propertiesOf = ({ properties }: JsonObject): JsonObject => (isJsonObject(properties) ? properties : {});

function repairRoot(given: JsonObject | undefined): JsonObject {
  if (given === undefined) return EMPTY;
  const schema = isFlawed(given, 0) ? walk(given, withoutNulls, 0) : given;
  const hasProperties = isRecord(schema['properties']);
  if (schema['type'] === 'object') return hasProperties ? schema : { ...schema, properties: {} };
  if (schema['type'] === undefined || Array.isArray(schema['type']) || hasProperties) {
    return { ...schema, properties: hasProperties ? schema['properties'] : {}, type: 'object' };
  }
  return EMPTY;
}

/** Drops keywords that are null (`"type": null`, cc-switch#4864), which DeepSeek and Kimi reject. */
function withoutNulls(schema: JsonObject): JsonObject {
  const entries = Object.entries(schema).filter(([key, value]) => value !== null || MAY_BE_NULL.includes(key));
  return Object.fromEntries(entries);
}

const MAY_BE_NULL = ['default', 'const', 'example'];

/**
 * Whether the list is empty although JSON Schema requires an element. An empty `required` stays: Gemini rejects it
 * (openclaw#52106), but other upstreams reject a schema without it (hermes-agent#20151, "None is not of type 'array'").
 */
const isInvalidlyEmpty = (key: string, value: JsonValue | undefined): boolean =>
  Array.isArray(value) && value.length === 0 && NEVER_EMPTY.includes(key);

const NEVER_EMPTY = ['anyOf', 'oneOf', 'allOf', 'prefixItems', 'items', 'enum', 'type'];

/** Whether the schema or one inside it has a keyword to drop; most schemas need no copy. */
function isFlawed(schema: JsonObject, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  for (const [key, value] of Object.entries(schema)) {
    if ((value === null && !MAY_BE_NULL.includes(key)) || isInvalidlyEmpty(key, value)) return true;
    for (const inner of listSchemas(key, value)) if (isFlawed(inner, depth + 1)) return true;
  }
  return false;
}

/** Returns the schemas in the value of a keyword. */
function listSchemas(key: string, value: JsonValue | undefined): readonly JsonObject[] {
  if (MAPS.includes(key) && isJsonObject(value)) return Object.values(value).filter(isJsonObject);
  if (!SCHEMAS.includes(key)) return [];
  return (Array.isArray(value) ? value : [value]).filter(isJsonObject);
}

type Rewrite = (schema: JsonObject) => JsonObject;

/** Keywords with a schema or a list of schemas. */
const SCHEMAS = [
  'anyOf', 'oneOf', 'allOf', 'prefixItems', 'items', 'additionalItems', 'additionalProperties', 'not', 'contains',
  'propertyNames', 'if', 'then', 'else',
];
/** Keywords with an object of schemas. */
const MAPS = ['properties', '$defs', 'definitions', 'patternProperties', 'dependentSchemas'];

/** Applies the rules in order to the schema and every schema inside it; the given object is not modified. */
export function applySchemaRules(schema: JsonObject, rules: readonly SchemaRule[]): JsonObject {
  return rules.reduce((current, rule) => REWRITES[rule](current), schema);
}

/** Extends a rewrite to every schema inside the given one, outermost first. */
const toDeepRewrite = (rewrite: Rewrite): Rewrite => (schema) => walk(schema, rewrite, 0);

const REWRITES: { readonly [K in SchemaRule]: Rewrite } = {
  'inline-refs': inlineRefs,
  'no-boolean-schemas': toDeepRewrite(withoutBooleans),
  'no-tuples': toDeepRewrite(withoutTuples),
  'no-null-unions': toDeepRewrite(withoutNullUnions),
  // "when using anyOf, type should be defined in anyOf items instead of the parent schema" (Moonshot).
  'no-type-beside-any-of': toDeepRewrite((schema) => (Array.isArray(schema['anyOf']) ? omit(schema, 'type') : schema)),
  'required-must-exist': toDeepRewrite(requireExisting),
  // llama.cpp: "JSON schema conversion failed: Unrecognized schema: {"required":["hours"]}".
  'no-required-variants': toDeepRewrite(withoutRequiredVariants),
  'no-patterns': toDeepRewrite(withoutPatterns),
  'plain-properties': (schema) => toPlainProperties(inlineRefs(schema)),
  'any-object': toAnyObject,
};

/** A depth that no model can follow. The limit keeps a hostile schema from exhausting the stack. */
const MAX_DEPTH = 24;

function walk(schema: JsonObject, rewrite: Rewrite, depth: number): JsonObject {
  if (depth > MAX_DEPTH) return {};
  return mapSchemas(rewrite(schema), (inner) => walk(inner, rewrite, depth + 1));
}

/** Replaces every direct subschema of `schema`, and drops invalid empty lists, which a rewrite may have left. */
function mapSchemas(schema: JsonObject, replace: (inner: JsonObject) => JsonObject): JsonObject {
  const inner = <T extends JsonValue | undefined>(value: T): T | JsonObject =>
    isJsonObject(value) ? replace(value) : value;
  const map = ([key, value]: [string, JsonValue | undefined]): [string, JsonValue | undefined] => {
    if (SCHEMAS.includes(key)) return [key, Array.isArray(value) ? value.map(inner) : inner(value)];
    if (!MAPS.includes(key) || !isJsonObject(value)) return [key, value];
    return [key, Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, inner(entry)]))];
  };
  return Object.fromEntries(Object.entries(schema).filter(([key, value]) => !isInvalidlyEmpty(key, value)).map(map));
}

/** Inlined definitions multiply if they refer to each other. Beyond this number, a reference becomes any value. */
const MAX_INLINED = 200;

/**
 * Inlines definitions, because `$ref` next to other keywords, or to places other than `$defs`, is rejected. A recursive
 * definition ends at its first repetition.
 */
function inlineRefs(root: JsonObject): JsonObject {
  let inlined = 0;
  const inline = (schema: JsonObject, trail: readonly string[], depth: number): JsonObject => {
    if (depth > MAX_DEPTH) return {};
    const { $ref: reference, ...rest } = schema;
    if (typeof reference !== 'string') return mapSchemas(schema, (inner) => inline(inner, trail, depth + 1));
    inlined += 1;
    if (inlined > MAX_INLINED || trail.includes(reference)) return inline(rest, trail, depth);
    return inline({ ...resolve(reference, root), ...rest }, [...trail, reference], depth);
  };
  return inline(omit(omit(root, '$defs'), 'definitions'), [], 0);
}

/** Returns the definition that a schema refers to; the schema itself if it is not a reference. */
export const findDefinition = (schema: JsonObject, root: JsonObject): JsonObject =>
  typeof schema['$ref'] === 'string' ? resolve(schema['$ref'], root) : schema;

function resolve(reference: string, root: JsonObject): JsonObject {
  if (!reference.startsWith('#')) return {};
  let current: JsonValue | undefined = root;
  for (const step of reference.slice(1).split('/').filter((part) => part !== '')) {
    const key = step.replace(/~1/g, '/').replace(/~0/g, '~');
    current = isJsonObject(current) && Object.hasOwn(current, key) ? current[key] : undefined;
  }
  return isJsonObject(current) ? current : {};
}

/** Replaces `true` with an empty schema and drops `false`. `additionalProperties` may be either, and stays. */
function withoutBooleans(schema: JsonObject): JsonObject {
  const entries = Object.entries(schema).map(([key, value]): [string, JsonValue | undefined] => {
    if (MAPS.includes(key) && isJsonObject(value)) {
      const kept = Object.entries(value).filter(([, entry]) => entry !== false);
      return [key, Object.fromEntries(kept.map(([name, entry]) => [name, entry === true ? {} : entry]))];
    }
    if (!SCHEMAS.includes(key) || key === 'additionalProperties') return [key, value];
    if (!Array.isArray(value)) return [key, typeof value === 'boolean' ? undefined : value];
    return [key, value.filter((entry) => entry !== false).map((entry) => (entry === true ? {} : entry))];
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** `items: [A, B]` and `prefixItems` become a list whose items match any of the schemas. */
function withoutTuples(schema: JsonObject): JsonObject {
  const tuple = Array.isArray(schema['items']) ? schema['items'] : schema['prefixItems'];
  if (!Array.isArray(tuple)) return schema;
  return {
    ...omit(omit(schema, 'prefixItems'), 'additionalItems'),
    items: tuple.length === 1 ? (tuple[0] ?? {}) : { anyOf: tuple },
  };
}

/**
 * `type: ["string", "null"]` and `anyOf: [X, {type: "null"}]` become the type alone, which means the same for optional
 * properties.
 */
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
  return { ...schema, required: required.filter((name) => typeof name === 'string' && Object.hasOwn(known, name)) };
}

function omit(schema: JsonObject, key: string): JsonObject {
  const { [key]: _omitted, ...rest } = schema;
  return rest;
}

/**
 * Drops `anyOf`, `oneOf`, `allOf` or `not` if a schema in it only lists required properties: grammar converters reject
 * that. Any combination of properties is then allowed.
 */
function withoutRequiredVariants(schema: JsonObject): JsonObject {
  const entries = Object.entries(schema).filter(([key, value]) => {
    const variants = VARIANTS.includes(key) && Array.isArray(value) ? value : key === 'not' ? [value ?? null] : [];
    return !variants.some(onlyRequires);
  });
  return Object.fromEntries(entries);
}

const VARIANTS = ['anyOf', 'oneOf', 'allOf'];

function onlyRequires(schema: JsonValue): boolean {
  const keys = isJsonObject(schema) ? Object.keys(schema).filter((key) => key !== 'type') : [];
  return keys.length > 0 && keys.every((key) => key === 'required' || key === 'not');
}

/** Keywords that restrict a value beyond its type, or annotate it; converters and validators support only some. */
const NARROWING = [
  'pattern', 'format', 'minLength', 'maxLength', 'minItems', 'maxItems', 'uniqueItems', 'minContains', 'maxContains',
  'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minProperties', 'maxProperties',
  'patternProperties', 'propertyNames', 'unevaluatedProperties', 'unevaluatedItems', 'additionalProperties', 'contains',
  'dependentSchemas', 'dependentRequired', 'dependencies', 'if', 'then', 'else', 'not', 'contentEncoding',
  'contentMediaType', 'contentSchema', 'default', 'examples', '$schema', '$id', '$anchor', '$comment', '$vocabulary',
];

function withoutPatterns(schema: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !NARROWING.includes(key)));
}

/** Reduces each property to its type, description and choices, without nested schemas. */
function toPlainProperties(schema: JsonObject): JsonObject {
  const properties = Object.entries(propertiesOf(withObjectRoot(omit(schema, 'type')))).map(
    ([name, value]): [string, JsonObject] => [name, toPlainProperty(value)],
  );
  const names = properties.map(([name]) => name);
  const given = Array.isArray(schema['required']) ? schema['required'] : [];
  const required = given.filter((name) => typeof name === 'string' && names.includes(name));
  return { type: 'object', properties: Object.fromEntries(properties), ...(required.length > 0 && { required }) };
}

function toPlainProperty(value: JsonValue | undefined): JsonObject {
  if (!isJsonObject(value)) return { type: 'string' };
  const { description, enum: choices, items } = value;
  const type = typeOf(value);
  const isEnum = type === 'string' && Array.isArray(choices) && choices.every((choice) => typeof choice === 'string');
  return {
    type,
    ...(typeof description === 'string' && { description }),
    ...(isEnum && { enum: choices }),
    ...(type === 'array' && { items: { type: isJsonObject(items) ? typeOf(items) : 'string' } }),
    ...(type === 'object' && { properties: {} }),
  };
}

const TYPES: readonly unknown[] = ['string', 'number', 'integer', 'boolean', 'array', 'object'];

/** Returns the first type that a schema or a variant names; if none, `object` if it has properties, else `string`. */
function typeOf(schema: JsonObject): string {
  const variants = VARIANTS.flatMap((key) => schema[key] ?? []).filter(isJsonObject);
  const named = [schema, ...variants].flatMap(({ type }) => type ?? []).find((type) => TYPES.includes(type));
  if (typeof named === 'string') return named;
  return schema['properties'] === undefined ? 'string' : 'object';
}

/** Returns a schema for any object, with the properties listed in the description. */
function toAnyObject(schema: JsonObject): JsonObject {
  const { properties } = toPlainProperties(inlineRefs(schema));
  const names = Object.entries(isJsonObject(properties) ? properties : {}).map(([name, value]) =>
    isJsonObject(value) ? `${name} (${String(value['type'])})` : name,
  );
  const description = `Properties: ${names.join(', ')}.`;
  return { type: 'object', properties: {}, ...(names.length > 0 && { description }) };
}
