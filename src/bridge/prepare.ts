/**
 * Prepares a turn before the first byte is sent upstream: finds the provider that the model name selects, its URL,
 * headers and protocol (Chat Completions or the provider's own Responses API), translates the request, and chooses the
 * stages that its answer passes through.
 */
import type { Notes } from '../base/notes';
import { BridgeError } from '../errors/bridge-error';
import type { FailureSource } from '../errors/error-rule';
import { findRoute, isOwnHost, findNativeBaseUrl, prefersNative, resolveModel } from '../providers/catalog';
import type { Dialect } from '../providers/dialect';
import type { Provider, RequestChanges } from '../providers/provider';
import type { Sent } from '../observe/turn-record';
import type { ToolSet } from '../tools/tool-set';
import { translateRequest } from '../translate/request';
import type { CountedRequest } from '../upstream/in-flight';
import type { ChatRequest } from '../wire/chat';
import type { ResponsesRequest } from '../wire/responses-request';
import { createAttemptFactory, readAnswerRules, type CreateAttempt } from './stream-turn';
import type { Caller } from './bridge';
import type { OptionSources } from './endpoint-options';
import type { EndpointOptions, ProviderSettings, TurnContext } from './turn-context';

/** Where the requests of a turn go, and in which protocol. */
export interface Endpoint extends EndpointOptions {
  /** The model id that is sent. */
  readonly model: string;
  readonly dialect: Dialect;
  /** The provider's name in the catalog. */
  readonly provider: string;
  /** Identifies the model in envelopes: signed content is sent back only to the model that signed it. */
  readonly origin: string;
  /** The base URL without its scheme. */
  readonly base: string;
  readonly url: string;
  readonly host: string;
  /** The provider's name in messages: `DeepSeek (api.deepseek.com)`. */
  readonly name: string;
  /** Sent with every request, including the key. */
  readonly headers: Readonly<Record<string, string>>;
  /** The catalog rows of the provider and the model, which add and drop body fields. */
  readonly changes: readonly RequestChanges[];
  /** Loaded only for the provider's own Responses API. */
  readonly native: NativeProtocol | undefined;
  /** Whether the catalog chose the Responses API, and Chat Completions would also work. */
  readonly isNativeOptional: boolean;
  /** Describes the upstream, to classify a failure. */
  readonly source: () => FailureSource;
}

type NativeProtocol = typeof import('../translate/native-request') & typeof import('../stream/native-reader');

/** A request that is ready to send. */
export interface Prepared {
  readonly endpoint: Endpoint;
  readonly chat: ChatRequest;
  /** Renders a Chat request, after repairs, as the body to send. Keeps only a few strings of the client's request. */
  readonly render: (chat: ChatRequest) => object;
  /** Tool names, for translating calls back. */
  readonly tools: ToolSet;
  readonly notes: Notes;
  /** Creates the reader and stages for one answer. Retains no part of the request. */
  readonly createAttempt: CreateAttempt;
  /** The client's request, if another key or model may answer it. May be megabytes. */
  readonly request?: ResponsesRequest;
  /** A line for the user, shown before the answer. */
  readonly notice?: string;
  /** Prepares the same request again; absent if that is never needed. Retains the request. */
  readonly prepareAgain?: (changes: Changes) => Promise<Prepared>;
}

export interface PrepareOptions {
  /** Whether the request is prepared for a fallback model. */
  readonly isSubstitute?: boolean;
  /** Use Chat Completions unless the user chose the protocol. */
  readonly overChat?: boolean;
  readonly notes?: Notes;
}

/** What changes when a request is prepared again. The caller, the settings and the protocol stay the same. */
export interface Changes {
  /** A fallback model, `provider/model`. */
  readonly fallback?: string;
  readonly input?: ResponsesRequest['input'];
  /** The provider turned out to have no Responses endpoint for the model. */
  readonly overChat?: true;
  /** Notes to add to. Default: a new set. */
  readonly notes?: Notes;
}

/** Returns the facts about a request for the log line. */
export const describeSent = ({ endpoint: { host, provider, base }, chat }: Prepared): Sent =>
  ({ model: chat.model, host, provider, base, tools: chat.tools?.length ?? 0 });

/** Describes a request for the counter of requests in flight. */
export const toCountedRequest = ({ provider, maxConcurrency }: Endpoint, { thread, turn }: Caller): CountedRequest =>
  ({ provider, limit: maxConcurrency, thread: thread ?? turn ?? '' });

const TOOL_MODES = { auto: 'auto', '1': 'force', '0': 'off' } as const;

