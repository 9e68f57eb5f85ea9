/** The seam between HTTP and the bridge's core: what a handler asks for and what it gets. */
import type { ClientKind } from '../errors/error-body';
import type { ResponsesEvent } from '../wire/responses-events';
import type { ResponsesObject } from '../wire/responses-object';
import type { ResponsesEcho, ResponsesRequest } from '../wire/responses-request';

export interface TurnInput {
  readonly request: ResponsesRequest;
  readonly client: ClientKind;
  /** The inbound `authorization` header, used only when FORCE_ENV_AUTH is off. */
  readonly authorization?: string;
  /** The inbound `user-agent`, forwarded upstream unless an option overrides it. */
  readonly userAgent?: string;
  /** Aborted when the client goes away or the server shuts down. A BridgeError as its reason is told to the client. */
  readonly abort: AbortSignal;
}

/**
 * A running turn. `events` yields one array for each upstream read, so that a caller writes once per read; it always
 * begins with `response.created`, ends with exactly one terminal event, and never throws.
 */
export interface Turn {
  readonly events: AsyncIterable<readonly ResponsesEvent[]>;
  /** Request fields to repeat in every Response object; empty for Codex, which ignores them. */
  readonly echo: ResponsesEcho;
}

/** Folds a finished turn into the JSON answer of a non-streaming request. */
export type CollectedResponse = ResponsesObject;
