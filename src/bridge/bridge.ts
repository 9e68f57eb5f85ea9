/** Defines the interface between the HTTP server and the bridge; nothing in it depends on HTTP. */
import type { JsonObject } from '../base/json';
import type { BridgeError } from '../errors/bridge-error';
import type { ClientKind } from '../errors/error-body';
import type { TurnRecord } from '../observe/turn-record';
import type { DetachedWork } from '../state/background-run';
import type { KeptResponses } from '../state/kept-responses';

/** The client of a turn, and the signal that ends the turn early. */
export interface Caller {
  readonly client: ClientKind;
  /** The inbound `authorization` header, used only when FORCE_ENV_AUTH is off. */
  readonly authorization?: string;
  /** The inbound `user-agent`, forwarded upstream unless an option overrides it. */
  readonly userAgent?: string;
  /** The client's turn id, or its conversation id if it sends no turn id. Failed calls are counted per id. */
  readonly turn?: string | undefined;
  /** The client's conversation id. Its turns keep one API key, and report a fallback once. */
  readonly thread?: string | undefined;
  /** Whether the client requests a title for a new thread; SMALL_MODEL may write it. */
  readonly requestsTitle?: boolean;
  /** Collects facts about the turn; absent when nothing will read them. */
  readonly record?: TurnRecord;
  /**
   * Called when the answer has begun. By then, the memory of the request has been released, unless `holdsRequest` is
   * true.
   */
  readonly onBegun?: (holdsRequest: boolean) => void;
  /** Starts work that continues without the client; absent if that is not supported. */
  readonly detach?: () => DetachedWork;
  /**
   * Aborted when the client disconnects or the server shuts down. If the reason is a BridgeError, the client receives
   * it.
   */
  readonly abort: AbortSignal;
}

/** A running turn: exactly one of `frames` and `collect` is called, once. */
export interface Turn {
  /** Whether the client requested a stream; both protocols default to false. */
  readonly stream: boolean;
  /** What has been changed or dropped so far in the request and the answer, one sentence each. */
  readonly notes: readonly string[];
  /** Returns a keep-alive to send while the provider is silent: an event for Codex, a comment for other clients. */
  keepAlive(): string;
  /**
   * Yields the stream as SSE text, including the terminal event and `data: [DONE]`. Throws only if there is a bug in
   * the bridge, or BridgeError `overload` if the client of a background response reads too slowly.
   */
  frames(): AsyncIterable<string>;
  /**
   * Returns the text that ends a stream whose `frames` threw after the first string; empty for a background response,
   * which continues.
   */
  fail(error: BridgeError): string;
  /** Returns the whole answer as JSON text, with its HTTP status. @throws BridgeError if the answer failed */
  collect(): Promise<{ readonly status: number; readonly body: string }>;
}

/** The API of a turn: Responses, Chat Completions, or compaction. */
export type TurnKind = 'responses' | 'chat' | 'compaction';

/** The operations that the server uses. */
export interface Bridge {
  /**
   * Reads `body` as a request of this kind and starts the turn.
   * @throws BridgeError before the stream starts: an invalid request, or an error from the provider
   */
  start(kind: TurnKind, body: unknown, caller: Caller): Promise<Turn>;
  /**
   * Returns the whole stream of a turn that never started, for Codex: `response.created`, `response.in_progress`,
   * `response.failed`, `[DONE]`.
   * @param body the request body, `undefined` if it could not be read
   */
  renderFailedTurn(error: BridgeError, body: unknown): string;
  /**
   * Returns the body of GET /models and its entity tag, including the quotes. Never rejects.
   * @param codexVersion the version of the Codex that sent the request, if known
   */
  models(codexVersion?: string): Promise<{ readonly body: JsonObject; readonly etag: string }>;
  /** Returns the stored responses; loads their module on the first call. */
  kept(): KeptResponses;
  /** @throws BridgeError `store_unavailable` when the store cannot be reached */
  checkStore(): Promise<void>;
  /**
   * Handles Codex's web search, POST /alpha/search; a failed command becomes text for the model.
   * @throws BridgeError if no search is configured, the body is not a valid search, or a service to which the whole
   * request is forwarded fails
   */
  search(body: unknown, abort: AbortSignal): Promise<object>;
  /** Closes the store's connections; call it when no turn is running. */
  close(): void;
}
