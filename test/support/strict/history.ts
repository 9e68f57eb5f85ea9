/** Strict rules for tool calls in the history: their shape, their ids, and their results. */
import { asArray, asRecord, asString, isRecord, parseJson, type UnknownRecord } from '../../../src/base/json';
import { algo, first, gateway, quote, recordsOf, says } from './rule';
import type { Fault, CheckedRequest, StrictRule } from './rule';
import { TOOL_NAME } from './tools';

/**
 * Consecutive rounds with the same call and result that are rejected. DashScope says only "multiple consecutive
 * rounds": the number 5 is inferred, and so is that results are compared too.
 */
const REPETITION_LIMIT = 5;

const callsOf = (message: UnknownRecord): readonly UnknownRecord[] => recordsOf(message['tool_calls']);
const isTool = (message: UnknownRecord | undefined): message is UnknownRecord => message?.['role'] === 'tool';

/** Returns the first fault in the calls of all messages. */
function firstCall(
  { messages }: CheckedRequest,
  find: (call: UnknownRecord, path: string) => Fault | undefined,
): Fault | undefined {
  return first(messages, (message, index) =>
    first(callsOf(message), (call, position) => find(call, `messages[${index}].tool_calls[${position}]`)),
  );
}

function callsEmpty({ messages }: CheckedRequest): Fault | undefined {
  return first(messages, (message, index) =>
    'tool_calls' in message && (asArray(message['tool_calls'])?.length ?? 0) === 0
      ? { param: `messages[${index}].tool_calls`, index: String(index) }
      : undefined,
  );
}

function callShape(request: CheckedRequest): Fault | undefined {
  return firstCall(request, (call, path) => {
    const inner = asRecord(call['function']);
    const isValid =
      call['type'] === 'function' && typeof inner?.['name'] === 'string' && typeof inner['arguments'] === 'string' &&
      Object.keys(call).every((name) => ['id', 'type', 'function'].includes(name)) &&
      Object.keys(inner).every((name) => ['name', 'arguments'].includes(name));
    return isValid ? undefined : { param: path };
  });
}

function duplicateId({ messages }: CheckedRequest): Fault | undefined {
  return first(messages, (message, index) => {
    const ids = callsOf(message).map((call) => asString(call['id']) ?? '');
    const position = ids.findIndex((id, at) => ids.indexOf(id) < at);
    return position < 0
      ? undefined
      : { param: `messages[${index}].tool_calls[${position}].id`, id: ids[position] ?? '' };
  });
}

/** One assistant message with calls, and the tool messages that directly follow it. */
interface Round {
  readonly index: number;
  readonly ids: readonly string[];
  readonly results: readonly UnknownRecord[];
}

function roundsOf(messages: readonly UnknownRecord[]): readonly Round[] {
  return messages.flatMap((message, index) => {
    if (message['role'] !== 'assistant' || callsOf(message).length === 0) return [];
    const later = messages.slice(index + 1);
    const end = later.findIndex((next) => !isTool(next));
    const results = end < 0 ? later : later.slice(0, end);
    return [{ index, ids: callsOf(message).map((call) => asString(call['id']) ?? ''), results }];
  });
}

const answeredBy = (message: UnknownRecord): string => asString(message['tool_call_id']) ?? '';

function unanswered({ messages }: CheckedRequest): Fault | undefined {
  return first(roundsOf(messages), ({ index, ids, results }) => {
    const answered = results.map(answeredBy);
    const open = ids.filter((id) => !answered.includes(id));
    if (open.length === 0) return undefined;
    return { param: `messages[${index}].tool_calls`, ids: open.join(', '), next: String(index + 1 + results.length) };
  });
}

/** Finds a tool message whose call is not in its round, or already has a result. */
function orphan({ messages }: CheckedRequest): Fault | undefined {
  const paired = new Set<UnknownRecord>();
  for (const { ids, results } of roundsOf(messages)) {
    const open = new Set(ids);
    for (const result of results) if (open.delete(answeredBy(result))) paired.add(result);
  }
  return first(messages, (message, index) =>
    isTool(message) && !paired.has(message) ? { param: `messages[${index}].role`, id: answeredBy(message) } : undefined,
  );
}