/** @throws BridgeError if no endpoint can be chosen (findEndpoint), or the request cannot be translated */
export async function prepare(
  given: ResponsesRequest, caller: Caller, context: TurnContext, options: PrepareOptions = {},
): Promise<Prepared> {
  const { isSubstitute = false, overChat = false, notes = new Set<string>() } = options;
  const { settings } = context;
  const requested = caller.requestsTitle === true ? (settings.smallModel ?? given.model) : given.model;
  const endpoint = await findEndpoint(requested, caller, context, notes, overChat);
  const { model, dialect, native, origin } = endpoint;
  const { tools, chat: translated } = translateRequest(native ? native.toNativeSettings(given, notes) : given, {
    model,
    origin,
    dialect,
    tools: TOOL_MODES[settings.allowTools],
    system: settings.allowSystem,
    forwardReasoning: settings.forwardReasoning,
    multipleCalls: settings.allowMultiToolCalls,
    webSearch: settings.webSearch,
  }, notes);
  const chat = native ? native.withNativeSettings(translated, given, dialect) : translated;
  const rules = readAnswerRules(given, tools, caller.client, notes);
  const render = (repaired: ChatRequest): object =>
    changeBody(native ? native.toNativeRequest(repaired) : repaired, endpoint.changes);
  const createAttempt = createAttemptFactory(endpoint, chat.tools, tools, rules, context);
  const hasSubstitutes = endpoint.substitutes !== undefined || isSubstitute;
  const retained = {
    ...(hasSubstitutes && { request: given }),
    ...((hasSubstitutes || endpoint.isNativeOptional) && {
      prepareAgain: createPreparer(given, caller, context, options),
    }),
  };
  return { endpoint, chat, render, tools, notes, createAttempt, ...retained };
}

/** A separate function, because closures of `prepare` live as long as the answer and must not retain the request. */
function createPreparer(
  given: ResponsesRequest, caller: Caller, context: TurnContext, options: PrepareOptions,
): (changes: Changes) => Promise<Prepared> {
  return ({ fallback, input = given.input, notes = new Set<string>(), ...changes }) => {
    const changed = { ...options, ...changes, notes };
    if (fallback === undefined) return prepare({ ...given, input }, caller, context, changed);
    const { requestsTitle: _title, ...fallbackCaller } = caller;
    const request = { ...given, input, model: fallback };
    return prepare(request, fallbackCaller, withTarget(fallback, context), { ...changed, isSubstitute: true });
  };
}

/** Treats a model name as an alias, which selects another provider even if model ids contain slashes. */
export function withTarget(model: string, context: TurnContext): TurnContext {
  const { settings } = context;
  return { ...context, settings: { ...settings, modelMap: { [model.toLowerCase()]: model, ...settings.modelMap } } };
}

/**
 * @param requested the model name of the request
 * @param overChat use Chat Completions unless the user chose the protocol
 * @throws BridgeError if no model is named, or the selected provider is disabled or has no known address or key
 */
