/**
 * What individual hosts, templates and gateways reject in addition to a provider's rules. A scripted upstream applies
 * these checks by name. Sources: public reports, named at each row.
 */
import { isRecord } from '../../../src/base/json';
import { recordsOf } from './rule';

type Json = Readonly<Record<string, unknown>>;

export interface Quirk {
  /** 400 when absent. */
  readonly status?: number;
  /** The host's message for the request; undefined if it accepts it. */
  readonly find: (messages: readonly Json[], body: Json) => string | undefined;
  /** The error body. Default: an OpenAI error object. */
  readonly render?: (message: string) => unknown;
}

const callsOf = ({ tool_calls: calls }: Json): readonly Json[] => recordsOf(calls);
const functionsOf = ({ tools }: Json): readonly Json[] =>
  recordsOf(tools).flatMap((tool) => (isRecord(tool['function']) ? [tool['function']] : []));
const partsOf = ({ content }: Json): readonly Json[] => recordsOf(content);
const at = (messages: readonly Json[], isBad: (message: Json, index: number) => boolean): number =>
  messages.findIndex(isBad);

const pydantic = (message: string): unknown => {
  const [path = '', msg = ''] = message.split(': ');
  return { detail: [{ type: 'value_error', loc: ['body', ...path.split('.')], msg, input: '…' }] };
};

/** Every quirk by name. */
export const QUIRKS = {
  // vllm#6862: templates of Mistral and Gemma.
  'roles must alternate': {
    find: (messages) =>
      messages.some(({ role }, index) => index > 0 && role === 'user' && messages[index - 1]?.['role'] === 'user')
        ? 'After the optional system message, conversation roles must alternate user/assistant/user/assistant/...'
        : undefined,
    render: (message) => ({ object: 'error', message, type: 'BadRequestError', param: null, code: 400 }),
  },
  // opencode#1680: Mistral.
  'ids of nine letters': {
    find: (messages) => {
      const ids = messages.flatMap((message) =>
        [...callsOf(message).map(({ id }) => id), ...(message['role'] === 'tool' ? [message['tool_call_id']] : [])]);
      const bad = ids.find((id) => !/^[a-zA-Z0-9]{9}$/.test(String(id)));
      return bad === undefined
        ? undefined
        : `Tool call id was ${String(bad)} but must be a-z, A-Z, 0-9, with a length of 9.`;
    },
    render: (message) => ({ object: 'error', message, type: 'invalid_function_call', param: null, code: '3280' }),
  },
  // cc-switch#3540: any text model at a gateway written in Rust.
  'no pictures': {
    find(messages) {
      const index = at(messages, (message) => partsOf(message).some(({ type }) => type === 'image_url'));
      return index === -1
        ? undefined
        : 'Failed to deserialize the JSON body into the target type: ' +
          `messages[${index}]: unknown variant \`image_url\`, expected \`text\` at line 1 column 56209`;
    },
  },
  // OpenRouter.
  'no endpoint for pictures': {
    status: 404,
    find: (messages) =>
      messages.some((message) => partsOf(message).some(({ type }) => type === 'image_url'))
        ? 'No endpoints found that support image input'
        : undefined,
    render: (message) => ({ error: { message, code: 404 } }),
  },
  // litellm#31400: gateways in front of Bedrock.
  'tools for a history with calls': {
    find: (messages, body) =>
      functionsOf(body).length === 0 && messages.some((each) => each['role'] === 'tool' || callsOf(each).length > 0)
        ? 'bedrock error: The toolConfig field must be defined when using toolUse and toolResult content blocks.'
        : undefined,
  },
  // qwen-code#11045: Cerebras and Groq.
  'no reasoning in messages': {
    find(messages) {
      const index = at(messages, (message) => message['reasoning_content'] !== undefined);
      const path = `messages.${index}.assistant.reasoning_content`;
      return index === -1 ? undefined : `${path}: property '${path}' is unsupported`;
    },
    render: (message) => ({ message, type: 'invalid_request_error', param: 'validation_error', code: 'wrong_format' }),
  },
  // FastAPI with pydantic: a 422.
  'extra inputs are forbidden': {
    status: 422,
    find(messages) {
      const index = at(messages, (message) => message['reasoning_content'] !== undefined);
      return index === -1 ? undefined : `messages.${index}.assistant.reasoning_content: Extra inputs are not permitted`;
    },
    render: pydantic,
  },
  // llama.cpp#17040: the template of gpt-oss throws, which the server reports as a 500.
  'content or thinking': {
    status: 500,
    find: (messages) =>
      messages.some((message) => callsOf(message).length > 0 && message['content'] && message['reasoning_content'])
        ? 'Cannot pass both content and thinking in an assistant message with tool calls! at row 290, column 178'
        : undefined,
    render: (message) => ({ error: { code: 500, message, type: 'server_error' } }),
  },
  // Mistral.
  'no user after tool': {
    find: (messages) =>
      messages.some(({ role }, index) => role === 'user' && messages[index - 1]?.['role'] === 'tool')
        ? "Unexpected role 'user' after role 'tool'"
        : undefined,
    render: (message) => ({ object: 'error', message, type: 'invalid_request_message_order', code: '3230' }),
  },
  // Gemma.
  'no system message': {
    status: 500,
    find: (messages) => (messages.some(({ role }) => role === 'system') ? 'System role not supported' : undefined),
    render: (message) => ({ error: { code: 500, message, type: 'server_error' } }),
  },
  // wcgw#51: hosts of older OpenAI models.
  'short descriptions': {
    find(_messages, body) {
      const index = functionsOf(body).findIndex(({ description }) => String(description ?? '').length > 1_024);
      return index === -1
        ? undefined
        : `Invalid 'tools[${index}].function.description': string too long. ` +
          'Expected a string with maximum length 1024.';
    },
  },
  // hass_local_openai_llm#13: llama.cpp converts each schema to a grammar.
  'no required variants': {
    find(_messages, body) {
      const found = /\{"required":\[[^\]]*\]\}/.exec(JSON.stringify(functionsOf(body)));
      return found ? `JSON schema conversion failed:\nUnrecognized schema: ${found[0]}` : undefined;
    },
  },
  // CLIProxyAPI#2101: newer OpenAI models.
  'max_completion_tokens': {
    find: (_messages, { max_tokens: limit }) =>
      limit === undefined
        ? undefined
        : "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
  },
  // vercel/ai#1578: Groq.
  'no stream_options': {
    find: (_messages, { stream_options: options }) =>
      options === undefined ? undefined : "property 'stream_options' is unsupported, did you mean 'stream'?",
  },
} as const satisfies Record<string, Quirk>;

export type QuirkName = keyof typeof QUIRKS;

/** Returns the response for the first of these quirks that rejects the request; undefined if none does. */
export function validateQuirks(
  names: readonly QuirkName[], body: unknown,
): { readonly name: QuirkName; readonly message: string; readonly status: number; readonly body: string } | undefined {
  if (!isRecord(body)) return undefined;
  for (const name of names) {
    const { find, status = 400, render = openAi }: Quirk = QUIRKS[name];
    const message = find(recordsOf(body['messages']), body);
    if (message !== undefined) return { name, message, status, body: JSON.stringify(render(message)) };
  }
  return undefined;
}

const openAi = (message: string): unknown => ({
  error: { message, type: 'invalid_request_error', param: null, code: null },
});
