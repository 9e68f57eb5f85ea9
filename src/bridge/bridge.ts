/** The seam between HTTP and the bridge's core: what a handler asks for and what it gets, without a word of HTTP. */
import type { JsonObject, UnknownRecord } from '../base/json';
import type { BridgeError } from '../errors/bridge-error';
import type { ClientKind } from '../errors/error-body';
import type { TurnRecord } from '../observe/turn-record';
import type { PageQuery } from '../state/page';

/** Who asks, and the signal that ends the turn early. */
export interface Caller {
  readonly client: ClientKind;
  /** The inbound `authorization` header, used only when FORCE_ENV_AUTH is off. */
  readonly authorization?: string;
  /** The inbound `user-agent`, forwarded upstream unless an option overrides it. */
  readonly userAgent?: string;
  /** All inbound headers, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Collects what is known of the turn; absent where nobody will read it. */
  readonly record?: TurnRecord;
  /** Begins work that goes on without the client, where there is such work. */
  readonly detach?: () => Detached;
  /** Aborted when the client goes away or the server shuts down. A BridgeError as its reason is told to the client. */
  readonly abort: AbortSignal;
}

/** Work that no client waits for, but a shutdown does. */
export interface Detached {
  /** Aborted when the server shuts down; a BridgeError is its reason. */
  readonly abort: AbortSignal;
  /** Says that the work is done. */
  end(): void;
}

/** A running turn: exactly one of `frames` and `collect` is called, once. */
export interface Turn {
  /** Whether the client asked for a stream; the default of both protocols is false. */
  readonly stream: boolean;
  /** What was changed or dropped on the way upstream, one sentence each. */
  readonly notes: readonly string[];
  /** A sign of life for a client whose provider is silent: an event for Codex, a comment for others. */
  pulse(): string;
  /** One SSE text for each upstream read; the terminal event and `data: [DONE]` included. Never throws. */
  frames(): AsyncIterable<string>;
  /** The whole answer as JSON text, with its HTTP status. */
  collect(): Promise<{ readonly status: number; readonly body: string }>;
}

/** What a turn is asked and answered as: a Response, a Chat Completion, or a compaction object. */
export type TurnKind = 'responses' | 'chat' | 'compaction';

/** What clients can ask of answers that are kept. Ids that nobody knows throw BridgeError `not_found`. */
export interface KeptResponses {
  /** The Response as it was sent. */
  response(id: string): UnknownRecord;
  /** Ends it first where it is being made. */
  deleteResponse(id: string): Promise<UnknownRecord>;
  /** Ends a response that is made in the background; one that has ended stays as it is. */
  cancelResponse(id: string): Promise<UnknownRecord>;
  /** The events of a response that is, or was, made in the background, behind number `after`. */
  followResponse(id: string, after: string | undefined): AsyncIterable<string>;
  /** Its own input; what came before belongs to the responses that it continues. */
  inputItems(id: string, query: PageQuery): UnknownRecord;
  /** A guess at the input tokens of a request. */
  inputTokens(body: unknown, caller: Pick<Caller, 'client'>): UnknownRecord;
  /** @param body undefined makes an empty one */
  createConversation(body: unknown): UnknownRecord;
  conversation(id: string): UnknownRecord;
  deleteConversation(id: string): UnknownRecord;
  conversationItems(id: string, query: PageQuery): UnknownRecord;
  addConversationItems(id: string, body: unknown): UnknownRecord;
}

/** What the server can ask of the bridge. */
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
  /** What is kept; nothing of it is loaded before. */
  desk(): KeptResponses;
}
