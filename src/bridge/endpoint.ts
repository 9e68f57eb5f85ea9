/**
 * Resolves the upstream of a turn: the provider that the model name selects, its URL and headers, and its protocol:
 * Chat Completions or the provider's own Responses API.
 */
import type { Notes } from '../base/result';
import { BridgeError } from '../errors/bridge-error';
import type { FailureSource } from '../errors/error-rule';
import { createMask } from '../observe/log';
import { findRoute, nativeBaseUrl, resolveModel } from '../providers/catalog';
import type { Dialect } from '../providers/dialect';
import type { Provider, RequestChanges } from '../providers/provider';
import type { AnswerReader, ReaderOptions } from '../stream/signal';
import { ChatReader } from '../stream/chat-reader';
import { NativeReader } from '../stream/native-reader';
import { nativeDialect, readNativeExtras, toNativeRequest, toNativeSettings } from '../translate/native-request';
import type { ChatRequest } from '../wire/chat';
import type { ResponsesRequest } from '../wire/responses-request';
import type { Caller } from './bridge';
import type { ProviderSettings, TurnContext } from './turn-context';

/** Renders a Chat request as the body to send; repairs are applied before this step. */
export type Render = (chat: ChatRequest) => object;

/** One of the two protocols that a provider speaks. */
interface UpstreamProtocol {
  /** Appended to the base URL. */
  readonly path: string;
  /** The model's dialect for this protocol. */
  readonly dialect: (dialect: Dialect) => Dialect;
  /** Removes settings for which the protocol has no field. */
  readonly accept: (request: ResponsesRequest, notes: Notes) => ResponsesRequest;
  /** Keeps only a few strings of `request`, which may be megabytes. */
  readonly renderer: (request: ResponsesRequest, dialect: Dialect) => Render;
  /** Creates a reader for one answer. */
  readonly createReader: (options: ReaderOptions) => AnswerReader;
}

const CHAT: UpstreamProtocol = {
  path: '/chat/completions',
  dialect: (dialect) => dialect,
  accept: (request) => request,
  renderer: () => (chat) => chat,
  createReader: (options) => new ChatReader(options),
};

const NATIVE: UpstreamProtocol = {
  path: '/responses',
  dialect: nativeDialect,
  accept: toNativeSettings,
  renderer(request, dialect) {
    const extras = readNativeExtras(request, dialect);
    return (chat) => toNativeRequest(chat, extras);
  },
  createReader: (options) => new NativeReader(options),
};

/** Where the requests of a turn go, and in which protocol. */
export interface Endpoint extends Omit<UpstreamProtocol, 'path' | 'dialect'> {
  /** The model id that is sent. */
  readonly model: string;
  readonly dialect: Dialect;
  /** The provider's name in the catalog. */
  readonly provider: string;
  /** The base URL without its scheme. */
  readonly base: string;
  readonly url: string;
  /** Sent with every request, including the key. */
  readonly headers: Readonly<Record<string, string>>;
  /** The host, for error messages. */
  readonly source: FailureSource;
}

/**
 * @param asked the model name of the request
 * @throws BridgeError if no model is named, or the selected provider has no known address or key
 */
