/** Describes the shape of JSON values as data, validates values with paths and suggestions, and renders JSON Schema. */
import type { JsonObject, JsonValue } from './json';
import { isRecord } from './json';
import { findNearest } from './nearest';
import { renderList } from './quantities';
import { quote } from './quote';

/** The values that a shape accepts. */
export type JsonShape =
  | { readonly kind: 'text'; readonly pattern?: RegExp; readonly expected?: string }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer'; readonly min: number }
  | { readonly kind: 'number' }
  | { readonly kind: 'list'; readonly of: JsonShape }
  | { readonly kind: 'map'; readonly of: JsonShape; readonly keys?: RegExp; readonly expectedKeys?: string }
  | ObjectShape
  /** An object in which the field named by `tag` selects the variant. */
  | { readonly kind: 'tagged'; readonly tag: string; readonly variants: Readonly<Record<string, ObjectShape>> }
  | { readonly kind: 'either'; readonly shapes: readonly JsonShape[]; readonly expected: string }
  | { readonly kind: 'any-object' }
  | { readonly kind: 'any' };

export interface ObjectShape {
  readonly kind: 'object';
  readonly fields: ShapeFields;
  readonly required?: readonly string[];
}

/** A field of an object: its shape and a one-line description. */
export interface ShapeField {
  readonly shape: JsonShape;
  readonly help: string;
}

export type ShapeFields = Readonly<Record<string, ShapeField>>;

/** Any non-empty string. */
export const TEXT_SHAPE: JsonShape = { kind: 'text' };

/** Returns a sentence for every problem of `value`, which begins with the path; empty if the value is valid. */
export function checkShape(value: unknown, shape: JsonShape, path: string): readonly string[] {
  switch (shape.kind) {
    case 'text':
      if (typeof value === 'string' && value !== '' && (shape.pattern?.test(value) ?? true)) return [];
      return [describeMismatch(path, value, shape.expected ?? 'a non-empty string')];
    case 'enum':
      return shape.values.some((each) => each === value) ? [] : [describeUnknownValue(path, value, shape.values)];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [describeMismatch(path, value, 'true or false')];
    case 'integer':
      if (typeof value === 'number' && Number.isSafeInteger(value) && value >= shape.min) return [];
      return [describeMismatch(path, value, `a whole number of at least ${shape.min}`)];
    case 'number':
      return typeof value === 'number' && value >= 0 ? [] : [describeMismatch(path, value, 'a number of at least 0')];
    case 'list':
      if (!Array.isArray(value)) return [describeMismatch(path, value, 'a list')];
      return value.flatMap((entry, index) => checkShape(entry, shape.of, `${path}[${index}]`));
    case 'map':
      return checkMap(value, shape, path);
    case 'object':
      return checkObject(value, shape, path);
    case 'tagged':
      return checkTagged(value, shape, path);
    case 'either': {
      const found = shape.shapes.map((each) => checkShape(value, each, path));
      return found.some((problems) => problems.length === 0)
        ? []
        : chooseProblems(found, describeMismatch(path, value, shape.expected));
    }
    case 'any':
      return [];
    case 'any-object':
      return isRecord(value) ? [] : [describeMismatch(path, value, 'an object')];
    default:
      return shape satisfies never;
  }
}

/**
 * Returns the problems of the first alternative that has them only at inner paths, because they are more specific than
 * `general`; if there is none, returns `general`.
 */
function chooseProblems(found: readonly (readonly string[])[], general: string): readonly string[] {
  const head = general.slice(0, general.indexOf(':'));
  return found.find((problems) => problems.every((problem) => !problem.startsWith(`${head}:`))) ?? [general];
}

function checkMap(value: unknown, shape: Extract<JsonShape, { kind: 'map' }>, path: string): readonly string[] {
  if (!isRecord(value)) return [describeMismatch(path, value, 'an object')];
  return Object.entries(value).flatMap(([key, entry]) => {
    const isReserved = key === '__proto__';
    const isValid = !isReserved && (shape.keys?.test(key) ?? key !== '');
    const reason = isReserved ? 'this name is reserved' : `expected ${shape.expectedKeys ?? 'a non-empty string'}`;
    const problem = `${path}: invalid name ${quote(key)}: ${reason}.`;
    return [...(isValid ? [] : [problem]), ...checkShape(entry, shape.of, childPath(path, key))];
  });
}

