/** Describes a request as lines: keys, short values, headers and tools, without parts that differ between runs. */
import { createHash } from 'node:crypto';
import type { RecordedRequest } from './recorder';

/** Headers about the connection, the machine or the body's length. */
const SKIPPED_HEADERS = ['host', 'connection', 'content-length', 'authorization', 'traceparent'];

/** Parts that differ between runs, and their replacement. */
const VARIABLE: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g, 'ID'],
  [/\b0\.\d+\.\d+(?:-[\w.]+)?\b/g, 'VERSION'],
  [/https?:\/\/127\.0\.0\.1:\d+/g, 'URL'],
  [/\/\S*?\/\.work\/run-\w+/g, 'WORK'],
  [/\b\d{10,}\b/g, 'TIME'],
  [/\b[0-9a-f]{40}\b/g, 'COMMIT'],
];

/** Longer texts are compared by their hash. */
const MAX_VALUE_LENGTH = 60;

type Item = Readonly<Record<string, unknown>>;

/** The lines of one request, sorted, each once. */
export function describeRequest({ method, path, headers, body }: RecordedRequest): readonly string[] {
  const { pathname, searchParams } = new URL(path, 'http://localhost');
  const lines = [`${method} ${pathname} ${[...searchParams.keys()].join(' ')}`.trim()];
  for (const [name, value] of Object.entries(headers)) {
    if (SKIPPED_HEADERS.includes(name) || name.startsWith('sec-websocket-')) continue;
    lines.push(...flatten(`header ${name}`, String(value)));
  }
  if (body !== undefined) lines.push(...flatten('body', body));
  return [...new Set(lines)].sort();
}

/**
 * Renders one line per leaf of a JSON value, including JSON inside strings. List elements are identified by kind, not
 * by position.
 */
function flatten(path: string, raw: unknown): readonly string[] {
  const value = typeof raw === 'string' && !isText(path) ? parseIfJson(raw) : raw;
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${path} = []`];
    return value.flatMap((element) => flatten(`${path}[${nameKind(element)}]`, element));
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    return entries.length === 0 ? [`${path} = {}`] : entries.flatMap(([key, each]) => flatten(`${path}.${key}`, each));
  }
  return [normalize(isText(path) ? path : `${path} = ${renderValue(value)}`)];
}

const normalize = (text: string): string =>
  VARIABLE.reduce((result, [pattern, name]) => result.replace(pattern, name), text);

/** Identifies tools by name and other items by type and role; plain values have no identifier. */
function nameKind(element: unknown): string {
  if (typeof element !== 'object' || element === null || Array.isArray(element)) return '';
  const { type, role, name } = element as Item;
  return [type, role, name].filter((part) => typeof part === 'string').join(' ');
}

/** Text by people, models or programs: only its presence is compared. */
const isText = (path: string): boolean =>
  /^body\.(?:input|instructions)(?!.*\]\.tools\[)/.test(path) && !/\.(?:type|role|status|phase)$/.test(path);

function renderValue(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const text = normalize(value);
  if (text.length <= MAX_VALUE_LENGTH) return JSON.stringify(text);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return `${JSON.stringify(text.slice(0, MAX_VALUE_LENGTH))}… (${text.length} characters, ${hash})`;
}

function parseIfJson(text: string): unknown {
  if (!text.startsWith('{')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