export async function findEndpoint(
  requested: string | undefined, caller: Pick<Caller, 'authorization' | 'userAgent'>, context: TurnContext,
  notes: Notes, overChat = false,
): Promise<Endpoint> {
  const { provider, model, defaultModel, access } = await findProviderFor(requested, context);
  if (provider.disabled !== undefined) throw new BridgeError('auth', provider.disabled, { param: 'model' });
  const { id, dialect, model: row } = resolveModel(provider, model, defaultModel);
  if (id === '') {
    const problem = 'Cannot choose a model: the request has no model. Set DEFAULT_MODEL, or send `model`.';
    throw new BridgeError('invalid_request', problem, { param: 'model' });
  }
  const { aiBaseUrl } = access;
  const wire = row?.wire ?? provider.wire ?? context.settings.wire;
  const isNativeOptional = wire === 'auto' && !overChat && prefersNative(provider, id) && isOwnHost(provider, aiBaseUrl)
    && context.failures.memory?.chatOnly.has(`${new URL(aiBaseUrl).host} ${id}`) !== true;
  const nativeUrl = wire === 'responses' || isNativeOptional ? findNativeBaseUrl(provider, aiBaseUrl, id) : undefined;
  if (wire === 'responses' && nativeUrl === undefined) {
    notes.add(`sent to ${id} over Chat Completions, because it is not known to have a Responses endpoint`);
  }
  const native = nativeUrl === undefined ? undefined : loadNativeProtocol();
  const baseUrl = nativeUrl ?? aiBaseUrl;
  const url = baseUrl + (native ? '/responses' : '/chat/completions');
  const isPrimary = provider === context.provider;
  const extra = { ...provider.headers, ...row?.headers, ...(isPrimary && context.settings.upstreamHeader) };
  const headers = { ...buildUpstreamHeaders(access, caller), ...extra };
  const keys = headers['authorization'] === `Bearer ${access.aiApiKey}` ? (access.apiKeys ?? []) : [];
  const sources = { provider, row, isPrimary, settings: context.settings, keys, images: dialect.images };
  const { host } = new URL(url);
  const name = nameUpstream(provider, host);
  return {
    model: id,
    dialect: native ? { ...native.toNativeDialect(dialect), ...provider.responses?.dialect, ...row?.native } : dialect,
    provider: provider.name,
    origin: `${provider.baseUrls.length === 0 ? host : provider.name}/${id}`,
    base: baseUrl.replace(/^https?:\/\//, ''),
    url,
    host,
    name,
    headers,
    ...(isPlain(sources) ? {} : loadOptions().findOptions(sources)),
    changes: [provider, row ?? {}],
    native,
    isNativeOptional,
    source() {
      const { describeSource }: typeof import('./failure-source') = require('./failure-source');
      const { clock } = context.runtime;
      const hidden = Object.values(extra);
      return describeSource({ host, name }, { provider, access, isPrimary, clock, model: id, hidden }, caller);
    },
  };
}

/** Names an upstream in messages by provider and host, or only by host if the provider has no known address. */
export function nameUpstream({ title, baseUrls }: Pick<Provider, 'title' | 'baseUrls'>, host: string): string {
  return baseUrls.length === 0 ? host : `${title} (${host})`;
}

/** Whether nothing that endpoint-options.ts reads is configured. */
function isPlain({ provider, row, settings, keys }: OptionSources): boolean {
  const values = [
    row?.fallback, row?.visionModel, provider.fallback, provider.visionModel, provider.maxConcurrency,
    provider.connection, settings.fallback, settings.visionModel, settings.proxies, settings.upstreamCa,
    settings.upstreamCert,
  ];
  return keys.length < 2 && values.every((value) => value === undefined);
}

const loadOptions = (): typeof import('./endpoint-options') => require('./endpoint-options');

function loadNativeProtocol(): NativeProtocol {
  const request: typeof import('../translate/native-request') = require('../translate/native-request');
  const reader: typeof import('../stream/native-reader') = require('../stream/native-reader');
  return { ...request, ...reader };
}

/** Removes and adds top-level fields as the provider's row specifies, then as the model's row does. */
function changeBody(body: object, changes: readonly RequestChanges[]): object {
  const changed: Record<string, unknown> = { ...body };
  for (const { drop = [], body: added } of changes) {
    for (const field of drop) delete changed[field];
    Object.assign(changed, added);
  }
  return changed;
}

/** Returns the provider that the model name selects: the primary one, or another one with its own key. */
async function findProviderFor(requested: string | undefined, { settings, provider: primary }: TurnContext) {
  const { provider, model } = findRoute(requested, primary, settings.modelMap ?? {}, settings.catalog);
  if (provider === primary) return { provider, model, defaultModel: settings.defaultModel, access: settings };
  const [aiBaseUrl] = provider.baseUrls;
  const { providerKeys = {} } = settings;
  if (aiBaseUrl === undefined)
    throw new BridgeError('invalid_request', `Cannot route "${requested}" to ${provider.name}: it has no base URL.`, {
      param: 'model',
    });
  const apiKeys = Object.hasOwn(providerKeys, provider.name) ? providerKeys[provider.name] : undefined;
  const aiApiKey = apiKeys?.[0] ?? (await settings.loadSavedKey?.(provider.name, aiBaseUrl));
  if (aiApiKey === undefined && !provider.local && provider.keyEnv.length > 0)
    throw new BridgeError(
      'auth',
      `Cannot route "${requested}" to ${provider.title}: no API key. ` +
        `Set ${provider.keyEnv.join(' or ')} and restart the bridge.`,
      { param: 'model' },
    );
  // The client's token was meant for the primary provider; it is never sent to another host.
  const { userAgent } = settings;
  const access: ProviderSettings = { aiBaseUrl, aiApiKey, ...(apiKeys && { apiKeys }), forceEnvAuth: true, userAgent };
  return { provider, model, defaultModel: undefined, access };
}

/** Returns the request headers, with the configured key, or the client's token if FORCE_ENV_AUTH is off. */
export function buildUpstreamHeaders(
  settings: ProviderSettings, caller: Pick<Caller, 'authorization' | 'userAgent'> = {},
): Readonly<Record<string, string>> {
  const key = settings.aiApiKey === undefined ? undefined : `Bearer ${settings.aiApiKey}`;
  const authorization = settings.forceEnvAuth ? key : (caller.authorization ?? key);
  const userAgent = settings.userAgent ?? caller.userAgent;
  return {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    // Compressed streams cost a zlib thread hop per event (performance.md, section 4).
    'accept-encoding': 'identity',
    ...(authorization !== undefined && { authorization }),
    ...(userAgent !== undefined && { 'user-agent': userAgent }),
  };
}
