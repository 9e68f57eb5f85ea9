/** The protocols a turn can be asked for and answered in, as rows of one table. */
import { isRecord } from '../base/json';
import type { Bridge, TurnKind } from '../bridge/bridge';
import type { BridgeError } from '../errors/bridge-error';
import { renderErrorBody } from '../errors/error-body';

export interface Protocol {
  /** SSE text that ends a stream with `error`. */
  readonly renderFailure: (bridge: Bridge, error: BridgeError, body: unknown) => string;
  /** Codex hears of a failure before the stream as a stream that fails (codex-protocol.md, section 3). */
  readonly failsAsStream: boolean;
}

/** How each kind of turn fails. */
export const PROTOCOLS = {
  responses: {
    renderFailure: (bridge, error, body) => bridge.failedFrames(error, body),
    failsAsStream: true,
  },
  compaction: {
    renderFailure: (bridge, error, body) => bridge.failedFrames(error, body),
    failsAsStream: false,
  },
  chat: {
    renderFailure: (_bridge, error) => `data: ${JSON.stringify(renderErrorBody(error))}\n\n`,
    failsAsStream: false,
  },
} as const satisfies { readonly [K in TurnKind]: Protocol };

/**
 * The protocol that `body` speaks, on whichever path it came: `messages` is Chat Completions, `input` is Responses.
 * A body with both or neither speaks `own`, the protocol of its path.
 */
export function chooseProtocol(body: unknown, own: TurnKind): TurnKind {
  if (own === 'compaction' || !isRecord(body)) return own;
  const hasMessages = body['messages'] !== undefined && body['messages'] !== null;
  const hasInput = body['input'] !== undefined && body['input'] !== null;
  if (hasMessages === hasInput) return own;
  return hasMessages ? 'chat' : 'responses';
}
