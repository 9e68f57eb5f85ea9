/** The shape of the user's providers file, with a help text for each field; the JSON Schema is rendered from it. */
import { HEADER_NAME, HEADER_VALUE } from '../base/header-values';
import type { JsonObject } from '../base/json';
import {
  TEXT_SHAPE,
  toJsonSchema,
  type ShapeField,
  type ShapeFields,
  type ObjectShape,
  type JsonShape,
} from '../base/shape';
import { EFFORTS, type Dialect, type RequestForm, type SchemaRule } from './dialect';
import type { Model, Price } from './provider';

/** A model of the file. Absent fields come from the extended row, or are conservative defaults. */
export interface UserModel extends UserChanges {
  readonly name?: string;
  readonly context?: number;
  readonly output?: number;
  readonly input?: Model['input'];
  readonly efforts?: readonly string[];
  readonly default_effort?: string;
  readonly price?: Pick<Price, 'currency' | 'input' | 'cached' | 'output'>;
  readonly dialect?: Partial<Dialect>;
}

/** The fields that providers and models of the file have in common. */
interface UserChanges {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
  readonly drop?: readonly string[];
  readonly wire?: 'chat' | 'responses';
}

/** A provider of the file. */
export interface UserProvider extends UserChanges {
  readonly extends?: string;
  readonly title?: string;
  readonly aliases?: readonly string[];
  readonly base_url?: string | readonly string[];
  readonly hosts?: readonly string[];
  readonly key_variables?: readonly string[];
  readonly local?: boolean;
  readonly docs?: string;
  readonly default_model?: string;
  readonly slashed_ids?: boolean;
  readonly responses?: boolean | { readonly base_path?: string; readonly models?: readonly string[] };
  readonly dialect?: Partial<Dialect>;
  readonly models?: Readonly<Record<string, UserModel>>;
}

/** The whole file. */
export interface UserFile {
  readonly $schema?: string;
  readonly providers: Readonly<Record<string, UserProvider>>;
}

const words = (...values: readonly string[]): JsonShape => ({ kind: 'word', words: values });
const SWITCH: JsonShape = { kind: 'switch' };
const TEXTS: JsonShape = { kind: 'list', of: TEXT_SHAPE };
const COUNT: JsonShape = { kind: 'count', min: 1 };
const LEVELS: ShapeField = {
  shape: { kind: 'list', of: words(...EFFORTS) },
  help: 'Accepted values of reasoning_effort.',
};
const FIXED: ShapeField = { shape: SWITCH, help: 'Thinking cannot be switched off.' };

const variant = (fields: ShapeFields, ...required: readonly string[]): ObjectShape => ({
  kind: 'object',
  fields,
  required,
});

