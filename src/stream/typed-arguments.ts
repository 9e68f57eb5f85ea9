/**
 * Corrects arguments while they stream: a list, object, number or boolean that arrives as a JSON string is replaced by
 * the value if the tool's schema allows no string there (openai/codex#3913: `"command": "[\"ls\"]"`). Everything else
 * passes through unchanged. Each character is read once, and only such strings are held back.
 */
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../base/json';
import { findDefinition } from '../tools/schema';
import type { ToolSet } from '../tools/tool-set';
import type { Signal, Stage } from './signal';

/**
 * Corrects the calls of an answer for every client and upstream protocol. Runs after every stage that creates calls.
 */
export class TypedArgumentsStage implements Stage {
  private arguments: TypedArguments | undefined;

  constructor(private readonly tools: Pick<ToolSet, 'parametersOf'>) {}

  step(signal: Signal): readonly Signal[] {
    switch (signal.type) {
      case 'call-start': {
        const parameters = this.tools.parametersOf(signal.name);
        this.arguments = parameters && new TypedArguments(parameters);
        return [signal];
      }
      case 'call-delta':
        return this.arguments ? toCallDeltas(this.arguments.push(signal.text)) : [signal];
      case 'call-end':
        return [...toCallDeltas(this.arguments?.end() ?? ''), signal];
      default:
        return [signal];
    }
  }
}

const toCallDeltas = (text: string): readonly Signal[] => (text === '' ? [] : [{ type: 'call-delta', text }]);

/** An open object or list in the arguments. */
interface Container {
  /** Undefined if the tool's schema does not describe it. */
  readonly schema: JsonObject | undefined;
  readonly isObject: boolean;
  /** Whether the next string is a property name. */
  expectsName: boolean;
  /** The last property name. */
  name: string;
}

/** Deeper values pass through unchanged, so that hostile nesting does not cost memory. */
const MAX_DEPTH = 24;

/** Corrects the arguments of one call: `push` for each piece, then `end` for the text still held back. */
export class TypedArguments {
  private readonly open: Container[] = [];
  private depthBeyondMax = 0;
  private state: 'between' | 'string' | 'escape' = 'between';
  /** How the current string is handled. */
  private stringMode: 'passes' | 'is-name' | 'waits' = 'passes';
  /** The pieces of a property name or of a string that is held back. */
  private pieces: string[] = [];
  /** The types that the schema allows for the current string. */
  private allowedTypes: ReadonlySet<string> = new Set();

  /** @param schema the tool's parameters */
  constructor(private readonly schema: JsonObject) {}

  /** @returns the text that can no longer change: usually `text` itself, without a copy */
  push(text: string): string {
    const pieces: string[] = [];
    // What follows `from` passes unchanged, up to the next string that is held back.
    let from = this.isHeldBack() ? text.length : 0;
    let at = 0;
    while (at < text.length) {
      if (this.state === 'between') {
        const quote = text.indexOf('"', at);
        const end = quote === -1 ? text.length : quote;
        for (; at < end; at += 1) this.trackNesting(text.charAt(at));
        if (quote === -1) break;
        this.beginString();
        at += 1;
        if (!this.isHeldBack()) continue;
        pieces.push(text.slice(from, quote));
        from = text.length;
      } else {
        const end = this.findEnd(text, at);
        if (this.stringMode !== 'passes') this.pieces.push(text.slice(at, end));
        if (end === undefined) break;
        at = end;
        const corrected = this.endString();
        if (this.stringMode !== 'waits') continue;
        pieces.push(corrected);
        from = end;
      }
    }
    return pieces.length === 0 ? text.slice(from) : [...pieces, text.slice(from)].join('');
  }

  /** @returns the text of an unterminated string */
  end(): string {
    return this.isHeldBack() ? `"${this.pieces.join('')}` : '';
  }

  private isHeldBack(): boolean {
    return this.state !== 'between' && this.stringMode === 'waits';
  }

  private beginString(): void {
    const container = this.open.at(-1);
    this.state = 'string';
    this.pieces = [];
    this.stringMode = 'passes';
    if (this.depthBeyondMax > 0) return;
    if (container?.expectsName) {
      this.stringMode = 'is-name';
      return;
    }
    this.allowedTypes = typesOf(this.findValueSchema()) ?? new Set(['string']);
    if (!this.allowedTypes.has('string')) this.stringMode = 'waits';
  }

  /** Returns the index after the closing quote of the string; undefined if the string continues after `text`. */
  private findEnd(text: string, from: number): number | undefined {
    for (let at = from; at < text.length; at += 1) {
      const char = text[at];
      if (this.state === 'escape') this.state = 'string';
      else if (char === '\\') this.state = 'escape';
      else if (char === '"') {
        this.state = 'between';
        return at + 1;
      }
    }
    return undefined;
  }

  private endString(): string {
    const json = `"${this.pieces.join('')}`;
    const container = this.open.at(-1);
    if (this.stringMode === 'is-name' && container) {
      container.name = String(parseJson(json) ?? '');
      container.expectsName = false;
    }
    return this.stringMode === 'waits' ? correct(json, this.allowedTypes) : '';
  }

  private trackNesting(char: string): void {
    const container = this.open.at(-1);
    if (char === '{' || char === '[') {
      const isObject = char === '{';
      if (this.open.length >= MAX_DEPTH) this.depthBeyondMax += 1;
      else this.open.push({ schema: this.findValueSchema(), isObject, expectsName: isObject, name: '' });
    } else if (char === '}' || char === ']') {
      if (this.depthBeyondMax > 0) this.depthBeyondMax -= 1;
      else this.open.pop();
    } else if (char === ',' && container) {
      container.expectsName = container.isObject;
    }
  }

  /** Returns the schema of the next value. */
  private findValueSchema(): JsonObject | undefined {
    const container = this.open.at(-1);
    if (!container) return this.schema;
    const { schema, name } = container;
    if (schema === undefined) return undefined;
    const { properties, additionalProperties, items } = schema;
    const isNamed = isJsonObject(properties) && Object.hasOwn(properties, name);
    const inner = container.isObject ? (isNamed ? properties[name] : additionalProperties) : items;
    return isJsonObject(inner) ? findDefinition(inner, this.schema) : undefined;
  }
}

/** Returns the types that a schema allows; undefined if it does not list types, or restricts the value further. */
function typesOf(schema: JsonObject | undefined): ReadonlySet<string> | undefined {
  if (schema === undefined || schema['enum'] !== undefined || schema['const'] !== undefined) return undefined;
  const variants = schema['anyOf'] ?? schema['oneOf'];
  const named = Array.isArray(variants)
    ? variants.map((variant) => (isJsonObject(variant) && variant['anyOf'] === undefined ? variant['type'] : undefined))
    : [schema['type']];
  const types = named.flat();
  return types.every((type) => typeof type === 'string') ? new Set(types) : undefined;
}

/** Returns the JSON value inside a string if it has a type that the schema allows; otherwise the string. */
function correct(json: string, types: ReadonlySet<string>): string {
  const text = parseJson(json);
  const inner = typeof text === 'string' ? text.trim() : '';
  const value = parseJson(inner);
  return value !== undefined && listTypeNames(value).some((name) => types.has(name)) ? inner : json;
}

function listTypeNames(value: JsonValue): readonly string[] {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  if (typeof value === 'number') return Number.isInteger(value) ? ['number', 'integer'] : ['number'];
  return [typeof value];
}
