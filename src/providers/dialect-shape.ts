/** Defines the shape of a dialect in the user's providers file, with the help text of each field. */
import { TEXT_SHAPE, type JsonShape, type ObjectShape, type ShapeField, type ShapeFields } from '../base/shape';
import { EFFORTS, type Dialect, type RequestForm, type SchemaRule } from './dialect';

/** Returns the shape of a string that is one of these values. */
export const oneOf = (...values: readonly string[]): JsonShape => ({ kind: 'enum', values });
/** True or false. */
export const BOOLEAN: JsonShape = { kind: 'boolean' };
/** A list of non-empty strings. */
export const TEXT_LIST: JsonShape = { kind: 'list', of: TEXT_SHAPE };
const COUNT: JsonShape = { kind: 'integer', min: 1 };
const LEVELS: ShapeField = {
  shape: { kind: 'list', of: oneOf(...EFFORTS) },
  help: 'Accepted values of reasoning_effort.',
};
const FIXED: ShapeField = { shape: BOOLEAN, help: 'Thinking cannot be switched off.' };

/** Returns the shape of an object with these fields. */
export const objectOf = (fields: ShapeFields, ...required: readonly string[]): ObjectShape => ({
  kind: 'object',
  fields,
  required,
});

const THINKING: JsonShape = {
  kind: 'tagged',
  tag: 'kind',
  variants: {
    none: objectOf({}),
    effort: objectOf({ levels: LEVELS }),
    enable_thinking: objectOf({
      fixed: FIXED,
      levels: LEVELS,
      budgets: { shape: { kind: 'map', of: COUNT }, help: 'thinking_budget in tokens, by effort.' },
    }),
    thinking: objectOf(
      {
        on: { shape: oneOf('enabled', 'adaptive'), help: 'The value of thinking.type that switches thinking on.' },
        fixed: FIXED,
        levels: LEVELS,
        extra: { shape: { kind: 'any-object' }, help: 'Further fields of the thinking object.' },
      },
      'on',
    ),
    chat_template: objectOf({}),
    reasoning: objectOf({}),
  },
};

const SCHEMA_RULES: { readonly [R in SchemaRule]: R } = {
  'inline-refs': 'inline-refs',
  'no-boolean-schemas': 'no-boolean-schemas',
  'no-tuples': 'no-tuples',
  'no-null-unions': 'no-null-unions',
  'no-type-beside-any-of': 'no-type-beside-any-of',
  'required-must-exist': 'required-must-exist',
  'no-required-variants': 'no-required-variants',
  'no-patterns': 'no-patterns',
  'plain-properties': 'plain-properties',
  'any-object': 'any-object',
};

const REQUEST_FORMS: { readonly [F in RequestForm]: F } = {
  'alternating-roles': 'alternating-roles',
  'assistant-between-tool-and-user': 'assistant-between-tool-and-user',
  'instructions-as-user': 'instructions-as-user',
  'nine-letter-call-ids': 'nine-letter-call-ids',
  'one-call-for-each-message': 'one-call-for-each-message',
  'text-inside-reasoning': 'text-inside-reasoning',
  'calls-as-text-without-tools': 'calls-as-text-without-tools',
  'no-empty-content': 'no-empty-content',
};

/** Every field of a dialect: a new field does not compile without an entry here. */
export const DIALECT_FIELDS: { readonly [K in keyof Required<Dialect>]: ShapeField } = {
  instructionsRole: { shape: oneOf('system', 'developer'), help: 'Role of the leading instructions.' },
  lateInstructions: { shape: oneOf('user', 'system', 'merge'), help: 'What later system messages become.' },
  content: { shape: oneOf('string', 'parts'), help: 'Form of text content.' },
  images: { shape: BOOLEAN, help: 'Whether images are accepted.' },
  audio: { shape: BOOLEAN, help: 'Whether audio is accepted.' },
  files: { shape: BOOLEAN, help: 'Whether files are accepted.' },
  tools: { shape: BOOLEAN, help: 'Whether the model can call tools.' },
  toolChoice: { shape: oneOf('any', 'auto-only', 'omit'), help: 'Accepted forms of tool_choice.' },
  forbiddenToolNames: { shape: TEXT_LIST, help: 'Tool names that the provider rejects.' },
  parallelToolCalls: { shape: BOOLEAN, help: 'Send parallel_tool_calls.' },
  strictTools: { shape: BOOLEAN, help: 'Send strict with tools.' },
  schema: { shape: { kind: 'list', of: oneOf(...Object.keys(SCHEMA_RULES)) }, help: 'Rewrites of tool schemas.' },
  toolStream: { shape: BOOLEAN, help: 'Send tool_stream with tools.' },
  maxTokensField: { shape: oneOf('max_tokens', 'max_completion_tokens'), help: 'Name of the output limit.' },
  maxTokens: { shape: COUNT, help: 'Highest output limit.' },
  alwaysMaxTokens: { shape: BOOLEAN, help: 'Send the output limit even if the client sets none.' },
  sampling: { shape: BOOLEAN, help: 'Whether temperature, top_p and penalties are accepted.' },
  user: { shape: BOOLEAN, help: 'Whether the field user is accepted.' },
  logitBias: { shape: BOOLEAN, help: 'Whether logit_bias is accepted.' },
  promptCacheKey: { shape: BOOLEAN, help: 'Send prompt_cache_key.' },
  thinking: { shape: THINKING, help: 'How thinking is requested.' },
  preserveThinking: { shape: BOOLEAN, help: 'Send preserve_thinking.' },
  reasoningSplit: { shape: BOOLEAN, help: 'Send reasoning_split.' },
  cumulative: { shape: BOOLEAN, help: 'Chunks repeat the text so far.' },
  sendsFinishReason: {
    shape: BOOLEAN,
    help: 'Whether responses end with a finish_reason; if false, [DONE] alone ends them.',
  },
  reasoningReplay: {
    shape: oneOf('none', 'reasoning_content', 'reasoning', 'reasoning_details', 'think'),
    help: 'Where the reasoning of earlier turns is sent back.',
  },
  reasoningPlaceholder: { shape: TEXT_SHAPE, help: 'Replaces missing reasoning.' },
  placeholderOn: { shape: oneOf('calls', 'answers'), help: 'Which messages need the placeholder.' },
  webSearch: { shape: oneOf('none', 'enable_search'), help: "The provider's own web search." },
  thinkTags: { shape: oneOf('off', 'leading', 'implicit'), help: 'Where <think> blocks are in the content.' },
  responseFormat: { shape: oneOf('json_schema', 'json_object', 'prompt'), help: 'How structured output is requested.' },
  cacheControl: { shape: oneOf('none', 'ephemeral'), help: 'Mark where the prompt may be cached.' },
  forms: {
    shape: { kind: 'list', of: oneOf(...Object.keys(REQUEST_FORMS)) },
    help: 'Changes to the whole request that a template or gateway requires.',
  },
};
