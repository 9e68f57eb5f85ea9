/** OPTIONS, the one table of everything a user can set; `Config` is inferred from it. */
import { DEFAULT_BASE_URL } from '../providers/default-base-url';
import { option, optional, type Option } from './option';
import { providerName } from './provider-name';
import { baseUrl, folder, headerText, host, key, onOff, port, text } from './value-types';
import { choice, integer, megabytes, milliseconds, pairs } from './value-types';

const TABLE = {
  host: option({
    flags: ['--host'],
    env: ['HOST'],
    type: host,
    default: '127.0.0.1',
    group: 'listen',
    help: 'Address to listen on; anything but a loopback address lets other machines use your key.',
  }),
  port: option({
    flags: ['--port'],
    env: ['PORT'],
    type: port,
    default: 31415,
    group: 'listen',
    help: 'Port to listen on; 0 picks a free one.',
  }),
  aiBaseUrl: option({
    flags: ['--ai-base-url'],
    env: ['AI_API_BASE'],
    type: baseUrl,
    default: DEFAULT_BASE_URL,
    group: 'upstream',
    help: 'Base URL of the Chat Completions API; /chat/completions is put behind it.',
  }),
  provider: optional({
    flags: ['--provider'],
    env: ['AI_PROVIDER'],
    type: providerName,
    group: 'upstream',
    help: 'Provider whose rules, address and key variables apply; without it the host of the base URL tells.',
  }),
  wire: option({
    flags: ['--wire'],
    env: ['UPSTREAM_WIRE'],
    type: choice('chat', 'responses'),
    default: 'chat',
    group: 'upstream',
    help: "Protocol to ask the provider in: Chat Completions, or its own Responses endpoint for the models that have one.",
  }),
  aiApiKey: optional({
    flags: ['--ai-api-key'],
    env: ['AI_API_KEY'],
    type: key,
    group: 'upstream',
    help: "API key; without it the provider's own variable counts. Prefer a variable: flags show in the process list.",
    secret: true,
  }),
  forceEnvAuth: option({
    flags: ['--force-env-auth'],
    env: ['FORCE_ENV_AUTH'],
    type: onOff,
    default: true,
    group: 'upstream',
    help: 'Use the API key above and ignore the Authorization header of requests; off forwards that header instead.',
  }),
  defaultModel: optional({
    flags: ['--default-model'],
    env: ['DEFAULT_MODEL'],
    type: text,
    group: 'upstream',
    help: 'Model for requests that name none; without it the provider decides.',
  }),
  smallModel: optional({
    flags: ['--small-model'],
    env: ['SMALL_MODEL'],
    type: text,
    group: 'upstream',
    help: 'Model that writes the titles of threads; without it the model of the thread does.',
  }),
  discoverModels: option({
    flags: ['--discover-models'],
    env: ['DISCOVER_MODELS'],
    type: onOff,
    default: false,
    group: 'upstream',
    help: "Complete the model catalogue with the provider's own list, where it has one.",
  }),
  modelMap: optional({
    flags: ['--model-map'],
    env: ['MODEL_MAP'],
    type: pairs,
    group: 'upstream',
    help: 'Other names for models, also of other providers: alias=model or alias=provider/model, with commas between.',
  }),
  userAgent: optional({
    flags: ['--user-agent'],
    env: ['UPSTREAM_USER_AGENT'],
    type: headerText,
    group: 'upstream',
    help: 'User-Agent sent to the provider; without it the one of the request is forwarded.',
  }),
  bodyLimitMb: option({
    flags: ['--body-limit-mb'],
    env: ['BODY_LIMIT_MB'],
    type: megabytes(1, 1024),
    default: 48,
    group: 'limits',
    help: 'Largest request body that is read; images travel in it as base64.',
  }),
  drainTimeoutMs: option({
    flags: ['--drain-timeout-ms'],
    env: ['DRAIN_TIMEOUT_MS'],
    type: milliseconds(0),
    default: 5_000,
    group: 'limits',
    help: 'How long running answers may go on after the first Ctrl-C or SIGTERM.',
  }),
  upstreamConnectTimeoutMs: option({
    flags: ['--upstream-connect-timeout-ms'],
    env: ['UPSTREAM_CONNECT_TIMEOUT_MS'],
    type: milliseconds(),
    default: 15_000,
    group: 'limits',
    help: 'How long connecting to the provider may take.',
  }),
  upstreamFirstByteTimeoutMs: option({
    flags: ['--upstream-first-byte-timeout-ms'],
    env: ['UPSTREAM_FIRST_BYTE_TIMEOUT_MS'],
    type: milliseconds(),
    default: 300_000,
    group: 'limits',
    help: 'How long the provider may take to begin its answer.',
  }),
  upstreamIdleTimeoutMs: option({
    flags: ['--upstream-idle-timeout-ms'],
    env: ['UPSTREAM_IDLE_TIMEOUT_MS'],
    type: milliseconds(),
    default: 300_000,
    group: 'limits',
    help: 'How long the provider may be silent in the middle of an answer.',
  }),
  upstreamCalls: option({
    flags: ['--upstream-calls'],
    env: ['UPSTREAM_CALLS'],
    type: integer(1, 10, 'calls'),
    default: 4,
    group: 'limits',
    help: 'Most calls to the provider for one turn, while it is overloaded or cannot be reached; 1 never asks again.',
  }),
  retryWaitMs: option({
    flags: ['--retry-wait-ms'],
    env: ['RETRY_WAIT_MS'],
    type: milliseconds(0),
    default: 20_000,
    group: 'limits',
    help: 'Longest wait before asking the provider again; if it asks for more, the turn ends and says so.',
  }),
  refusalCacheMs: option({
    flags: ['--refusal-cache-ms'],
    env: ['REFUSAL_CACHE_MS'],
    type: milliseconds(0),
    default: 5_000,
    group: 'limits',
    help: 'How long the same request is answered with the same refusal without asking the provider; 0 asks always.',
  }),
  keepAliveMs: option({
    flags: ['--keep-alive-ms'],
    env: ['KEEP_ALIVE_MS'],
    type: milliseconds(0),
    default: 15_000,
    group: 'limits',
    help: 'Silence of the provider after which the client gets a sign of life; 0 sends none.',
  }),
  clientStallTimeoutMs: option({
    flags: ['--client-stall-timeout-ms'],
    env: ['CLIENT_STALL_TIMEOUT_MS'],
    type: milliseconds(),
    default: 120_000,
    group: 'limits',
    help: 'How long a client may stop reading before it is dropped.',
  }),
  allowTools: option({
    flags: ['--allow-tools'],
    env: ['ALLOW_TOOLS'],
    type: choice('auto', '1', '0'),
    default: 'auto',
    group: 'translation',
    help: 'Offer tools to the model: auto if the request uses tools and the model can, 1 to every model, 0 to none.',
  }),
  allowSystem: option({
    flags: ['--allow-system'],
    env: ['ALLOW_SYSTEM'],
    type: onOff,
    default: true,
    group: 'translation',
    help: 'Send instructions as a system message; off puts them into the first user message.',
  }),
  allowMultiToolCalls: option({
    flags: ['--allow-multi-tool-calls'],
    env: ['ALLOW_MULTI_TOOL_CALLS'],
    type: onOff,
    default: true,
    group: 'translation',
    help: 'Let the model call several tools in one answer.',
  }),
  toolMarkup: option({
    flags: ['--tool-markup'],
    env: ['TOOL_MARKUP'],
    type: onOff,
    default: true,
    group: 'translation',
    help: 'Turn tool calls that a model wrote into its text into real calls.',
  }),
  webSearch: option({
    flags: ['--web-search'],
    env: ['WEB_SEARCH'],
    type: onOff,
    default: false,
    group: 'translation',
    help: "Map the web_search tool to the provider's own search, where there is one.",
  }),
  reasoningOutput: option({
    flags: ['--reasoning-output'],
    env: ['REASONING_OUTPUT'],
    type: choice('text', 'summary', 'both'),
    default: 'both',
    group: 'reasoning',
    help: 'How reasoning reaches the client: as reasoning text, as a summary, or as both.',
  }),
  suppressReasoningText: option({
    flags: ['--suppress-reasoning-text'],
    env: ['SUPPRESS_REASONING_TEXT'],
    type: onOff,
    default: false,
    group: 'reasoning',
    help: 'Hide reasoning from the client; it still survives from turn to turn.',
  }),
  forwardReasoning: option({
    flags: ['--forward-reasoning'],
    env: ['FORWARD_REASONING'],
    type: onOff,
    default: false,
    group: 'reasoning',
    help: 'Send the nested reasoning object of the request to the provider, as version 0.1.2 did.',
  }),
  store: optional({
    flags: ['--store'],
    env: ['BRIDGE_STORE'],
    type: folder,
    group: 'state',
    help: 'Folder to keep answers in, for previous_response_id after a restart; without it they are kept in memory.',
  }),
  storeMaxResponses: option({
    flags: ['--store-max-responses'],
    env: ['STORE_MAX_RESPONSES'],
    type: integer(1, 100_000, 'answers'),
    default: 500,
    group: 'state',
    help: 'Most answers that are kept; the least recently used one goes first.',
  }),
  storeMaxMb: option({
    flags: ['--store-max-mb'],
    env: ['STORE_MAX_MB'],
    type: megabytes(1, 65_536),
    default: 64,
    group: 'state',
    help: 'Most room for answers that are kept, with their requests.',
  }),
  storeMaxAgeHours: option({
    flags: ['--store-max-age-hours'],
    env: ['STORE_MAX_AGE_HOURS'],
    type: integer(1, 8_760, 'hours'),
    default: 24,
    group: 'state',
    help: 'How long an answer is kept after it was last used.',
  }),
  logLevel: option({
    flags: ['--log-level'],
    env: ['LOG_LEVEL'],
    type: choice('debug', 'info', 'warn', 'error'),
    default: 'info',
    group: 'log',
    help: 'The least important messages that are logged.',
  }),
  logFormat: option({
    flags: ['--log-format'],
    env: ['LOG_FORMAT'],
    type: choice('text', 'json'),
    default: 'text',
    group: 'log',
    help: 'Log lines for people or for programs.',
  }),
  logStreamRaw: option({
    flags: ['--log-stream-raw'],
    env: ['LOG_STREAM_RAW'],
    type: onOff,
    default: false,
    group: 'log',
    help: 'Log what the provider streams, at log level debug; it contains your conversation.',
  }),
  logStreamMax: option({
    flags: ['--log-stream-max'],
    env: ['LOG_STREAM_MAX'],
    type: integer(1, 1_000_000, 'characters'),
    default: 800,
    group: 'log',
    help: 'Where a logged piece of the stream is cut off.',
  }),
};

/** The property names of `Config`. */
export type OptionName = keyof typeof TABLE;

/** Everything the bridge was told: one property for each row; an option without a default may be `undefined`. */
export type Config = { readonly [N in OptionName]: (typeof TABLE)[N]['default'] };

/** The rows, typed so that `OPTIONS[name]` of a generic `name` parses into `Config[name]`. */
export const OPTIONS: { readonly [N in OptionName]: Option<Config[N]> } = TABLE;

/** The names in the order of the table. */
export const OPTION_NAMES = listNames(OPTIONS);

function listNames<T extends object>(table: T): readonly Extract<keyof T, string>[] {
  const names: Extract<keyof T, string>[] = [];
  for (const name in table) names.push(name);
  return names;
}
