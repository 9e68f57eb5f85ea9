/** Validates the fields that both client protocols share: content, tools, tool choice, output format. */
import {
  asArray, asBoolean, asRecord, asString, asText, compact, isJsonObject, isRecord, type JsonObject, type JsonValue,
  parseJsonObject, type UnknownRecord, UnreadableField,
} from '../base/json';
import type { ContentPart, DeclaredTool, TextFormat, ToolChoice, ToolReference } from './responses-request';

/** Reads a JSON object, or an object as JSON text: the schema of a tool, or the arguments of a call. */
export function readJsonObject(value: unknown): JsonObject | undefined {
  if (typeof value === 'string') return parseJsonObject(value);
  const record = value as JsonValue | undefined;
  return isJsonObject(record) ? record : undefined;
}

/** Reads an optional field; null counts as absent. @throws UnreadableField if `read` returns undefined */
export function readOptional<T>(
  body: UnknownRecord, field: string, read: (value: unknown) => T | undefined, expected: string,
): T | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  const result = read(value);
  if (result === undefined) throw invalid(field, expected, value);
  return result;
}

/** Creates the error for a field of the wrong type: `Cannot read input[3].role: expected "user" …, got 7.` */
export function invalid(path: string, expected: string, value: unknown): UnreadableField {
  // The body itself is not quoted: it may be a prompt, and the log shows messages without a path.
  if (path === '')
    return new UnreadableField(path, `Cannot read the request: expected ${expected}, got ${kindOf(value)}.`);
  const quoted = JSON.stringify(value, (_name, inner: unknown) => shorten(inner)) ?? 'nothing';
  const got = quoted.length > MAX_SHOWN_LENGTH ? `${quoted.slice(0, MAX_SHOWN_LENGTH)}…` : quoted;
  return new UnreadableField(path, `Cannot read ${path}: expected ${expected}, got ${got}.`);
}

const MAX_SHOWN_LENGTH = 80;

/** A value may hold megabytes of text. */
const shorten = (value: unknown): unknown => (typeof value === 'string' ? value.slice(0, MAX_SHOWN_LENGTH + 1) : value);

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

/** @throws UnreadableField if the value is present but is neither a string nor a list of parts */
export function readContent(value: unknown, path: string): readonly ContentPart[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value }];
  const list = asArray(value);
  if (!list) throw invalid(path, 'a string or a list of content parts', value);
  return list.map((part, index) => readPart(part, `${path}[${index}]`));
}

function readPart(value: unknown, path: string): ContentPart {
  if (typeof value === 'string') return { type: 'text', text: value };
  if (!isRecord(value)) throw invalid(path, 'a content part', value);
  const type = asText(value['type']) ?? 'text';
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
    case 'reasoning_text':
    case 'summary_text':
      return { type: 'text', text: asString(value['text']) ?? '' };
    case 'refusal':
      return { type: 'text', text: asString(value['refusal']) ?? '' };
    case 'encrypted_content':
      return readEncrypted(value);
    case 'input_image':
    case 'image_url':
      return readImage(value);
    case 'input_file':
    case 'file':
      return readFile(value);
    case 'input_audio':
      return readAudio(value);
    default:
      return { type: 'unrecognized', kind: type, raw: value as JsonObject };
  }
}

/**
 * With providers other than OpenAI, Codex puts plain text here: the task of an agent (codex-protocol.md). Another
 * provider's ciphertext is recognized as a long text without spaces.
 */
function readEncrypted(value: UnknownRecord): ContentPart {
  const text = asString(value['encrypted_content']) ?? '';
  if (!/^[\w+/=.-]{80,}$/.test(text.trim())) return { type: 'text', text };
  return { type: 'unrecognized', kind: 'encrypted_content', raw: {}, why: 'another provider encrypted it' };
}

