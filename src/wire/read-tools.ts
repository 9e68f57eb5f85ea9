/** Edge validation of `tools` and `tool_choice`. */
import { isRecord, type UnknownRecord } from '../base/json';
import { asArray, asBoolean, asRecord, asString, asText } from '../base/narrow';
import { dropAbsent, invalid, readSchema } from './read-edge';
import type { CustomTool, FunctionTool, ResponsesTool, ToolChoice, ToolReference } from './responses-tools';

const HOSTED = ['local_shell', 'shell', 'apply_patch'] as const;
type Hosted = (typeof HOSTED)[number];

/** @throws UnreadableField when the value is not a list or a tool lacks what its kind needs. */
export function readTools(value: unknown, path: string): readonly ResponsesTool[] {
  if (value === undefined || value === null) return [];
  const list = asArray(value);
  if (!list) throw invalid(path, 'a list of tools', value);
  return list.map((tool, index) => readTool(tool, `${path}[${index}]`));
}

function readTool(value: unknown, path: string): ResponsesTool {
  if (!isRecord(value)) throw invalid(path, 'a tool object', value);
  const type = asText(value['type']) ?? 'function';
  switch (type) {
    case 'function':
      return readFunction(value, path);
    case 'custom':
      return readCustom(value, path);
    case 'namespace':
      return dropAbsent({
        type,
        name: asString(value['name']) ?? '',
        description: asText(value['description']),
        tools: readTools(value['tools'], `${path}.tools`),
      });
    case 'tool_search':
      return dropAbsent({
        type,
        execution: value['execution'] === 'server' ? ('server' as const) : ('client' as const),
        description: asText(value['description']),
        parameters: readSchema(value['parameters']),
      });
    default:
      return readOther(type, value);
  }
}

function readOther(type: string, value: UnknownRecord): ResponsesTool {
  if (type.startsWith('web_search')) return { type: 'web_search', raw: value };
  const hosted = HOSTED.find((kind): kind is Hosted => kind === type);
  return hosted ? { type: 'hosted', tool: hosted } : { type: 'unsupported', kind: type };
}

/** The Responses form is flat; the Chat form `{type, function: {…}}` is accepted too. */
function readFunction(value: UnknownRecord, path: string): FunctionTool {
  const inner = asRecord(value['function']) ?? value;
  const name = asText(inner['name']);
  if (name === undefined) throw invalid(`${path}.name`, 'a non-empty string', inner['name']);
  return dropAbsent({
    type: 'function' as const,
    name,
    description: asText(inner['description']),
    parameters: readSchema(inner['parameters']),
    strict: asBoolean(inner['strict']),
  });
}

function readCustom(value: UnknownRecord, path: string): CustomTool {
  const inner = asRecord(value['custom']) ?? value;
  const name = asText(inner['name']);
  if (name === undefined) throw invalid(`${path}.name`, 'a non-empty string', inner['name']);
  const format = asRecord(inner['format']);
  const grammar = asRecord(format?.['grammar']) ?? format;
  return dropAbsent({
    type: 'custom' as const,
    name,
    description: asText(inner['description']),
    format: format && dropAbsent({
      type: asText(format['type']) ?? 'text',
      syntax: asText(grammar?.['syntax']),
      definition: asText(grammar?.['definition']),
    }),
  });
}

/** Every form of `tool_choice`; absent means auto. */
export function readToolChoice(value: unknown): ToolChoice {
  if (value === undefined || value === null) return { mode: 'auto' };
  if (value === 'auto' || value === 'none' || value === 'required') return { mode: value };
  if (value === 'any') return { mode: 'required' };
  const choice = asRecord(value);
  if (!choice) throw invalid('tool_choice', '"auto", "none", "required" or an object', value);
  if (choice['type'] === 'allowed_tools') {
    const allowed = asRecord(choice['allowed_tools']) ?? choice;
    const tools = (asArray(allowed['tools']) ?? []).filter(isRecord).map(readReference);
    return { mode: 'allowed', require: allowed['mode'] === 'required', tools };
  }
  return { mode: 'named', tool: readReference(choice) };
}

/** `{type, name}` (Responses), `{type, function: {name}}` (Chat), `{type: "web_search"}` (hosted). */
function readReference(value: UnknownRecord): ToolReference {
  const kind = asText(value['type']) ?? 'function';
  const inner = asRecord(value[kind]) ?? value;
  return dropAbsent({ kind, name: asText(inner['name']), namespace: asText(inner['namespace']) });
}
