/** The interface between HTTP and the bridge: what a handler requests and what it gets, without a word of HTTP. */
import type { JsonObject } from '../base/json';
import type { BridgeError } from '../errors/bridge-error';
import type { ClientKind } from '../errors/error-body';
import type { TurnRecord } from '../observe/turn-record';
import type { Detached } from '../state/background-run';
import type { KeptResponses } from '../state/kept-responses';

/** The client of a turn, and the signal that ends the turn early. */
export interface Caller {
  readonly client: ClientKind;
  /** The inbound `authorization` header, used only when FORCE_ENV_AUTH is off. */
  readonly authorization?: string;
  /** The inbound `user-agent`, forwarded upstream unless an option overrides it. */
  readonly userAgent?: string;
  /** The client's name for its turn, shared by all its requests for one prompt. Failed calls count under it. */
  readonly turn?: string | undefined;
  /** The client wants a title for a new thread, which SMALL_MODEL may write. */
  readonly isTitle?: boolean;
  /** Collects what is known of the turn; absent where nobody will read it. */
  readonly record?: TurnRecord;
  /** Called when the provider's answer has begun: nothing of the request is kept any more. */
  readonly onBegun?: () => void;
  /** Begins work that continues without the client; absent where there is no such work. */
  readonly detach?: () => Detached;
  /** Aborted when the client goes away or the server shuts down. A BridgeError as its reason is told to the client. */
  readonly abort: AbortSignal;
}

/** A running turn: exactly one of `frames` and `collect` is called, once. */
export interface Turn {
  /** Whether the client asked for a stream; the default of both protocols is false. */
  readonly stream: boolean;
  /** What was changed or dropped on the way upstream, one sentence each. */
  readonly notes: readonly string[];
  /** A keep-alive for a client whose provider is silent: an event for Codex, a comment for others. */
  pulse(): string;
  /** One SSE text for each upstream read; the terminal event and `data: [DONE]` included. Never throws. */
  frames(): AsyncIterable<string>;
  /** The end of a stream whose `frames` threw after the first one: one terminal event, in sequence. */
  fail(error: BridgeError): string;
  /** The whole answer as JSON text, with its HTTP status. */
  collect(): Promise<{ readonly status: number; readonly body: string }>;
}

/** What a turn is requested and answered as: a Response, a Chat Completion, or a compaction object. */
export type TurnKind = 'responses' | 'chat' | 'compaction';

/** What the server can request of the bridge. */
export interface Bridge {
  /**
   * Reads `body` as a request of this kind and starts the turn.
   * @throws BridgeError before the stream starts: a bad request, a refusal of the provider
   */
  start(kind: TurnKind, body: unknown, caller: Caller): Promise<Turn>;
  /**
   * The whole stream of a turn that never started, for Codex: `response.created`, `response.failed`, `[DONE]`.
   * @param body the request as far as it was read, `undefined` when it was not
   */
  failedFrames(error: BridgeError, body: unknown): string;
  /**
   * Body and entity tag of GET /models; the tag with its quotes. Never rejects.
   * @param codexVersion the version of the Codex that asks, where it says so
   */
  models(codexVersion?: string): Promise<{ readonly body: JsonObject; readonly etag: string }>;
  /** What is kept of responses; nothing of it is loaded before the first call. */
  kept(): KeptResponses;
  /**
   * Answers the web search of Codex, POST /alpha/search; a search that fails is text for the model.
   * @throws BridgeError where no search is configured, or the body is no search
   */
  search(body: unknown, abort: AbortSignal): Promise<object>;
}
