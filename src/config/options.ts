/** The table of everything a user can set; the type `Config` is inferred from it. */
import { DEFAULT_BASE_URL, type Provider } from '../providers/provider';
import { SEARCH_NAMES } from '../providers/search-names';
import type { ProxyVariables } from './proxies';
import { option, optional, type Option } from './option';
import {
  baseUrl, choice, file, folder, folderOrRedis, headerPairs, headerText, host, hosts, integer, key, keyPrefix,
  megabytes, milliseconds, models, onOff, origins, pairs, port, providerName, searchUrl, text,
} from './value-types';

const TABLE = {
  host: option({
    flags: ['--host'],
    env: ['HOST'],
    type: host,
    default: '127.0.0.1',
    group: 'listen',
    help: 'Address to listen on; any non-loopback address requires an access token.',
  }),
  port: option({
    flags: ['--port'],
    env: ['PORT'],
    type: port,
    default: 31415,
    group: 'listen',
    help: 'Port to listen on; 0 picks a free one.',
  }),
  allowHost: optional({
    flags: ['--allow-host'],
    env: ['ALLOW_HOST'],
    type: hosts,
    group: 'listen',
    help: 'Additional host names under which clients may reach the bridge, such as that of a reverse proxy.',
  }),
  allowOrigin: optional({
    flags: ['--allow-origin'],
    env: ['ALLOW_ORIGIN'],
    type: origins,
    group: 'listen',
    help: 'Origins of the web pages that may use the bridge; all others are rejected.',
  }),
  socket: optional({
    flags: ['--socket'],
    env: ['BRIDGE_SOCKET'],
    type: file,
    group: 'listen',
    help: 'Unix socket to listen on instead of host and port; only your user may connect.',
  }),
  accessToken: optional({
    flags: ['--access-token'],
    env: ['BRIDGE_ACCESS_TOKEN'],
    type: key,
    group: 'listen',
    help: 'Token that clients must send; several as name=token,name=token. Prefer the variable: flags are visible.',
    secret: true,
  }),
  accessTokenFile: optional({
    flags: ['--access-token-file'],
    env: ['BRIDGE_ACCESS_TOKEN_FILE'],
    type: file,
    group: 'listen',
    help: 'File of access tokens, one name=token per line; changes apply without a restart.',
  }),
  insecureNoToken: option({
    flags: ['--insecure-no-token'],
    env: ['INSECURE_NO_TOKEN'],
    type: onOff,
    default: false,
    group: 'listen',
    help: 'Listen on a non-loopback address without an access token: anyone who can reach it can use your key.',
  }),
  aiBaseUrl: option({
    flags: ['--ai-base-url'],
    env: ['AI_API_BASE'],
    type: baseUrl,
    default: DEFAULT_BASE_URL,
    group: 'upstream',
    help: 'Base URL of the Chat Completions API; /chat/completions is appended.',
  }),
  provider: optional({
    flags: ['--provider'], env: ['AI_PROVIDER'], type: providerName, group: 'upstream',
    help: 'Provider whose rules, address and key variables apply. Default: detected from the host of the base URL.',
  }),
  providers: optional({
    flags: ['--providers'], env: ['AI_PROVIDERS'], type: file, group: 'upstream',
    help: 'File that defines your own providers. Default: providers.json in the config folder, if it exists.',
  }),
  upstreamHeader: optional({
    flags: ['--upstream-header'], env: ['UPSTREAM_HEADER'], type: headerPairs, group: 'upstream',
    help: 'Extra request headers for the provider: NAME=VALUE, comma-separated; $NAME in a value is a variable.',
    secret: true,
  }),
  wire: option({
    flags: ['--wire'],
    env: ['UPSTREAM_WIRE'],
    type: choice('auto', 'chat', 'responses'),
    default: 'auto',
    group: 'upstream',
    help: "Upstream protocol: Chat Completions, or the provider's own Responses endpoint; auto decides for each model.",
  }),
  aiApiKey: optional({
    flags: ['--ai-api-key'],
    env: ['AI_API_KEY'],
    type: key,
    group: 'upstream',
    help: "API key. Default: the provider's own variable. Prefer a variable: process lists show flags.",
    secret: true,
  }),
  forceEnvAuth: option({
    flags: ['--force-env-auth'],
    env: ['FORCE_ENV_AUTH'],
    type: onOff,
    default: true,
    group: 'upstream',
    help: 'Use the API key above and ignore the Authorization header of requests; off forwards that header.',
  }),
  defaultModel: optional({
    flags: ['--default-model'], env: ['DEFAULT_MODEL'], type: text, group: 'upstream',
    help: "Model for requests that do not name one. Default: the provider's default model.",
  }),
  smallModel: optional({
    flags: ['--small-model'], env: ['SMALL_MODEL'], type: text, group: 'upstream',
    help: "Model that writes thread titles. Default: the thread's own model.",
  }),
  fallback: optional({
    flags: ['--fallback'], env: ['FALLBACK_MODELS'], type: models, group: 'upstream',
    help: 'Models that answer, in this order, while the model of the request is out of quota, down or gone.',
  }),
  visionModel: optional({
    flags: ['--vision-model'], env: ['VISION_MODEL'], type: text, group: 'upstream',
    help: 'Model that describes pictures for models that accept none; each picture once. Default: no descriptions.',
  }),
  upstreamCa: optional({
    flags: ['--upstream-ca'], env: ['UPSTREAM_CA'], type: file, group: 'upstream',
    help: 'PEM file with certificate authorities to trust in addition to those of Node.',
  }),
  upstreamCert: optional({
    flags: ['--upstream-cert'], env: ['UPSTREAM_CERT'], type: file, group: 'upstream',
    help: 'PEM file with the client certificate for the provider, and with its key.',
  }),
  discoverModels: optional({
    flags: ['--discover-models'], env: ['DISCOVER_MODELS'], type: onOff, group: 'upstream',
    help: 'Add the models that the provider lists. Default: on for providers whose models the bridge does not know.',
  }),
  modelMap: optional({
    flags: ['--model-map'], env: ['MODEL_MAP'], type: pairs, group: 'upstream',
    help: 'Model aliases, also for other providers: alias=model or alias=provider/model, comma-separated.',
  }),
  userAgent: optional({
    flags: ['--user-agent'], env: ['UPSTREAM_USER_AGENT'], type: headerText, group: 'upstream',
    help: "User-Agent sent to the provider. Default: the client's own.",
  }),
  bodyLimitMb: option({
    flags: ['--body-limit-mb'],
    env: ['BODY_LIMIT_MB'],
    type: megabytes(1, 1024),
    default: 48,
    group: 'limits',
    help: 'Maximum size of a request body; images are part of it as base64.',
  }),
  bodyMaxDepth: option({
    flags: ['--body-max-depth'],
    env: ['BODY_MAX_DEPTH'],
    type: integer(8, 1_000, 'levels'),
    default: 256,
    group: 'limits',
    help: 'Maximum nesting depth of arrays and objects in a request body.',
  }),
  bodyMaxValues: option({
    flags: ['--body-max-values'],
    env: ['BODY_MAX_VALUES'],
    type: integer(1_000, 10_000_000, 'values'),
    default: 250_000,
    group: 'limits',
    help: 'Maximum number of array items and object keys in a request body.',
  }),
  bodiesInFlightMb: option({
    flags: ['--bodies-in-flight-mb'],
    env: ['BODIES_IN_FLIGHT_MB'],
    type: megabytes(1, 65_536),
    default: 36,
    group: 'limits',
    help: 'Maximum total size of requests in progress; further ones wait, and get status 503 after 10 seconds.',
  }),
  drainTimeoutMs: option({
    flags: ['--drain-timeout-ms'],
    env: ['DRAIN_TIMEOUT_MS'],
    type: milliseconds(0),
    default: 5_000,
    group: 'limits',
    help: 'Time that running responses have to finish after the first Ctrl-C or SIGTERM.',
  }),
  upstreamConnectTimeoutMs: option({
    flags: ['--upstream-connect-timeout-ms'],
    env: ['UPSTREAM_CONNECT_TIMEOUT_MS'],
    type: milliseconds(),
    default: 15_000,
    group: 'limits',
    help: 'Timeout for connecting to the provider.',
  }),
  upstreamFirstByteTimeoutMs: option({
    flags: ['--upstream-first-byte-timeout-ms'],
    env: ['UPSTREAM_FIRST_BYTE_TIMEOUT_MS'],
    type: milliseconds(),
    default: 300_000,
    group: 'limits',
    help: "Timeout for the first byte of the provider's response.",
  }),
  upstreamIdleTimeoutMs: option({
    flags: ['--upstream-idle-timeout-ms'],
    env: ['UPSTREAM_IDLE_TIMEOUT_MS'],
    type: milliseconds(),
    default: 300_000,
    group: 'limits',
    help: 'Timeout for the next byte in the middle of a response.',
  }),
  upstreamCalls: option({
    flags: ['--upstream-calls'],
    env: ['UPSTREAM_CALLS'],
    type: integer(1, 10, 'calls'),
    default: 4,
    group: 'limits',
    help: 'Maximum attempts per turn while the provider is overloaded or unreachable; 1 disables retries.',
  }),
  retryWaitMs: option({
    flags: ['--retry-wait-ms'],
    env: ['RETRY_WAIT_MS'],
    type: milliseconds(0),
    default: 20_000,
    group: 'limits',
    help: 'Longest wait before a retry; if the provider demands a longer one, the turn ends with its message.',
  }),
  refusalCacheMs: option({
    flags: ['--refusal-cache-ms'],
    env: ['REFUSAL_CACHE_MS'],
    type: milliseconds(0),
    default: 5_000,
    group: 'limits',
    help: 'Time for which an identical request gets a cached rejection without a new call; 0 disables the cache.',
  }),
  keepAliveMs: option({
    flags: ['--keep-alive-ms'],
    env: ['KEEP_ALIVE_MS'],
    type: milliseconds(0),
    default: 15_000,
    group: 'limits',
    help: 'Interval between keep-alive events while the provider is silent; 0 disables them.',
  }),
  clientStallTimeoutMs: option({
    flags: ['--client-stall-timeout-ms'],
    env: ['CLIENT_STALL_TIMEOUT_MS'],
    type: milliseconds(),
    default: 120_000,
    group: 'limits',
    help: 'Time after which a client that has stopped reading is disconnected.',
  }),
  allowTools: option({
    flags: ['--allow-tools'],
    env: ['ALLOW_TOOLS'],
    type: choice('auto', '1', '0'),
    default: 'auto',
    group: 'translation',
    help: 'Send tools to the model: auto if the request uses tools and the model supports them, 1 always, 0 never.',
  }),
  allowSystem: option({
    flags: ['--allow-system'],
    env: ['ALLOW_SYSTEM'],
    type: onOff,
    default: true,
    group: 'translation',
    help: 'Send instructions as a system message; if off, they go into the first user message.',
  }),
  allowMultiToolCalls: option({
    flags: ['--allow-multi-tool-calls'],
    env: ['ALLOW_MULTI_TOOL_CALLS'],
    type: onOff,
    default: true,
    group: 'translation',
    help: 'Let the model call several tools in one response.',
  }),
  toolMarkup: option({
    flags: ['--tool-markup'],
    env: ['TOOL_MARKUP'],
    type: onOff,
    default: true,
    group: 'translation',
    help: 'Convert tool calls that a model wrote as text into real tool calls.',
  }),
  webSearch: option({
    flags: ['--web-search'],
    env: ['WEB_SEARCH'],
    type: onOff,
    default: false,
    group: 'translation',
    help: "Map the web_search tool to the provider's own search, where it has one.",
  }),
  search: optional({
    flags: ['--search'],
    env: ['BRIDGE_SEARCH'],
    type: choice(...SEARCH_NAMES),
    group: 'translation',
    help: "Service that answers Codex's web searches. Default: no web search (docs/search.md).",
  }),
  searchUrl: optional({
    flags: ['--search-url'],
    env: ['BRIDGE_SEARCH_URL'],
    type: searchUrl,
    group: 'translation',
    help: "Address of the search service. Default: the service's own.",
  }),
  searchKey: optional({
    flags: ['--search-key'],
    env: ['BRIDGE_SEARCH_KEY'],
    type: key,
    group: 'translation',
    help: "API key of the search service. Default: the service's own variable. Prefer a variable.",
    secret: true,
  }),
  reasoningOutput: option({
    flags: ['--reasoning-output'],
    env: ['REASONING_OUTPUT'],
    type: choice('text', 'summary', 'both'),
    default: 'both',
    group: 'reasoning',
    help: 'How the client receives reasoning: as reasoning text, as a summary, or both.',
  }),
  suppressReasoningText: option({
    flags: ['--suppress-reasoning-text'],
    env: ['SUPPRESS_REASONING_TEXT'],
    type: onOff,
    default: false,
    group: 'reasoning',
    help: 'Hide reasoning from the client; it is still passed on from turn to turn.',
  }),
  forwardReasoning: option({
    flags: ['--forward-reasoning'],
    env: ['FORWARD_REASONING'],
    type: onOff,
    default: false,
    group: 'reasoning',
    help: "Forward the request's nested reasoning object to the provider, as version 0.1.2 did.",
  }),
  store: optional({
    flags: ['--store'], env: ['BRIDGE_STORE'], type: folderOrRedis, group: 'state',
    help: 'Folder or Redis server (redis://, rediss://) for stored responses; replicas may share it. Default: memory.',
  }),
  storePrefix: option({
    flags: ['--store-prefix'], env: ['BRIDGE_STORE_PREFIX'],
    type: keyPrefix, default: 'aliyun-codex-bridge', group: 'state',
    help: 'Start of all key names in Redis; each prefix has its own records and limits.',
  }),
  storeCa: optional({
    flags: ['--store-ca'], env: ['BRIDGE_STORE_CA'], type: file, group: 'state',
    help: 'File with the certificate authorities of a rediss:// server, in PEM. Default: those of Node.',
  }),
  storeRequired: option({
    flags: ['--store-required'], env: ['BRIDGE_STORE_REQUIRED'], type: onOff, default: false, group: 'state',
    help: 'Report "not ready" at /health/ready while the Redis server of --store cannot be reached.',
  }),
  storeMaxResponses: option({
    flags: ['--store-max-responses'], env: ['STORE_MAX_RESPONSES'],
    type: integer(1, 100_000, 'answers'), default: 500, group: 'state',
    help: 'Most stored responses; the least recently used is evicted first.',
  }),
  storeMaxMb: option({
    flags: ['--store-max-mb'], env: ['STORE_MAX_MB'], type: megabytes(1, 65_536), default: 64, group: 'state',
    help: 'Most space for stored responses and their requests.',
  }),
  storeMaxAgeHours: option({
    flags: ['--store-max-age-hours'], env: ['STORE_MAX_AGE_HOURS'],
    type: integer(1, 8_760, 'hours'), default: 24, group: 'state',
    help: 'Time that a stored response is kept after its last use.',
  }),
  stateDir: optional({
    flags: ['--state-dir'],
    env: ['BRIDGE_STATE_DIR'],
    type: folder,
    group: 'state',
    help: "Folder for the bridge's own files (running bridges, log, catalog). Default: the system's usual place.",
  }),
  usageLedger: option({
    flags: ['--usage-ledger'],
    env: ['USAGE_LEDGER'],
    type: onOff,
    default: true,
    group: 'state',
    help: 'Record tokens and requests of each turn in the state folder, for the command usage; never any text.',
  }),
  usageLedgerMaxMb: option({
    flags: ['--usage-ledger-max-mb'],
    env: ['USAGE_LEDGER_MAX_MB'],
    type: megabytes(1, 1_024),
    default: 16,
    group: 'state',
    help: 'Size at which the usage ledger is rotated; one older file is kept.',
  }),
  configFile: optional({
    // Node 20.20 consumes `--env-file` itself, even after the script name, so it is only an alias.
    flags: ['--config-file', '--env-file'],
    env: ['BRIDGE_ENV_FILE'],
    type: file,
    group: 'state',
    help: 'File of NAME=VALUE lines used as environment variables; variables that are already set take precedence.',
  }),
  logLevel: option({
    flags: ['--log-level'],
    env: ['LOG_LEVEL'],
    type: choice('debug', 'info', 'warn', 'error'),
    default: 'info',
    group: 'log',
    help: 'Minimum level of logged messages.',
  }),
  logFormat: option({
    flags: ['--log-format'],
    env: ['LOG_FORMAT'],
    type: choice('text', 'json'),
    default: 'text',
    group: 'log',
    help: 'Log format: text or JSON.',
  }),
  logFile: optional({
    flags: ['--log-file'],
    env: ['BRIDGE_LOG_FILE'],
    type: file,
    group: 'log',
    help: 'File to write the log to instead of standard error.',
  }),
  logFileMaxMb: option({
    flags: ['--log-file-max-mb'],
    env: ['BRIDGE_LOG_FILE_MAX_MB'],
    type: megabytes(1, 1_024),
    default: 5,
    group: 'log',
    help: 'Size at which the log file is rotated to FILE.1, which is overwritten.',
  }),
  logStreamRaw: option({
    flags: ['--log-stream-raw'],
    env: ['LOG_STREAM_RAW'],
    type: onOff,
    default: false,
    group: 'log',
    help: "Log the provider's raw stream at level debug; it contains your conversation.",
  }),
  logStreamMax: option({
    flags: ['--log-stream-max'],
    env: ['LOG_STREAM_MAX'],
    type: integer(1, 1_000_000, 'characters'),
    default: 800,
    group: 'log',
    help: 'Length at which logged stream data is truncated.',
  }),
};

/** The property names of `Config`. */
export type OptionName = keyof typeof TABLE;

/** One property per row; an option without a default may be `undefined`. */
export type Config = { readonly [N in OptionName]: (typeof TABLE)[N]['default'] } & {
  /** The user's own providers together with the built-in ones; absent if there is no providers file. */
  readonly catalog?: readonly Provider[];
  /** All keys of the provider, `aiApiKey` first; absent where there is only one. */
  readonly apiKeys?: readonly string[];
  /** The proxy variables; absent where none is set. */
  readonly proxies?: ProxyVariables;
};

/** The rows, typed so that `OPTIONS[name]` with a generic `name` parses into `Config[name]`. */
export const OPTIONS: { readonly [N in OptionName]: Option<Config[N]> } = TABLE;

/** The names, in the order of the table. */
export const OPTION_NAMES = listNames(OPTIONS);

function listNames<T extends object>(table: T): readonly Extract<keyof T, string>[] {
  const names: Extract<keyof T, string>[] = [];
  for (const name in table) names.push(name);
  return names;
}
