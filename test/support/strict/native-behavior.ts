/**
 * Defines how the Responses endpoint of each provider behaves. Sources: its row in upstreams.md, section 7, and the
 * reports named here.
 */
import type { NativeFault, NativeBehavior, NativeRejection } from './native-rules';

const INVALID = 'invalid_request_error';

const openai = ({ message, param = null, code = null }: Coded): object =>
  ({ error: { message, type: INVALID, param, code } });

interface Coded extends Omit<NativeRejection, 'param'> { readonly param?: string | null; readonly code?: string | null }

/** Sources: CLIProxyAPI#5647, opencodex#4726. */
const KIMI: NativeBehavior = {
  says: {
    tool: () => ({ message: 'Invalid request Error' }),
    item: () => ({ message: 'Invalid request Error' }),
    pair: ({ word }) => ({
      message: "Invalid request: an assistant message with 'tool_calls' must be followed by tool messages responding "
        + `to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${word}`,
    }),
  },
  body: ({ message }) => ({ error: { type: INVALID, message } }),
};

/** Its messages for tools and items are inferred; `auto` is from claude-provider-switcher v1.1.1. */
const ALIYUN: NativeBehavior = {
  lacks: { auto: ['tool_choice', 'parallel_tool_calls'] },
  says: {
    field: ({ word }) => ({ message: `<400> InternalError.Algo.InvalidParameter: ${word} is not supported.` }),
  },
  body: (rejection) => ({ ...openai({ ...rejection, code: 'invalid_parameter_error' }), request_id: 'req-1' }),
};

const inQuotes = ({ word }: NativeFault): string => JSON.stringify(word);

/** Endpoint behaviors by provider name. */
export const NATIVE_BEHAVIOR: Readonly<Record<string, NativeBehavior>> = {
  'aliyun-token-plan': ALIYUN,
  'aliyun-payg': ALIYUN,
  zai: {
    path: '/api/v1/responses',
    models: ['glm-5.3'],
    efforts: ['low', 'high', 'max'],
    says: { model: () => ({ message: 'Unknown model, please check the model code.' }) },
    body: ({ message }) => ({ error: { code: '1211', message } }),
  },
  moonshot: KIMI,
  'kimi-code': KIMI,
  // It silently drops custom tools (CLIProxyAPI#5753); the scripted endpoint rejects them instead, so that tests fail.
  minimax: {
    reasoning: 'summary',
    says: { tool: ({ word }) => ({ message: `invalid params, tool type ${word} is ignored (2013)` }) },
  },
  // DeepSeek-V3#1588; opencodex#938. There is no [DONE].
  deepseek: {
    models: ['deepseek-v4-pro', 'deepseek-v4-flash', 'deepseek-flash'],
    uuids: true,
    efforts: ['none', 'low', 'high', 'max'],
    says: { pair: ({ word }) => ({ message: `No tool output found for tool call ${word}` }) },
    body: ({ message }) => openai({ status: 400, message, code: INVALID }),
  },
  // opencodex#1158.
  mimo: {
    says: { tool: ({ word }) => ({ message: `tool type '${word}' is not supported by this gateway phase.` }) },
    body: ({ message }) => ({
      error: { code: 'responses_feature_not_supported', message, type: 'unsupported_feature' },
    }),
  },
  // new-api#5757, veadk-python#592.
  ark: {
    says: {
      tool: ({ word }) => ({ message: `unknown tool type: ${word}` }),
      field: (fault) => ({ message: `json: unknown field ${inQuotes(fault)}` }),
    },
    body: ({ message }) => ({ error: { code: 'InvalidParameter', message, type: 'BadRequest', param: '' } }),
  },
  // openai/codex#12114, #18307.
  openrouter: {
    reasoning: 'sealed',
    says: {
      tool: () => ({ message: 'Invalid Responses API request' }),
      item: () => ({ message: 'Invalid Responses API request' }),
    },
    body: ({ message }) => ({
      error: { code: 'invalid_prompt', message },
      metadata: { raw: '[{"code":"invalid_union","path":["tools",12],"message":"Invalid input"}]' },
    }),
  },
  vllm: { says: {}, body: ({ message }) => ({ error: { message, type: 'BadRequestError', param: null, code: 400 } }) },
  // sglang#35216.
  sglang: {
    says: { item: ({ word }) => ({ message: `Unsupported Responses API input item type: '${word}'` }) },
    body: ({ message }) => ({ object: 'error', message, type: 'BadRequestError', param: null, code: 400 }),
  },
  // llama.cpp#20156, openai/codex#36942.
  'llama-cpp': {
    oneSystem: true,
    says: {},
    body: ({ message }) => ({ error: { code: 400, message, type: INVALID } }),
  },
  // ollama#17618.
  ollama: {
    efforts: ['none', 'low', 'medium', 'high'],
    says: {
      tool: (fault) => ({
        status: 500, message: `Failed to parse tools: Unsupported tool type: {"type":${inQuotes(fault)}}`,
      }),
    },
  },
  // lmstudio-bug-tracker#1810.
  'lm-studio': {
    says: { tool: ({ index = 0 }) => ({ message: 'Invalid', param: `tools.${index}.type` }) },
    body: (rejection) => openai({ ...rejection, code: 'invalid_string' }),
  },
  // An unknown host.
  'openai-compatible': { says: {} },
};