function repetition({ messages }: CheckedRequest): Fault | undefined {
  let last = '';
  let count = 0;
  return first(roundsOf(messages), ({ index, results }) => {
    const message = messages[index] ?? {};
    const functions = callsOf(message).map((call) => call['function']);
    const content = quote([functions, results.map((result) => result['content'])]);
    count = content === last ? count + 1 : 1;
    last = content;
    return count >= REPETITION_LIMIT ? { param: `messages[${index}]` } : undefined;
  });
}

/** The rules for calls and results. */
export const HISTORY_RULES = [
  {
    name: 'calls-empty',
    check: callsEmpty,
    openai: says(
      "Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'empty_array',
    ),
    dashscope: gateway("[] is too short - 'messages.[{index}].tool_calls'"),
  },
  {
    name: 'call-id',
    check: (request) =>
      firstCall(request, ({ id }, path) => (typeof id === 'string' && id !== '' ? undefined : { param: `${path}.id` })),
    openai: says(
      "Invalid '{param}': empty string. Expected a string with minimum length 1, but got an empty string instead.",
      'empty_string',
    ),
    // Inferred text.
    dashscope: algo("'{param}' must be a non-empty string."),
  },
  {
    name: 'call-shape',
    check: callShape,
    openai: says("Invalid type for '{param}'.", 'invalid_type'),
    // Inferred text.
    dashscope: algo("'{param}' must be a function call with name and arguments."),
  },
  {
    name: 'call-name',
    check: (request) =>
      firstCall(request, (call, path) => {
        const name = asString(asRecord(call['function'])?.['name']) ?? '';
        return TOOL_NAME.test(name) ? undefined : { param: `${path}.function.name`, name };
      }),
    openai: says(
      "Invalid '{param}': string does not match pattern. Expected a string that matches the pattern " +
      "'^[a-zA-Z0-9_-]{1,64}$'.",
      'invalid_value',
    ),
    // Inferred text.
    dashscope: algo("'{name}' does not match '^[a-zA-Z0-9_-]{1,64}$' - '{param}'"),
  },
  {
    name: 'call-arguments',
    check: (request) =>
      firstCall(request, (call, path) => {
        const text = asString(asRecord(call['function'])?.['arguments']) ?? '';
        const [id, column, char] = [asString(call['id']) ?? '', String(text.length + 1), String(text.length)];
        return isRecord(parseJson(text)) ? undefined : { param: `${path}.function.arguments`, id, column, char };
      }),
    // OpenAI itself accepts any string; hosts that parse it have their own messages (upstreams.md, Messages).
    openai: says("Invalid '{param}': expected a JSON object.", 'invalid_value'),
    dashscope: algo('The "function.arguments" parameter of the code model must be in JSON format.'),
  },
  {
    name: 'duplicate-call-id',
    check: duplicateId,
    // Inferred texts.
    openai: says("Duplicate value for 'tool_call_id' of '{id}' in '{param}'.", 'invalid_value'),
    dashscope: algo("Duplicate value for 'tool_call_id' of '{id}' in '{param}'."),
  },
  {
    name: 'result-id',
    check: ({ messages }) =>
      first(messages, (message, index) =>
        isTool(message) && answeredBy(message) === '' ? { param: `messages[${index}].tool_call_id` } : undefined,
      ),
    openai: says("Missing required parameter: '{param}'.", 'missing_required_parameter'),
    // Inferred text.
    dashscope: algo("'{param}' must be a non-empty string."),
  },
  {
    name: 'unanswered-call',
    check: unanswered,
    openai: says(
      "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
        'The following tool_call_ids did not have response messages: {ids}',
    ),
    // Reports end in `message[N].role`; it is inferred that N is where the missing result should be.
    dashscope: algo(
      'An assistant message with "tool_calls" must be followed by tool messages responding to each "tool_call_id". ' +
        'The following tool_call_ids did not have response messages: message[{next}].role',
    ),
  },
  {
    name: 'orphan-result',
    check: orphan,
    openai: says(
      "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
    ),
    // The spelling is the provider's (QwenLM/qwen-code#2360).
    dashscope: algo('messages with role "tool" must be a response to a preceeding message with "tool_calls".'),
  },
  {
    name: 'repetitive-calls',
    check: repetition,
    // QwenLM/qwen-code#5019 and #8898.
    dashscope: algo(
      'Repetitive tool calls detected in the conversation history. The same tool call with identical name and ' +
      'arguments has been repeated across multiple consecutive rounds. Please modify your request or adjust the tool ' +
      'call arguments to avoid infinite loops.',
    ),
  },
] as const satisfies readonly StrictRule[];
