/** Strict cases for tools, the tool choice and structured output. */
import { functionTool, SYSTEM, user } from '../upstream/chat-bodies';
import { ALGO, messages, tools, type Json, type StrictCase } from './case';

const thinking: Json = { enable_thinking: true };
const named = (name: string): Json => ({ tool_choice: { type: 'function', function: { name } } });
const schema = (json_schema: Json): Json => ({ response_format: { type: 'json_schema', json_schema } });
const jsonMode: Json = { response_format: { type: 'json_object' } };

const NOT_OBJECT = (name: string, type: string): string =>
  `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${type}"'.`;

/** `tools`, `tool_choice`, `parallel_tool_calls`. */
export const TOOL_CASES: readonly StrictCase[] = [
  {
    rule: 'tools-empty',
    rejected: tools(),
    accepted: tools(functionTool()),
    dashscope: "[] is too short - 'tools'",
    openai: "[] is too short - 'tools'",
  },
  {
    rule: 'tool-type',
    rejected: tools(functionTool(), { type: 'custom', name: 'apply_patch' }),
    accepted: tools(functionTool(), functionTool('apply_patch')),
    dashscope: "custom is not one of ['function'] - 'tools.[1].type'",
    openai: "Invalid value: 'custom'. Supported values are: 'function'.",
  },
  {
    rule: 'tool-function',
    rejected: tools({ type: 'function', name: 'read_file', parameters: { type: 'object' } }),
    accepted: tools(functionTool()),
    dashscope: "'function' is a required property - 'tools.[0]'",
    openai: "Missing required parameter: 'tools[0].function'.",
  },
  {
    rule: 'tool-fields',
    rejected: tools({ ...functionTool(), name: 'read_file' }),
    accepted: tools(functionTool()),
    dashscope: "Additional properties are not allowed ('name' was unexpected) - 'tools[0].name'",
    openai: "Unknown parameter: 'tools[0].name'.",
  },
  {
    rule: 'tool-fields',
    rejected: tools(functionTool('f', { strict: false })),
    accepted: tools(functionTool('f')),
    dashscope: "Additional properties are not allowed ('strict' was unexpected) - 'tools[0].function.strict'",
  },
  {
    rule: 'tool-fields',
    rejected: tools(functionTool('f', { output_schema: {} })),
    accepted: tools(functionTool('f', { strict: true })),
    openai: "Unknown parameter: 'tools[0].function.output_schema'.",
  },
  ...['mcp.read', 'x'.repeat(65), ''].map((name): StrictCase => ({
    rule: 'tool-name',
    rejected: tools(functionTool(name)),
    accepted: tools(functionTool('x'.repeat(64))),
    dashscope: `${ALGO}'${name}' does not match '^[a-zA-Z0-9_-]{1,64}$' - 'tools[0].function.name'`,
    openai:
      "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern " +
      "'^[a-zA-Z0-9_-]{1,64}$'.",
  })),
  {
    rule: 'duplicate-tool-name',
    rejected: tools(functionTool('f'), functionTool('f')),
    accepted: tools(functionTool('f'), functionTool('g')),
    dashscope: `${ALGO}Tool names must be unique: 'f' appears more than once.`,
    openai: "Tool names must be unique: 'f' appears more than once.",
  },
  {
    rule: 'forbidden-tool-name',
    rejected: tools(functionTool('search')),
    accepted: tools(functionTool('search_'), functionTool('Search')),
    dashscope: `${ALGO}Tool names are not allowed to be [search]`,
  },
  ...(
    [
      [{}, 'None'],
      [{ type: 'string' }, 'string'],
      [true, 'None'],
    ] as const
  ).map(([parameters, type]): StrictCase => ({
    rule: 'tool-parameters',
    rejected: tools(functionTool('f', { parameters })),
    accepted: tools(functionTool('f', { parameters: { type: 'object' } })),
    dashscope: NOT_OBJECT('f', type),
    openai: NOT_OBJECT('f', type),
  })),
  {
    rule: 'tool-parameters',
    rejected: tools({ type: 'function', function: { name: 'f' } }),
    accepted: tools(functionTool('f')),
    dashscope: NOT_OBJECT('f', 'None'),
  },
  {
    rule: 'tool-choice-without-tools',
    rejected: { tool_choice: 'auto' },
    accepted: { tool_choice: 'auto', ...tools(functionTool()) },
    dashscope: `${ALGO}Invalid value for "tool_choice": "tool_choice" is only allowed when "tools" are specified.`,
    openai: "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
  },
  ...[
    'any',
    { type: 'function', name: 'read_file' },
    { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } },
    { type: 'function', function: { name: 'read_file' }, name: 'read_file' },
  ].map((choice): StrictCase => ({
    rule: 'tool-choice',
    rejected: { tool_choice: choice, ...tools(functionTool()) },
    accepted: { ...named('read_file'), ...tools(functionTool()) },
    dashscope: `${ALGO}tool_choice is one of the strings that should be ["none", "auto"]`,
    openai:
      `Invalid value: '${typeof choice === 'string' ? choice : JSON.stringify(choice)}'. ` +
      "Supported values are: 'none', 'auto', and 'required'.",
  })),
  {
    rule: 'tool-choice-unknown',
    rejected: { ...named('write_file'), ...tools(functionTool()) },
    accepted: { ...named('read_file'), ...tools(functionTool()) },
    dashscope: `${ALGO}Invalid value for "tool_choice": no function named "write_file" was specified in the "tools" ` +
      'parameter.',
    openai: "Tool choice 'write_file' not found in 'tools' parameter.",
  },
  ...[{ tool_choice: 'required' }, named('read_file')].map((choice): StrictCase => ({
    rule: 'forced-choice-while-thinking',
    rejected: { ...thinking, ...choice, ...tools(functionTool()) },
    accepted: { enable_thinking: false, ...choice, ...tools(functionTool()) },
    dashscope: `${ALGO}The tool_choice parameter does not support being set to required or object in thinking mode`,
  })),
  {
    rule: 'parallel-without-tools',
    rejected: { parallel_tool_calls: true },
    accepted: { parallel_tool_calls: true, ...tools(functionTool()) },
    dashscope: `${ALGO}Invalid value for "parallel_tool_calls": "parallel_tool_calls" is only allowed when "tools" ` +
      'are specified.',
    openai:
      "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.",
  },
];

