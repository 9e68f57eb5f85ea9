/** Defines the options about the provider: its address, key and models, and how requests are translated for it. */
import { DEFAULT_BASE_URL } from '../providers/provider';
import { SEARCH_NAMES } from '../providers/search-names';
import { option, optional } from './option';
import {
  baseUrl, choice, file, headerPairs, headerText, key, models, onOff, pairs, providerName, searchUrl, text,
} from './value-types';

/** The provider, its keys and its models. */
export const UPSTREAM_OPTIONS = {
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
    help: 'Use the configured API key and ignore the Authorization header of requests; off forwards that header.',
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
    help: 'Fallback models, tried in this order while the requested model is out of quota, unavailable or removed.',
  }),
  visionModel: optional({
    flags: ['--vision-model'], env: ['VISION_MODEL'], type: text, group: 'upstream',
    help: 'Model that describes pictures for models that accept none, once per picture. Default: no descriptions.',
  }),
  upstreamCa: optional({
    flags: ['--upstream-ca'], env: ['UPSTREAM_CA'], type: file, group: 'upstream',
    help: "PEM file with certificate authorities to trust in addition to Node's own.",
  }),
  upstreamCert: optional({
    flags: ['--upstream-cert'], env: ['UPSTREAM_CERT'], type: file, group: 'upstream',
    help: 'PEM file with the client certificate for the provider and its private key.',
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
};

/** How requests and answers are translated, and what happens to reasoning. */
export const TRANSLATION_OPTIONS = {
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
};
