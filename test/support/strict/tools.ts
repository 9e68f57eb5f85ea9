/** Strict rules for `tools`, `tool_choice` and `parallel_tool_calls`. */
import { asRecord, asString, type UnknownRecord } from '../../../src/base/json';
import { isThinking } from './model-rules';
import { algo, first, gateway, plain, quote, says } from './rule';
import type { ChoiceKind, Fault, CheckedRequest, StrictRule } from './rule';

/** The names that OpenAI's rule allows for a function. */
export const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

const functionOf = (tool: UnknownRecord): UnknownRecord => asRecord(tool['function']) ?? {};
const nameOf = (tool: UnknownRecord): string => asString(functionOf(tool)['name']) ?? '';

const TOOL_FIELDS = ['type', 'function'];

function toolFields({ tools, behavior, settings }: CheckedRequest): Fault | undefined {
  const known: readonly string[] = [...behavior.functionFields, ...settings.allowFields];
  return first(tools, (tool, index) => {
    const outer = Object.keys(tool).find((name) => !TOOL_FIELDS.includes(name));
    if (outer !== undefined) return { param: `tools[${index}].${outer}`, name: outer };
    const inner = Object.keys(functionOf(tool)).find((name) => !known.includes(name));
    return inner === undefined ? undefined : { param: `tools[${index}].function.${inner}`, name: inner };
  });
}

function toolParameters({ tools, behavior }: CheckedRequest): Fault | undefined {
  return first(tools, (tool, index) => {
    const parameters = functionOf(tool)['parameters'];
    // For OpenAI, a function without the field has no parameters.
    if (parameters === undefined && behavior.column === 'openai') return undefined;
    const type = asRecord(parameters)?.['type'];
    if (type === 'object') return undefined;
    return { param: `tools[${index}].function.parameters`, name: nameOf(tool), type: quote(plain(type ?? 'None')) };
  });
}

function duplicateName({ tools }: CheckedRequest): Fault | undefined {
  const names = tools.map(nameOf);
  return first(names, (name, index) =>
    names.indexOf(name) < index ? { param: `tools[${index}].function.name`, name } : undefined,
  );
}

function choiceFault({ body, behavior }: CheckedRequest): Fault | undefined {
  const choice = body['tool_choice'];
  const kind = choiceKind(choice);
  if (choice === undefined || (kind !== undefined && behavior.choices.includes(kind))) return undefined;
  return { param: 'tool_choice', value: plain(choice) };
}

function choiceKind(choice: unknown): ChoiceKind | undefined {
  if (choice === 'none' || choice === 'auto' || choice === 'required') return choice;
  const record = asRecord(choice);
  const isNamed =
    record !== undefined && Object.keys(record).sort().join() === 'function,type' && record['type'] === 'function' &&
    Object.keys(functionOf(record)).join() === 'name' && nameOf(record) !== '';
  return isNamed ? 'named' : undefined;
}

function choiceOfUnknown({ body, tools }: CheckedRequest): Fault | undefined {
  const choice = asRecord(body['tool_choice']);
  if (choice === undefined || tools.map(nameOf).includes(nameOf(choice))) return undefined;
  return { param: 'tool_choice', name: nameOf(choice) };
}

/** Kimi's message calls a named tool "specified". */
function forcedWhileThinking(request: CheckedRequest): Fault | undefined {
  const kind = choiceKind(request.body['tool_choice']);
  if (request.model.forced === undefined || (kind !== 'required' && kind !== 'named') || !isThinking(request))
    return undefined;
  return { param: 'tool_choice', text: request.model.forced.replace('{kind}', kind === 'named' ? 'specified' : kind) };
}

const withoutTools =
  (field: string) =>
  ({ body }: CheckedRequest): Fault | undefined =>
    field in body && !('tools' in body) ? { param: field } : undefined;

