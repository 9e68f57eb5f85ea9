/** Tool parameters as every provider accepts them: a JSON Schema whose root is an object. */
import { isJsonObject, isRecord, type JsonObject } from '../base/json';
import type { SchemaRule } from '../providers/dialect';
import { applySchemaRules } from './schema-rules';

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
