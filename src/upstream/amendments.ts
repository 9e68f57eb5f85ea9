/**
 * Refusals that name what to leave out: each row recognises one and says how the request changes. What a model refused
 * once it refuses always, so the change is remembered for the life of the process. Texts: upstreams.md, section 2.
 */
import type { BridgeError } from '../errors/bridge-error';
import { withoutSeals } from '../translate/reshape-messages';
import { withFormatInWords } from '../translate/settings';
import type { ChatRequest } from '../wire/chat';

export interface Amendment {
  readonly name: string;
  readonly amend: (chat: ChatRequest) => ChatRequest;
}

interface Rule {
  /** The amendment for this refusal; undefined when it is about something else, or nothing can be changed. */
  readonly find: (message: string, chat: ChatRequest) => Amendment | undefined;
}

type Field = keyof ChatRequest;

const without = (...fields: readonly Field[]): Amendment => ({
  name: `without ${fields.join(', ')}`,
  amend: (chat) => {
    const rest = { ...chat };
    for (const field of fields) delete rest[field];
    return rest;
  },
});

/** Leaves the fields out when the refusal matches and the request has one of them. */
const dropping = (pattern: RegExp, ...fields: readonly Field[]): Rule => ({
  find: (message, chat) =>
    pattern.test(message) && fields.some((field) => chat[field] !== undefined) ? without(...fields) : undefined,
});

/** Fields that change nothing in what the user asked for: an endpoint that does not know one is asked without it. */
const DISPENSABLE: readonly Field[] = [
  'stream_options',
  'parallel_tool_calls',
  'tool_stream',
  'preserve_thinking',
  'reasoning_split',
  'prompt_cache_key',
  'user',
  'seed',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'top_k',
  'enable_search',
  'thinking_budget',
  'reasoning_effort',
  'chat_template_kwargs',
  'thinking',
  'enable_thinking',
  'reasoning',
  'presence_penalty',
  'frequency_penalty',
  'temperature',
  'top_p',
];

const UNKNOWN_FIELD =
  new RegExp(
    'unknown|unrecognized|unsupported|not supported|not permitted|extra (inputs|fields)|additional propert|' +
    'unexpected|invalid (temperature|parameter)|not allowed', 'i');

const RULES: readonly Rule[] = [
  {
    // DashScope: "tool_choice parameter does not support being set to required or object in thinking mode"; Kimi:
    // "tool_choice 'specified' is incompatible with thinking enabled"; DeepSeek: "Thinking mode does not support this
    // tool_choice".
    find: (message, chat) =>
      /tool_choice/.test(message) && isForced(chat)
        ? { name: 'tool_choice: auto', amend: (body) => ({ ...body, tool_choice: 'auto' }) }
        : undefined,
  },
  { find: findTokenLimit },
  // qwen-code's comment on DashScope: one of the two, never both.
  dropping(/thinking_budget.*reasoning_effort|reasoning_effort.*thinking_budget/s, 'thinking_budget'),
  // "Json mode response is not supported when enable_thinking is true"; "response_format … not supported".
  {
    find: (message, chat) =>
      /json mode|json_schema|response_format/i.test(message) && chat.response_format
        ? { name: 'response_format in words', amend: withFormatInWords }
        : undefined,
  },
  // "Range of n should be [1, 4]"; not with thinking.
  dropping(/\brange of n\b|\bparameter n\b|['"`]n['"`]/i, 'n'),
  // Ollama's Responses endpoint: `invalid reasoning value: "xhigh" (must be "high", "medium", "low", …)`.
  dropping(/invalid reasoning value|reasoning\.effort/, 'reasoning_effort'),
  {
    // Reasoning that another endpoint sealed. vLLM: "Encrypted content is not supported."; OpenAI: "The encrypted
    // content … could not be verified".
    find: (message, chat) =>
      /encrypted.content/i.test(message) && withoutSeals(chat) !== chat
        ? { name: 'reasoning without encrypted_content', amend: withoutSeals }
        : undefined,
  },
  { find: findNamedField },
];

const isForced = ({ tool_choice: choice }: ChatRequest): boolean =>
  choice !== undefined && choice !== 'auto' && choice !== 'none';

/**
 * "Range of max_tokens should be [1, 65536]", "the valid range of max_tokens is [1, 8192]", "限制数值范围[1,131072]"; the
 * Responses API calls it max_output_tokens.
 */
function findTokenLimit(message: string, chat: ChatRequest): Amendment | undefined {
  const limit = /max_(?:completion_|output_)?tokens/.test(message)
    ? Number(/\[\s*\d+\s*,\s*(\d+)\s*\]/.exec(message)?.[1])
    : Number.NaN;
  const field = chat.max_completion_tokens === undefined ? 'max_tokens' : 'max_completion_tokens';
  if (!(limit > 0) || (chat[field] ?? 0) <= limit) return undefined;
  return {
    name: `${field} at most ${limit}`,
    amend: (body) => (body[field] === undefined ? body : { ...body, [field]: Math.min(body[field], limit) }),
  };
}

/** A refusal of something unknown that names a field which can be spared. */
function findNamedField(message: string, chat: ChatRequest): Amendment | undefined {
  if (!UNKNOWN_FIELD.test(message)) return undefined;
  const field = DISPENSABLE.find((name) => chat[name] !== undefined && new RegExp(`\\b${name}\\b`).test(message));
  return field && without(field);
}

/** What each model was seen to refuse. */
export class LearnedAmendments {
  private readonly byModel = new Map<string, Map<string, Amendment>>();

  /** The request with everything changed that its model is known to refuse. */
  apply(chat: ChatRequest): ChatRequest {
    let amended = chat;
    for (const amendment of this.byModel.get(chat.model)?.values() ?? []) amended = amendment.amend(amended);
    return amended;
  }

  /**
   * @param chat the request that was refused
   * @returns the amendment for another try, now remembered; undefined when the refusal is about something else
   */
  learn(error: BridgeError, chat: ChatRequest): Amendment | undefined {
    if (error.kind !== 'upstream_rejected') return undefined;
    const known = this.byModel.get(chat.model) ?? new Map<string, Amendment>();
    for (const rule of RULES) {
      const amendment = rule.find(error.message, chat);
      if (!amendment || known.has(amendment.name)) continue;
      this.byModel.set(chat.model, known.set(amendment.name, amendment));
      return amendment;
    }
    return undefined;
  }
}