/** The rules for offered tools and the tool choice. */
export const TOOL_RULES = [
  {
    name: 'tools-empty',
    check: ({ body, tools }) => ('tools' in body && tools.length === 0 ? { param: 'tools' } : undefined),
    openai: says("[] is too short - 'tools'"),
    dashscope: gateway("[] is too short - 'tools'"),
  },
  {
    name: 'tool-type',
    check: ({ tools }) =>
      first(tools, ({ type }, index) =>
        type === 'function' ? undefined : { param: `tools[${index}].type`, index: String(index), value: plain(type) },
      ),
    openai: says("Invalid value: '{value}'. Supported values are: 'function'.", 'invalid_value'),
    // Inferred from the gateway's message for roles.
    dashscope: gateway("{value} is not one of ['function'] - 'tools.[{index}].type'"),
  },
  {
    name: 'tool-function',
    check: ({ tools }) =>
      first(tools, (tool, index) =>
        asRecord(tool['function']) === undefined
          ? { param: `tools[${index}].function`, index: String(index) }
          : undefined,
      ),
    openai: says("Missing required parameter: '{param}'.", 'missing_required_parameter'),
    // Inferred from the same checker.
    dashscope: gateway("'function' is a required property - 'tools.[{index}]'"),
  },
  {
    name: 'tool-fields',
    check: toolFields,
    openai: says("Unknown parameter: '{param}'.", 'unknown_parameter'),
    // Inferred from the same checker.
    dashscope: gateway("Additional properties are not allowed ('{name}' was unexpected) - '{param}'"),
  },
  {
    name: 'tool-name',
    check: ({ tools }) =>
      first(tools, (tool, index) =>
        TOOL_NAME.test(nameOf(tool)) ? undefined : { param: `tools[${index}].function.name`, name: nameOf(tool) },
      ),
    openai: says(
      "Invalid '{param}': string does not match pattern. Expected a string that matches the pattern " +
      "'^[a-zA-Z0-9_-]{1,64}$'.",
      'invalid_value',
    ),
    // The documentation gives the same limits; the text is inferred.
    dashscope: algo("'{name}' does not match '^[a-zA-Z0-9_-]{1,64}$' - '{param}'"),
  },
  {
    name: 'duplicate-tool-name',
    check: duplicateName,
    // Inferred texts; those of DeepSeek and Moonshot also say "unique".
    openai: says("Tool names must be unique: '{name}' appears more than once.", 'invalid_value'),
    dashscope: algo("Tool names must be unique: '{name}' appears more than once."),
  },
  {
    // Stricter than OpenAI's rule: only rows of providers that apply it have a message.
    name: 'tool-name-start',
    check: ({ tools, behavior }) =>
      first(tools, (tool, index) =>
        behavior.toolName.test(nameOf(tool))
          ? undefined
          : { param: `tools[${index}].function.name`, name: nameOf(tool) },
      ),
  },
  {
    name: 'forbidden-tool-name',
    check: ({ tools }) =>
      first(tools, (tool, index) =>
        nameOf(tool) === 'search' ? { param: `tools[${index}].function.name` } : undefined,
      ),
    // Aas-ee/open-webSearch#21.
    dashscope: algo('Tool names are not allowed to be [search]'),
  },
  {
    name: 'tool-parameters',
    check: toolParameters,
    openai: says(
      "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got 'type: {type}'.",
      'invalid_function_parameters',
    ),
    // The same message at Alibaba's hosts (spring-ai-alibaba#4576).
    dashscope: says(
      "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got 'type: {type}'.",
      'invalid_request_error',
    ),
  },
  {
    name: 'tool-choice-without-tools',
    check: withoutTools('tool_choice'),
    openai: says("Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified."),
    // Inferred: DashScope's wording of the same message.
    dashscope: algo('Invalid value for "tool_choice": "tool_choice" is only allowed when "tools" are specified.'),
  },
  {
    name: 'tool-choice',
    check: choiceFault,
    openai: says("Invalid value: '{value}'. Supported values are: 'none', 'auto', and 'required'.", 'invalid_value'),
    dashscope: algo('tool_choice is one of the strings that should be ["none", "auto"]'),
  },
  {
    name: 'tool-choice-unknown',
    check: choiceOfUnknown,
    openai: says("Tool choice '{name}' not found in 'tools' parameter."),
    // browser-use/web-ui#586.
    dashscope: algo(
      'Invalid value for "tool_choice": no function named "{name}" was specified in the "tools" parameter.',
    ),
  },
  {
    name: 'forced-choice-while-thinking',
    check: forcedWhileThinking,
    dashscope: algo('{text}'),
  },
  {
    name: 'parallel-without-tools',
    check: withoutTools('parallel_tool_calls'),
    // openai/swarm#30.
    openai: says(
      "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.",
    ),
    // Inferred, as for `tool-choice-without-tools`.
    dashscope: algo(
      'Invalid value for "parallel_tool_calls": "parallel_tool_calls" is only allowed when "tools" are specified.',
    ),
  },
] as const satisfies readonly StrictRule[];
