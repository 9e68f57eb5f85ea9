/** What the simulated model refuses: the mistakes for which real Chat Completions providers answer 400. */
import { isRecord, parseJsonObject, type UnknownRecord } from '../base/json';
import { asArray, asRecord, asString, asText } from '../base/narrow';

/** The messages of a Chat Completions request; what is no object is left out. */
export function readMessages(body: UnknownRecord): readonly UnknownRecord[] {
  return (asArray(body['messages']) ?? []).filter(isRecord);
}

/** The names of the functions that a Chat Completions request offers. */
export function readToolNames(body: UnknownRecord): readonly string[] {
  return (asArray(body['tools']) ?? []).map((tool) => asText(readFunction(tool)?.['name']) ?? 'no name');
}

const readFunction = (value: unknown): UnknownRecord | undefined => asRecord(asRecord(value)?.['function']);

/** Why a strict provider would refuse `body`, or `undefined` when it would not. */
export function findFault(body: UnknownRecord): string | undefined {
  for (const rule of RULES) {
    const fault = rule(body);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

type Rule = (body: UnknownRecord) => string | undefined;

const RULES: readonly Rule[] = [foreignFields, streaming, messages, roles, contents, tools, pairing];

/** Fields of the Responses API that Chat Completions does not have. */
const FOREIGN_FIELDS = ['input', 'instructions', 'include', 'store', 'previous_response_id', 'client_metadata'];

function foreignFields(body: UnknownRecord): string | undefined {
  const found = FOREIGN_FIELDS.filter((field) => field in body);
  return found.length === 0 ? undefined : `Chat Completions has no ${found.join(', ')}`;
}

function streaming(body: UnknownRecord): string | undefined {
  if (body['stream'] !== true) return 'stream must be true';
  if (asRecord(body['stream_options'])?.['include_usage'] === true) return undefined;
  return 'stream_options.include_usage must be true';
}

function messages(body: UnknownRecord): string | undefined {
  const list = asArray(body['messages']) ?? [];
  return list.length > 0 && list.every(isRecord) ? undefined : 'messages must be a list of objects';
}

const ROLES: readonly unknown[] = ['user', 'assistant', 'tool'];

function roles(body: UnknownRecord): string | undefined {
  const [first, ...others] = readMessages(body).map(({ role }) => role);
  if (first !== 'system') return `the first message must have the role system, it has ${String(first)}`;
  const wrong = others.find((role) => !ROLES.includes(role));
  return wrong === undefined ? undefined : `a later message has the role ${String(wrong)}`;
}

function contents(body: UnknownRecord): string | undefined {
  const wrong = readMessages(body).find(({ role, content }) => role !== 'assistant' && asText(content) === undefined);
  return wrong === undefined ? undefined : `the content of a ${String(wrong['role'])} message must be a text`;
}

function tools(body: UnknownRecord): string | undefined {
  const wrong = (asArray(body['tools']) ?? []).find((tool) => {
    const declared = readFunction(tool);
    const isNamed = /^[\w-]{1,64}$/.test(asText(declared?.['name']) ?? '');
    return asRecord(tool)?.['type'] !== 'function' || !isNamed || !isRecord(declared?.['parameters']);
  });
  if (wrong === undefined) return undefined;
  return `a tool must be a function with a name and parameters, not ${JSON.stringify(wrong)}`;
}

/** Every call is answered right behind its message and only once; a result without a call is refused. */
function pairing(body: UnknownRecord): string | undefined {
  let waiting: readonly (string | undefined)[] = [];
  for (const message of readMessages(body)) {
    if (message['role'] === 'tool') {
      const id = asString(message['tool_call_id']);
      if (!waiting.includes(id)) return `a tool message answers ${String(id)}, which is no open call`;
      waiting = waiting.filter((open) => open !== id);
      continue;
    }
    if (waiting.length > 0) return `no tool message answers ${waiting.join(', ')}`;
    const calls = (asArray(message['tool_calls']) ?? []).map(asRecord);
    const broken = calls.find((call) => !isJsonText(readFunction(call)?.['arguments']));
    if (broken !== undefined) return `the arguments of a call must be JSON: ${JSON.stringify(broken)}`;
    waiting = calls.map((call) => asText(call?.['id']));
  }
  return waiting.length === 0 ? undefined : `no tool message answers ${waiting.join(', ')}`;
}

const isJsonText = (value: unknown): boolean => parseJsonObject(asString(value) ?? '') !== undefined;