/** `image_url` is a string in Responses, `{url, detail}` in Chat. */
function readImage(value: UnknownRecord): ContentPart {
  const inner = asRecord(value['image_url']);
  const url = asText(value['image_url']) ?? asText(inner?.['url']);
  if (url === undefined) return { type: 'unrecognized', kind: 'image', raw: value as JsonObject, why: 'it has no URL' };
  return compact({ type: 'image' as const, url, detail: asText(value['detail']) ?? asText(inner?.['detail']) });
}

function readFile(value: UnknownRecord): ContentPart {
  const inner = asRecord(value['file']) ?? value;
  return compact({
    type: 'file' as const,
    filename: asText(inner['filename']),
    data: asText(inner['file_data']),
    url: asText(inner['file_url']),
    fileId: asText(inner['file_id']),
  });
}

function readAudio(value: UnknownRecord): ContentPart {
  const inner = asRecord(value['input_audio']) ?? value;
  return { type: 'audio', data: asString(inner['data']) ?? '', format: asText(inner['format']) ?? 'wav' };
}

/** Reads an id that pairs calls with results; some clients use numbers. */
export const asId = (value: unknown): string | undefined =>
  typeof value === 'number' ? String(value) : asString(value);

/**
 * Lists the declared tools without parsing them; an entry that is not an object becomes a kind that is dropped with a
 * note.
 * @throws UnreadableField if the value is present but not a list
 */
export function readTools(value: unknown, path = 'tools'): readonly DeclaredTool[] {
  if (value === undefined || value === null) return [];
  const list = asArray(value);
  if (!list) throw invalid(path, 'a list of tools', value);
  return list.map((tool) =>
    isRecord(tool)
      ? { kind: asText(tool['type']) ?? 'function', declaration: tool }
      : { kind: typeof tool, declaration: {} },
  );
}

/** Reads any form of `tool_choice`; absent means auto. @throws UnreadableField for any other value */
export function readToolChoice(value: unknown): ToolChoice {
  if (value === undefined || value === null) return { mode: 'auto' };
  if (value === 'auto' || value === 'none' || value === 'required') return { mode: value };
  if (value === 'any') return { mode: 'required' };
  const choice = asRecord(value);
  if (!choice) throw invalid('tool_choice', '"auto", "none", "required" or an object', value);
  if (choice['type'] === 'allowed_tools') {
    const allowed = asRecord(choice['allowed_tools']) ?? choice;
    const tools = (asArray(allowed['tools']) ?? []).filter(isRecord).map(readReference);
    return { mode: 'allowed', isRequired: allowed['mode'] === 'required', tools };
  }
  return { mode: 'named', tool: readReference(choice) };
}

/** Reads `{type, name}` (Responses), `{type, function: {name}}` (Chat) or `{type: "web_search"}` (hosted). */
function readReference(value: UnknownRecord): ToolReference {
  const kind = asText(value['type']) ?? 'function';
  const inner = (Object.hasOwn(value, kind) && asRecord(value[kind])) || value;
  return compact({ kind, name: asText(inner['name']), namespace: asText(inner['namespace']) });
}

/**
 * Reads `text.format` (flat) or Chat's `response_format` (nested under `json_schema`).
 * @throws UnreadableField if the type is `json_schema` and the schema is missing
 */
export function readFormat(value: unknown, path: string): TextFormat | undefined {
  const format = asRecord(value);
  if (!format) return undefined;
  const type = asString(format['type']);
  if (type === 'json_object') return { type };
  if (type !== 'json_schema') return { type: 'text' };
  const nested = asRecord(format['json_schema']);
  const inner = nested ?? format;
  const schema = asRecord(inner['schema']);
  if (!schema) throw invalid(`${path}.${nested ? 'json_schema.' : ''}schema`, 'a JSON Schema object', inner['schema']);
  return compact({
    type: 'json_schema' as const,
    // OpenAI requires a name; strict upstreams do too.
    name: asText(inner['name']) ?? 'output',
    schema: schema as JsonObject,
    strict: asBoolean(inner['strict']),
    description: asText(inner['description']),
  });
}