function checkTagged(value: unknown, shape: Extract<JsonShape, { kind: 'tagged' }>, path: string): readonly string[] {
  if (!isRecord(value)) return [describeMismatch(path, value, 'an object')];
  const { [shape.tag]: tag, ...rest } = value;
  const variant = typeof tag === 'string' && Object.hasOwn(shape.variants, tag) ? shape.variants[tag] : undefined;
  if (variant) return checkObject(rest, variant, path);
  return [describeUnknownValue(childPath(path, shape.tag), tag, Object.keys(shape.variants))];
}

function checkObject(value: unknown, shape: ObjectShape, path: string): readonly string[] {
  if (!isRecord(value)) return [describeMismatch(path, value, 'an object')];
  const { fields, required = [] } = shape;
  const missing = required.filter((name) => !Object.hasOwn(value, name));
  return [
    ...Object.entries(value).flatMap(([key, entry]) => {
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (field) return checkShape(entry, field.shape, childPath(path, key));
      return [`${childPath(path, key)}: ${suggest(key, Object.keys(fields))}`];
    }),
    ...missing.map((name) => `${childPath(path, name)}: missing.`),
  ];
}

const suggest = (key: string, known: readonly string[]): string => {
  const nearest = findNearest(key, known);
  if (nearest !== undefined) return `unknown field; did you mean "${nearest}"?`;
  return known.length === 0 ? 'unknown field.' : `unknown field; expected ${renderList(known, 'or')}.`;
};

function describeUnknownValue(path: string, value: unknown, accepted: readonly string[]): string {
  const nearest = typeof value === 'string' ? findNearest(value, accepted) : undefined;
  const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
  return describeMismatch(path, value, `${renderList(accepted, 'or')}${hint}`);
}

const describeMismatch = (path: string, value: unknown, expected: string): string =>
  `${path === '' ? 'The file' : path}: expected ${expected}, got ${describeValue(value)}.`;

/** Quotes a string; describes any other value by its type. */
function describeValue(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return 'a list';
  return isRecord(value) ? 'an object' : String(value);
}

/** Renders `a.b`, or `a["b c"]` if the name needs quotes. */
export const childPath = (path: string, key: string): string => {
  if (!/^[A-Za-z_]\w*$/.test(key)) return `${path}[${quote(key)}]`;
  return path === '' ? key : `${path}.${key}`;
};

/** Renders the shape as JSON Schema (draft 2020-12). */
export function toJsonSchema(shape: JsonShape): JsonObject {
  switch (shape.kind) {
    case 'text':
      return { type: 'string', minLength: 1, ...(shape.pattern && { pattern: shape.pattern.source }) };
    case 'enum':
      return { enum: shape.values };
    case 'boolean':
      return { type: 'boolean' };
    case 'integer':
      return { type: 'integer', minimum: shape.min };
    case 'number':
      return { type: 'number', minimum: 0 };
    case 'list':
      return { type: 'array', items: toJsonSchema(shape.of) };
    case 'map': {
      const names = shape.keys && { propertyNames: { pattern: shape.keys.source } };
      return { type: 'object', additionalProperties: toJsonSchema(shape.of), ...names };
    }
    case 'object':
      return {
        type: 'object',
        properties: Object.fromEntries(Object.entries(shape.fields).map(([name, field]) => [name, describe(field)])),
        ...(shape.required && { required: shape.required }),
        additionalProperties: false,
      };
    case 'tagged':
      return {
        oneOf: Object.entries(shape.variants).map(([tag, { fields, required = [] }]) => {
          const kind = { shape: { kind: 'enum', values: [tag] }, help: 'Selects the form of this object.' } as const;
          const variant: ObjectShape = {
            kind: 'object', fields: { [shape.tag]: kind, ...fields }, required: [shape.tag, ...required],
          };
          return toJsonSchema(variant);
        }),
      };
    case 'either':
      return { anyOf: shape.shapes.map(toJsonSchema) };
    case 'any-object':
      return { type: 'object' };
    case 'any':
      return {};
    default:
      return shape satisfies never;
  }
}

const describe = ({ shape, help }: ShapeField): JsonValue => ({ description: help, ...toJsonSchema(shape) });