export function findEndpoint(
  asked: string | undefined, caller: Pick<Caller, 'authorization' | 'userAgent'>, context: TurnContext, notes: Notes,
): Endpoint {
  const { provider, model, defaultModel, access } = findProviderOf(asked, context);
  const { id, dialect, model: row } = resolveModel(provider, model, defaultModel);
  if (id === '')
    throw new BridgeError(
      'invalid_request', 'Cannot choose a model: the request names none. Set DEFAULT_MODEL, or name one.',
      { param: 'model' },
    );
  const { aiBaseUrl } = access;
  const wire = row?.wire ?? provider.wire ?? context.settings.wire;
  const native = wire === 'responses' ? nativeBaseUrl(provider, aiBaseUrl, id) : undefined;
  if (wire === 'responses' && native === undefined)
    notes.add(`sent to ${id} over Chat Completions, because it is not known to have a Responses endpoint`);
  const protocol = native === undefined ? CHAT : NATIVE;
  const baseUrl = native ?? aiBaseUrl;
  const url = baseUrl + protocol.path;
  const home = provider === context.provider;
  const extra = { ...provider.headers, ...row?.headers, ...(home && context.settings.upstreamHeader) };
  const source = describeSource(
    url, { provider, access, home, clock: context.runtime.clock, hidden: Object.values(extra) }, caller,
  );
  const headers = { ...upstreamHeaders(access, caller), ...extra };
  const renderer: UpstreamProtocol['renderer'] = (request, its) =>
    changeBody(protocol.renderer(request, its), provider, row);
  const base = baseUrl.replace(/^https?:\/\//, '');
  return {
    ...protocol, renderer, model: id, dialect: protocol.dialect(dialect), provider: provider.name, base, url, headers,
    source,
  };
}

/** Adds and removes top-level fields as the provider and model rows specify. */
function changeBody(render: Render, provider: RequestChanges, model: RequestChanges = {}): Render {
  const drop = [...(provider.drop ?? []), ...(model.drop ?? [])];
  const added = { ...provider.body, ...model.body };
  if (drop.length === 0 && Object.keys(added).length === 0) return render;
  return (chat) => {
    const kept = Object.entries(render(chat)).filter(([field]) => !drop.includes(field));
    return { ...Object.fromEntries(kept), ...added };
  };
}

/** Returns the provider that the model name selects: the bridge's own, or another one with its own key. */
function findProviderOf(asked: string | undefined, { settings, provider: home }: TurnContext) {
  const { provider, model } = findRoute(asked, home, settings.modelMap ?? {}, settings.catalog);
  if (provider === home) return { provider, model, defaultModel: settings.defaultModel, access: settings };
  const [aiBaseUrl] = provider.baseUrls;
  const { providerKeys = {} } = settings;
  const aiApiKey = Object.hasOwn(providerKeys, provider.name) ? providerKeys[provider.name] : undefined;
  if (aiBaseUrl === undefined)
    throw new BridgeError('invalid_request', `Cannot route "${asked}" to ${provider.name}: it has no base URL.`, {
      param: 'model',
    });
  if (aiApiKey === undefined && !provider.local && provider.keyEnv.length > 0)
    throw new BridgeError(
      'auth',
      `Cannot route "${asked}" to ${provider.title}: no API key. ` +
        `Set ${provider.keyEnv.join(' or ')} and restart the bridge.`,
      { param: 'model' },
    );
  // The client's token was meant for the bridge's own provider; it is never sent to another host.
  const access: ProviderSettings = { aiBaseUrl, aiApiKey, forceEnvAuth: true, userAgent: settings.userAgent };
  return { provider, model, defaultModel: undefined, access };
}

/** Uses the key from the environment by default, and the client's token only if FORCE_ENV_AUTH is off. */
export function upstreamHeaders(
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

interface SourceOptions {
  readonly provider: Provider;
  readonly access: ProviderSettings;
  /** Whether the provider is the bridge's own, whose key is AI_API_KEY, or another one selected by the model name. */
  readonly home: boolean;
  readonly clock: FailureSource['clock'];
  /** Values of headers that the user added. */
  readonly hidden?: readonly string[];
}

/** @returns the facts for classifying failures; they do not contain the key */
export function describeSource(
  url: string, { provider, access, home, clock, hidden = [] }: SourceOptions, caller: Pick<Caller, 'authorization'>,
): FailureSource {
  const key = upstreamHeaders(access, caller)['authorization']?.replace(/^Bearer\s+/i, '');
  const fromClient = !access.forceEnvAuth && caller.authorization !== undefined;
  const variables = home ? 'AI_API_KEY' : provider.keyEnv.join(' or ');
  return {
    host: new URL(url).host,
    keyAdvice: adviseOnKey(key, fromClient ? undefined : variables, provider),
    hideKey: createMask([key ?? '', ...hidden]),
    ...(clock && { clock }),
    ...(provider.errors && { rules: provider.errors }),
  };
}

/** @param variables the variables of the key; undefined for a key sent by the client */
function adviseOnKey(key: string | undefined, variables: string | undefined, { keyShape }: Provider): string {
  if (key === undefined) return `No key was sent: set ${variables ?? 'AI_API_KEY'} where the bridge is started.`;
  const shape = keyShape === undefined || keyShape.pattern.test(key) ? '' : ` ${keyShape.advice}`;
  if (variables !== undefined) return `Check that ${variables} belongs to {host}.${shape}`;
  return `The client sent this key, and FORCE_ENV_AUTH is off: check that it belongs to {host}.${shape}`;
}
