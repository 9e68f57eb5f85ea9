/** Edge validation of the wanted output format. */
import type { JsonObject } from '../base/json';
import { asBoolean, asRecord, asString, asText } from '../base/narrow';
import { dropAbsent, invalid } from './read-edge';
import type { TextFormat } from './responses-request';

/**
 * `text.format` (flat) and Chat's `response_format` (nested under `json_schema`).
 * @throws UnreadableField when a schema is asked for and missing.
 */
export function readFormat(value: unknown, path: string): TextFormat | undefined {
  const format = asRecord(value);
  if (!format) return undefined;
  const type = asString(format['type']);
  if (type === 'json_object') return { type };
  if (type !== 'json_schema') return { type: 'text' };
  const inner = asRecord(format['json_schema']) ?? format;
  const schema = asRecord(inner['schema']);
  if (!schema) throw invalid(`${path}.schema`, 'a JSON Schema object', inner['schema']);
  return dropAbsent({
    type: 'json_schema' as const,
    // OpenAI requires a name; strict upstreams do too.
    name: asText(inner['name']) ?? 'output',
    schema: schema as JsonObject,
    strict: asBoolean(inner['strict']),
    description: asText(inner['description']),
  });
}
