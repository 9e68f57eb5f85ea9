/**
 * Lists error texts that any host may send, because providers share server software and gateways relay errors.
 * Codes that are specific to one provider are in its row in src/providers. Sources: upstreams.md, section 5, and the
 * fixtures in test/fixtures/errors, each of which names its source.
 */
import type { ErrorKind } from './error-table';
import type { ErrorRule } from './error-rule';

/** Matches any of these patterns, ignoring case. */
export const anyOf = (...pieces: readonly string[]): RegExp => new RegExp(pieces.join('|'), 'i');

/**
 * Wordings take precedence over statuses: the same text is sent with 400, 403, 429, 500 or inside a 200. The first
 * match wins, so a temporary limit comes before a full context ("too many tokens, please wait"), and an exhausted plan
 * before a temporary limit.
 */
export const WORDINGS: readonly ErrorRule[] = [
  {
    // Groq (413) and OpenAI (429): one request exceeds the per-minute limit, so waiting does not help.
    kind: 'context_overflow',
    pattern: anyOf(
      'request too large for',
      'tokens per min.{0,200}(must be reduced|reduce your (message|prompt))',
    ),
    advice: 'This request alone exceeds the per-minute limit of {host}. Shorten it, or raise the limit there.',
  },
  { kind: 'wrong_client', pattern: /only available for coding agents/i },
  {
    kind: 'quota',
    pattern: anyOf(
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
  // An exhausted weekly quota has the same type (openclaw#142656); the row above matches it.
  { kind: 'wrong_client', pattern: /access_terminated_error/i },
  {
    kind: 'overload',
    pattern: anyOf(
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
    pattern: /#token-limit/i,
    advice: 'This is a limit on tokens per minute, not a quota of the account; it clears within a minute.',
    pauseMs: 20_000,
  },
  {
    kind: 'rate_limit',
    pattern: anyOf(
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
  // Must come after the limit on tokens per minute, which has the same code and the anchor #token-limit.
  { kind: 'quota', pattern: /insufficient_quota/i },
  {
    kind: 'moderation',
    pattern: anyOf(
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
    pattern: /repetitive tool calls/i,
    advice:
      'The conversation repeats the same call many times, and {host} rejects such a history. ' +
      'Go back to before the repetition (Esc twice in Codex), try /compact, or start a new thread.',
  },
  {
    kind: 'context_overflow',
    pattern: anyOf(
      'range of input length',
      // vLLM, old and new.
      'maximum (input|prompt|model) length',
      '(model|endpoint)\'s context length',
      'longer than the (model|maximum|context)',
      'context length (is|of) only',
      // Gemini; Copilot.
      'token count.{0,60}exceeds',
      // llama.cpp: older versions send 500 with this text.
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
      // LiteLLM names the exception; Anthropic, Bedrock and Cohere through gateways.
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
    // Caused by a server setting or template, whatever the status: a retry would fail in the same way.
    kind: 'upstream_rejected',
    pattern: anyOf(
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
    pattern: anyOf(
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
    pattern: anyOf(
      'incorrect api key',
      'invalid[ _-]?api[ _-]?key',
      'invalid access token',
      'token expired',
      'api key.{0,40}is invalid',
    ),
  },
];

/** The kind for a status when no wording matches. */
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
  // Cloudflare: the origin does not respond.
  522: 'timeout',
  524: 'timeout',
  529: 'overload',
};

/** An HTML page comes from a proxy or gateway in front of the API, so it says nothing about the key. */
export const PAGE_STATUSES: Readonly<Record<number, ErrorKind>> = {
  401: 'forbidden',
  403: 'forbidden',
  407: 'forbidden',
};

/** What the user can do, by kind; `{host}` is the upstream's host. */
export const ADVICE: { readonly [K in ErrorKind]?: string } = {
  auth: 'Check that AI_API_KEY belongs to {host}.',
  wrong_client:
    'The plan accepts only known coding tools, which it recognizes by their User-Agent. The bridge forwards the ' +
    'User-Agent of its client; UPSTREAM_USER_AGENT sets a different one, at your own risk.',
  model_not_found: 'Check the model name: ids must match exactly; `aliyun-codex-bridge models` lists them.',
  quota: 'Retrying will not help until the quota resets.',
  not_found: '{host} has no API at this path. Check AI_API_BASE; it usually ends in /v1.',
  forbidden: 'A proxy or firewall in front of {host} answered, not the API. Check the network and AI_API_BASE.',
  moderation:
    'The content filter of {host} rejected this. Rephrase, or go back to before that text (Esc twice in Codex).',
};
