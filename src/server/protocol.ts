/** The two protocols a turn can be asked for and answered in, as rows of one table. */
import { isRecord } from '../base/json';
import type { Bridge, Caller, Turn } from '../bridge/bridge';
import type { BridgeError } from '../errors/bridge-error';
import { renderErrorBody } from '../errors/error-body';

export interface Protocol {
  readonly start: (bridge: Bridge, body: unknown, caller: Caller) => Promise<Turn>;
  /** SSE text that ends a stream with `error`. */
  readonly renderFailure: (bridge: Bridge, error: BridgeError, body: unknown) => string;
  /** Codex hears of a failure before the stream as a stream that fails (codex-protocol.md, section 3). */
  readonly failsAsStream: boolean;
}

export const PROTOCOLS = {
  responses: {
    start: (bridge, body, caller) => bridge.startResponses(body, caller),
    renderFailure: (bridge, error, body) => bridge.failedFrames(error, body),
    failsAsStream: true,
  },
  chat: {
    start: (bridge, body, caller) => bridge.startChat(body, caller),
    renderFailure: (_bridge, error) => `data: ${JSON.stringify(renderErrorBody(error))}\n\n`,
    failsAsStream: false,
  },
} as const satisfies Record<string, Protocol>;

export type ProtocolName = keyof typeof PROTOCOLS;

/**
 * The protocol that `body` speaks, on whichever path it came: `messages` is Chat Completions, `input` is Responses.
 * A body with both or neither speaks `own`, the protocol of its path.
 */
export function chooseProtocol(body: unknown, own: ProtocolName): ProtocolName {
  if (!isRecord(body)) return own;
  const hasMessages = body['messages'] !== undefined && body['messages'] !== null;
  const hasInput = body['input'] !== undefined && body['input'] !== null;
  if (hasMessages === hasInput) return own;
  return hasMessages ? 'chat' : 'responses';
}
