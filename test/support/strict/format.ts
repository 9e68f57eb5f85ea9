/** Strict rules for `response_format`. */
import { asRecord, asString } from '../../../src/base/json';
import { isThinking } from './model-rules';
import { algo, plain, quote, says, type CheckedRequest, type StrictRule } from './rule';

const formatOf = ({ body }: CheckedRequest) => asRecord(body['response_format']);
const typeOf = (request: CheckedRequest): string => plain(formatOf(request)?.['type'] ?? 'text');
const schemaOf = (request: CheckedRequest) =>
  typeOf(request) === 'json_schema' ? asRecord(formatOf(request)?.['json_schema']) ?? {} : undefined;

/** The rules for structured output. */
export const FORMAT_RULES = [
  {
    name: 'response-format',
    check: (request) => {
      const type = formatOf(request) === undefined ? 'text' : plain(formatOf(request)?.['type']);
      return request.behavior.formats.includes(type) ? undefined : { param: 'response_format.type', value: type };
    },
    openai: says(
      "Invalid value: '{value}'. Supported values are: 'json_object', 'json_schema', and 'text'.",
      'invalid_value',
    ),
    // Inferred text.
    dashscope: algo("'response_format.type' must be one of ['text', 'json_object', 'json_schema'], got '{value}'."),
  },
  {
    name: 'json-schema-name',
    check: (request) => {
      const schema = schemaOf(request);
      const name = asString(schema?.['name']) ?? '';
      return schema === undefined || /^[a-zA-Z0-9_-]{1,64}$/.test(name)
        ? undefined
        : { param: 'response_format.json_schema.name' };
    },
    openai: says("Missing required parameter: '{param}'.", 'missing_required_parameter'),
    // Inferred text.
    dashscope: algo("'{param}' is a required property"),
  },
  {
    name: 'json-schema-schema',
    check: (request) => {
      const schema = schemaOf(request);
      return schema === undefined || asRecord(schema['schema']) !== undefined
        ? undefined
        : { param: 'response_format.json_schema.schema' };
    },
    openai: says("Missing required parameter: '{param}'.", 'missing_required_parameter'),
    // Inferred text.
    dashscope: algo("'{param}' is a required property"),
  },
  {
    name: 'json-word',
    check: (request) => {
      if (typeOf(request) !== 'json_object') return undefined;
      const hasWord = request.messages.some((message) => /json/i.test(quote(message['content'])));
      return hasWord ? undefined : { param: 'messages' };
    },
    // The same message at both (DashScope: agno-agi/agno#5317).
    openai: says(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
    ),
    dashscope: algo(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
    ),
  },
  {
    name: 'json-mode-with-thinking',
    check: (request) =>
      typeOf(request) === 'json_object' && isThinking(request) ? { param: 'response_format' } : undefined,
    dashscope: algo('Json mode response is not supported when enable_thinking is true'),
  },
] as const satisfies readonly StrictRule[];
