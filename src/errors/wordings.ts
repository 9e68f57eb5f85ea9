/**
 * Wordings of failures that any host may use: providers share servers, copy each other, and are relayed by gateways.
 * What a code means at one provider alone is in its row in src/providers. Sources: upstreams.md, section 5, and the
 * fixtures in test/fixtures/errors, each of which says where its body comes from.
 */
import type { ErrorKind } from './error-table';
import type { ErrorRule } from './error-rule';

/** One of these pieces of regular expressions, in upper or lower case. */
export const anyOf = (...pieces: readonly string[]): RegExp => new RegExp(pieces.join('|'), 'i');

/**
 * Wordings decide before statuses do: the same wording comes with 400, 403, 429, 500 or inside a 200. The first match
 * wins, so a limit that passes comes before a full context ("too many tokens, please wait"), and a used-up plan before
 * a limit that passes.
 */
export const WORDINGS: readonly ErrorRule[] = [
  {
    // Groq (413) and OpenAI (429): one request is larger than the limit of a minute, so no wait helps.
    kind: 'context_overflow',
    says: anyOf(
      'request too large for',
      'tokens per min.{0,200}(must be reduced|reduce your (message|prompt))',
    ),
    advice: 'The request alone is larger than the limit of a minute at {host}: shorten it, or raise the limit there.',
  },
  { kind: 'wrong_client', says: /only available for coding agents/i },
  {
    kind: 'quota',
    says: anyOf(
      '(hour|week|month|free) allocated quota exceeded',
      'FreeTierOnly',
      'insufficient[_ ](account )?(balance|funds)',
      'balance is insufficient',
      'overdue balance',
      'Arrearage',
      '余额不足',
      'requires more credits',
      'usage limit (reached|exceeded)',
      'limit exhausted',
      '(weekly|monthly|daily)\\b.{0,20}(usage )?(limit|quota)',
      '使用上限',
      '(package|plan|subscription) has expired',
      'InvalidSubscription',
      'fair usage policy',
      'request reached \\S+ TPD',
      'exceeded_current_quota',
      'insufficient_user_quota',
    ),
  },
  // The same type stands on a week that is used up (openclaw#142656), which the row above knows.
  { kind: 'wrong_client', says: /access_terminated_error/i },
  {
    kind: 'overload',
    says: anyOf(
      'system capacity limits',
      'engine.{0,20}overloaded',
      'overloaded_error',
      'server ?overloaded',
      'system is too busy',
      '访问量过大',
    ),
  },
  {
    kind: 'rate_limit',
    says: /#token-limit/i,
    advice: 'It is a limit of tokens per minute, not of the account: it clears within a minute.',
    pauseMs: 20_000,
  },
  {
    kind: 'rate_limit',
    says: anyOf(
      'throttling',
      'rate[ _]?limit',
      'too many requests',
      'too many tokens, please wait',
      'concurrency',
      'limit_requests',
      'limit_burst_rate',
      '速率限制',
    ),
  },
  // After the throttle of tokens per minute, which has the same code and the anchor #token-limit.
  { kind: 'quota', says: /insufficient_quota/i },
  {
    kind: 'moderation',
    says: anyOf(
      'data_?inspection_?failed',
      'inappropriate content',
      'content_policy',
      'content_filter',
      'moderation block',
      'sensitive ?content',
      'unsafe or sensitive',
      'new_sensitive',
    ),
  },
  {
    kind: 'upstream_rejected',
    says: /repetitive tool calls/i,
    advice:
      'The conversation holds the same call again and again, and {host} refuses such a history. ' +
      'Go back to before the repetition (Esc twice in Codex), try /compact, or start a new thread.',
  },
  {
    kind: 'context_overflow',
    says: anyOf(
      'range of input length',
      // vLLM, old and new.
      'maximum (input|prompt|model) length',
      '(model|endpoint)\'s context length',
      'longer than the (model|maximum|context)',
      'context length (is|of) only',
      // Gemini; Copilot.
      'token count.{0,60}exceeds',
      // llama.cpp: 500 with these words in older versions.
      'context size has been exceeded',
      'input is too large to process',
      'exceeds? (the )?(available |maximum )?context',
      // SGLang, Ollama, text-generation-inference, Together.
      '(input|prompt|requested?)( token)?( length| count)?( \\([^)]*\\))? exceeds?.{0,40}(context|max|allowed)',
      '`inputs`.{0,40}(must be <=|must have less than)',
      // LM Studio.
      'when context the overflows',
      'reached context length',
      'context (length|window|size) (was )?exceeded',
      // LiteLLM names the exception; Anthropic, Bedrock, Cohere behind gateways.
      'ContextWindowExceeded',
      'input is too long',
      'exceeds? (the )?context limit',
      'prompt cannot exceed',
      'reduce the length of (the|your) (messages?|input|prompt)',
      'tokens in request more than max',
      'message token length exceed',
      'prompt (is )?too long',
      'Prompt 超长',
      'exceeds max length',
      'context window',
      'exceeded model token limit',
      'maximum context length',
      'exceeds the available context',
      'exceed_context_size',
      'greater than the context length',
      'exceeded max context length',
      'context_length_exceeded',
      'max_seq_len',
      'OutofContext',
      'exceed max message tokens',
    ),
  },
  {
    // A setting or a template of the server decides, whatever the status: a retry is answered in the same way.
    kind: 'upstream_rejected',
    says: anyOf(
      'image input is not supported',
      'requires? (the )?--\\w',
      'support image input',
      'mmproj',
      '(chat|jinja|prompt) template',
      'jinja',
      'raise_exception',
      'roles must alternate',
      'cannot pass both content and thinking',
      'JSON schema conversion failed',
      '(failed|unable) to (parse|generate|compile|initialize).{0,20}(grammar|parser for this template|samplers)',
      'unsupported content\\[\\]\\.type',
    ),
  },
  {
    kind: 'model_not_found',
    says: anyOf(
      'model .{0,80}(is not supported|(does )?not exist|not found)',
      'model_not_found',
      'unknown ?model',
      'not found the model',
      'no endpoints found',
      'product is not activated',
      'ModelNotOpen',
      'UnsupportedModel',
      '模型不存在',
    ),
  },
  {
    kind: 'auth',
    says: anyOf(
      'incorrect api key',
      'invalid[ _-]?api[ _-]?key',
      'invalid access token',
      'token expired',
      'api key.{0,40}is invalid',
    ),
  },
];