const THINKING: JsonShape = {
  kind: 'tagged',
  tag: 'kind',
  variants: {
    none: variant({}),
    effort: variant({ levels: LEVELS }),
    enable_thinking: variant({
      fixed: FIXED,
      levels: LEVELS,
      budgets: { shape: { kind: 'map', of: COUNT }, help: 'thinking_budget in tokens, by effort.' },
    }),
    thinking: variant(
      {
        on: { shape: words('enabled', 'adaptive'), help: 'The value of thinking.type that switches thinking on.' },
        fixed: FIXED,
        levels: LEVELS,
        extra: { shape: { kind: 'json' }, help: 'Further fields of the thinking object.' },
      },
      'on',
    ),
    chat_template: variant({}),
    reasoning: variant({}),
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

/** Every field of a dialect; a new field does not compile without a row here. */
const DIALECT: { readonly [K in keyof Required<Dialect>]: ShapeField } = {
  instructionsRole: { shape: words('system', 'developer'), help: 'Role of the leading instructions.' },
  lateInstructions: { shape: words('user', 'system', 'merge'), help: 'What later system messages become.' },
  content: { shape: words('string', 'parts'), help: 'Form of text content.' },
  images: { shape: SWITCH, help: 'Whether images are accepted.' },
  audio: { shape: SWITCH, help: 'Whether audio is accepted.' },
  files: { shape: SWITCH, help: 'Whether files are accepted.' },
  tools: { shape: SWITCH, help: 'Whether the model can call tools.' },
  toolChoice: { shape: words('any', 'auto-only', 'omit'), help: 'Accepted forms of tool_choice.' },
  forbiddenToolNames: { shape: TEXTS, help: 'Tool names that the provider rejects.' },
  parallelToolCalls: { shape: SWITCH, help: 'Send parallel_tool_calls.' },
  strictTools: { shape: SWITCH, help: 'Send strict with tools.' },
  schema: { shape: { kind: 'list', of: words(...Object.keys(SCHEMA_RULES)) }, help: 'Rewrites of tool schemas.' },
  toolStream: { shape: SWITCH, help: 'Send tool_stream with tools.' },
  maxTokensField: { shape: words('max_tokens', 'max_completion_tokens'), help: 'Name of the output limit.' },
  maxTokens: { shape: COUNT, help: 'Highest output limit.' },
  alwaysMaxTokens: { shape: SWITCH, help: 'Send the output limit even when the client names none.' },
  sampling: { shape: SWITCH, help: 'Whether temperature, top_p and penalties are accepted.' },
  user: { shape: SWITCH, help: 'Whether the field user is accepted.' },
  logitBias: { shape: SWITCH, help: 'Whether logit_bias is accepted.' },
  promptCacheKey: { shape: SWITCH, help: 'Send prompt_cache_key.' },
  thinking: { shape: THINKING, help: 'How thinking is requested.' },
  preserveThinking: { shape: SWITCH, help: 'Send preserve_thinking.' },
  reasoningSplit: { shape: SWITCH, help: 'Send reasoning_split.' },
  cumulative: { shape: SWITCH, help: 'Chunks repeat the text so far.' },
  sendsFinishReason: { shape: SWITCH, help: 'Answers end with a finish_reason; false: [DONE] alone ends them.' },
  reasoningReplay: {
    shape: words('none', 'reasoning_content', 'reasoning', 'reasoning_details', 'think'),
    help: 'Where reasoning of earlier turns is sent back.',
  },
  reasoningPlaceholder: { shape: TEXT_SHAPE, help: 'Replaces reasoning that is not known.' },
  placeholderOn: { shape: words('calls', 'answers'), help: 'Which messages need the placeholder.' },
  webSearch: { shape: words('none', 'enable_search'), help: "The provider's own web search." },
  thinkTags: { shape: words('off', 'leading', 'implicit'), help: 'Where <think> blocks are in the content.' },
  responseFormat: { shape: words('json_schema', 'json_object', 'prompt'), help: 'How structured output is requested.' },
  forms: {
    shape: { kind: 'list', of: words(...Object.keys(REQUEST_FORMS)) },
    help: 'Other forms of the whole request that a template or gateway demands.',
  },
};

const PROTECTED = ['model', 'messages', 'input', 'stream', 'tools'];
const OUTSIDE = new RegExp(`^(?!(?:${PROTECTED.join('|')})$).+$`);
const FIELD_NAME: JsonShape = {
  kind: 'text',
  pattern: OUTSIDE,
  expected: `a field other than ${PROTECTED.join(', ')}`,
};

const CHANGES: { readonly [K in keyof Required<UserChanges>]: ShapeField } = {
  headers: {
    shape: { kind: 'map', of: { kind: 'text', pattern: HEADER_VALUE }, keys: HEADER_NAME, expectedKeys: 'a header' },
    help: 'Request headers. $NAME and ${NAME} are replaced by variables, $$ by a dollar sign.',
  },
  body: {
    shape: {
      kind: 'map', of: { kind: 'any' }, keys: OUTSIDE, expectedKeys: `a field other than ${PROTECTED.join(', ')}`,
    },
    help: 'Top-level fields that are added to each request, or replaced.',
  },
  drop: { shape: { kind: 'list', of: FIELD_NAME }, help: 'Top-level fields that are removed from each request.' },
  wire: { shape: words('chat', 'responses'), help: 'Upstream protocol, instead of --wire.' },
};

const AMOUNT: ShapeField = { shape: { kind: 'amount' }, help: 'Per million tokens.' };
const PRICE = variant({
  currency: { shape: { kind: 'text', pattern: /^[A-Z]{3}$/, expected: 'a code such as USD' }, help: 'ISO 4217 code.' },
  input: AMOUNT, cached: AMOUNT, output: AMOUNT,
}, 'currency', 'input', 'output');

const MODEL: { readonly [K in keyof Required<UserModel>]: ShapeField } = {
  name: { shape: TEXT_SHAPE, help: 'Name in the picker.' },
  context: { shape: COUNT, help: 'Context window in tokens. Default: 128000.' },
  output: { shape: COUNT, help: 'Highest output in tokens. Default: 8192.' },
  input: { shape: { kind: 'list', of: words('text', 'image') }, help: 'Accepted input. Default: text.' },
  efforts: { shape: { kind: 'list', of: words(...EFFORTS) }, help: 'Reasoning efforts of the picker.' },
  default_effort: { shape: words(...EFFORTS), help: 'Effort when none is picked.' },
  price: { shape: PRICE, help: 'What tokens cost, for the command usage.' },
  dialect: { shape: { kind: 'object', fields: DIALECT }, help: 'Differences from the provider.' },
  ...CHANGES,
};

const URL_TEXT: JsonShape = {
  kind: 'text',
  pattern: /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/i,
  expected: 'an http or https URL',
};
const VARIABLE: JsonShape = {
  kind: 'text',
  pattern: /^[A-Za-z_]\w*$/,
  expected: 'the name of an environment variable',
};
const HOST: JsonShape = { kind: 'text', pattern: /^[\w*.-]+(:\d+)?$/, expected: 'a host name; * stands for one label' };

/** RFC 3986 path. */
const PATH: JsonShape = { kind: 'text', pattern: /^\/[^\s?#]*$/, expected: 'a path such as /api/v1' };

const PROVIDER: { readonly [K in keyof Required<UserProvider>]: ShapeField } = {
  extends: { shape: TEXT_SHAPE, help: 'Provider whose row is the base. Default: the one of the same name, if any.' },
  title: { shape: TEXT_SHAPE, help: 'Name for people.' },
  aliases: { shape: TEXTS, help: 'Other names for AI_PROVIDER.' },
  base_url: {
    shape: { kind: 'either', shapes: [URL_TEXT, { kind: 'list', of: URL_TEXT }], expected: 'a URL or a list of URLs' },
    help: 'Base URL, or several; requests go to the first.',
  },
  hosts: { shape: { kind: 'list', of: HOST }, help: 'Further hosts of the provider; * stands for one label.' },
  key_variables: {
    shape: { kind: 'list', of: VARIABLE },
    help: 'Environment variables that may hold the key; [] for a provider that needs none.',
  },
  local: { shape: SWITCH, help: 'A server that needs no key.' },
  docs: { shape: URL_TEXT, help: 'Documentation of the provider.' },
  default_model: { shape: TEXT_SHAPE, help: 'Model for requests that name none. Default: the first one.' },
  slashed_ids: { shape: SWITCH, help: 'Model ids contain slashes, so provider/model is not read as a route.' },
  responses: {
    shape: {
      kind: 'either',
      shapes: [
        SWITCH,
        {
          kind: 'object',
          fields: {
            base_path: { shape: PATH, help: 'Path in front of /responses, instead of that of base_url.' },
            models: { shape: TEXTS, help: 'Ids that it serves. Default: all.' },
          },
        },
      ],
      expected: 'true, false or an object',
    },
    help: 'A Responses endpoint of the provider.',
  },
  dialect: { shape: { kind: 'object', fields: DIALECT }, help: 'How the provider differs from the neutral request.' },
  models: { shape: { kind: 'map', of: { kind: 'object', fields: MODEL } }, help: 'Models by id.' },
  ...CHANGES,
};

/** The shape of the whole file. */
export const FILE_SHAPE: JsonShape = {
  kind: 'object',
  required: ['providers'],
  fields: {
    $schema: { shape: TEXT_SHAPE, help: 'The JSON Schema of this file, for editors.' },
    providers: {
      shape: {
        kind: 'map',
        of: { kind: 'object', fields: PROVIDER },
        keys: /^[a-z][a-z0-9.-]*$/,
        expectedKeys: 'lower-case letters, digits, dots and dashes',
      },
      help: 'Providers by name.',
    },
  },
};

/** Renders the JSON Schema that is shipped for editors. */
export function renderUserSchema(): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Providers of aliyun-codex-bridge',
    ...toJsonSchema(FILE_SHAPE),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
