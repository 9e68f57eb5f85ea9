/** The two protocols a provider can be asked in: Chat Completions, and its own Responses endpoint where it has one. */
import type { Notes } from '../base/result';
import type { FailureSource } from '../errors/error-rule';
import type { Dialect } from '../providers/dialect';
import { nativeBaseUrl } from '../providers/catalog';
import type { Provider } from '../providers/provider';
import type { AnswerReader, ReaderOptions } from '../stream/signal';
import { ChatReader } from '../stream/chat-reader';
import { NativeReader } from '../stream/native-reader';
import { nativeDialect, readNativeExtras, toNativeRequest, toNativeSettings } from '../translate/native-request';
import type { ChatRequest } from '../wire/chat';
import type { ResponsesRequest } from '../wire/responses-request';
import type { BridgeSettings, ProviderSettings } from './settings';

/** A Chat request as the body that is sent: amendments happen before it. */
export type Render = (chat: ChatRequest) => object;

/** Where a turn's requests go, and in which words. */
export interface Endpoint {
  readonly url: string;
  /** Whose key goes there. */
  readonly access: ProviderSettings;
  /** Who answers there, for the words of a failure. */
  readonly source: FailureSource;
  readonly render: Render;
}

interface Wire {
  /** Behind the base URL. */
  readonly path: string;
  /** The model's dialect as it is on this wire. */
  readonly dialect: (dialect: Dialect) => Dialect;
  /** The request without what the wire has no field for. */
  readonly accept: (request: ResponsesRequest, notes: Notes) => ResponsesRequest;
  /** Keeps nothing of `request` but a few words: it may be megabytes. */
  readonly renderer: (request: ResponsesRequest, dialect: Dialect) => Render;
  /** Reads one answer. */
  readonly createReader: (options: ReaderOptions) => AnswerReader;
}

const CHAT: Wire = {
  path: '/chat/completions',
  dialect: (dialect) => dialect,
  accept: (request) => request,
  renderer: () => (chat) => chat,
  createReader: (options) => new ChatReader(options),
};

const NATIVE: Wire = {
  path: '/responses',
  dialect: nativeDialect,
  accept: toNativeSettings,
  renderer(request, dialect) {
    const extras = readNativeExtras(request, dialect);
    return (chat) => toNativeRequest(chat, extras);
  },
  createReader: (options) => new NativeReader(options),
};

/** A wire, and the URL at its other end. */
export interface Line extends Wire {
  readonly url: string;
}

/**
 * Chat Completions unless the user asks for the other wire and the provider has it for this model.
 * @param model the id that goes upstream
 */
export function chooseLine(
  { wire, aiBaseUrl }: Pick<BridgeSettings, 'wire' | 'aiBaseUrl'>,
  provider: Provider,
  model: string,
  notes: Notes,
): Line {
  const native = wire === 'responses' ? nativeBaseUrl(provider, aiBaseUrl, model) : undefined;
  if (wire === 'responses' && native === undefined)
    notes.add(`asked ${model} over Chat Completions: it is not known to have a Responses endpoint`);
  const base = native ?? aiBaseUrl;
  const chosen = native === undefined ? CHAT : NATIVE;
  return { ...chosen, url: base + chosen.path };
}