/** What a status means when no wording is known. */
export const STATUSES: Readonly<Record<number, ErrorKind>> = {
  401: 'auth',
  402: 'quota',
  403: 'auth',
  404: 'not_found',
  408: 'timeout',
  413: 'context_overflow',
  429: 'rate_limit',
  503: 'overload',
  504: 'timeout',
  // Cloudflare: the origin does not answer.
  522: 'timeout',
  524: 'timeout',
  529: 'overload',
};

/** A page comes from something in front of the API: it says nothing of the key. */
export const PAGE_STATUSES: Readonly<Record<number, ErrorKind>> = {
  401: 'forbidden',
  403: 'forbidden',
  407: 'forbidden',
};

/** What the user can do, by kind; `{host}` is the upstream's host. */
export const ADVICE: { readonly [K in ErrorKind]?: string } = {
  auth: 'Check that AI_API_KEY belongs to {host}.',
  wrong_client:
    'It accepts only the coding tools it knows, by their User-Agent. The bridge forwards that of the client; ' +
    'UPSTREAM_USER_AGENT sets another one, on your own responsibility.',
  model_not_found: 'Check the model name: ids are exact; `aliyun-codex-bridge models` lists them.',
  quota: 'Retrying will not help until the quota resets.',
  not_found: '{host} has no API at this path. Check AI_API_BASE; it usually ends in /v1.',
  forbidden: 'A proxy or firewall in front of {host} answered, not the API. Check the network and AI_API_BASE.',
  moderation:
    'The content filter of {host} decides: rephrase, or go back to before what it objects to (Esc twice in Codex).',
};