const JSON_WORD =
  "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";

/** `response_format`. */
export const FORMAT_CASES: readonly StrictCase[] = [
  {
    rule: 'response-format',
    rejected: { response_format: { type: 'grammar' } },
    accepted: { response_format: { type: 'text' } },
    dashscope: `${ALGO}'response_format.type' must be one of ['text', 'json_object', 'json_schema'], got 'grammar'.`,
    openai: "Invalid value: 'grammar'. Supported values are: 'json_object', 'json_schema', and 'text'.",
  },
  {
    rule: 'json-schema-name',
    rejected: schema({ schema: { type: 'object' } }),
    accepted: schema({ name: 'reply', schema: { type: 'object' } }),
    dashscope: `${ALGO}'response_format.json_schema.name' is a required property`,
    openai: "Missing required parameter: 'response_format.json_schema.name'.",
  },
  {
    rule: 'json-schema-schema',
    rejected: schema({ name: 'reply' }),
    accepted: schema({ name: 'reply', schema: {}, strict: true }),
    dashscope: `${ALGO}'response_format.json_schema.schema' is a required property`,
    openai: "Missing required parameter: 'response_format.json_schema.schema'.",
  },
  {
    rule: 'json-word',
    rejected: jsonMode,
    accepted: { ...jsonMode, ...messages(SYSTEM, user('Answer in JSON.')) },
    dashscope: ALGO + JSON_WORD,
    openai: JSON_WORD,
  },
  {
    rule: 'json-mode-with-thinking',
    rejected: { ...jsonMode, ...thinking, ...messages(user('Answer in JSON.')) },
    accepted: { ...jsonMode, enable_thinking: false, ...messages(user('Answer in JSON.')) },
    dashscope: `${ALGO}Json mode response is not supported when enable_thinking is true`,
  },
];
