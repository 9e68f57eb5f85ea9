/** Starts a turn that runs without a client, and streams its events to the client that started it. Loaded lazily. */
import type { UnknownRecord } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import type { Background } from '../state/background';
import { SSE_KEEP_ALIVE } from '../stream/sse';
import type { Caller, Turn } from './bridge';
import { startResponsesTurn } from './turn';
import type { TurnContext } from './turn-context';

/** @throws BridgeError for an invalid request; later failures are reported in the Response */
export async function startInBackground(
  body: UnknownRecord, caller: Caller, context: TurnContext, background: Background,
): Promise<Turn> {
  const { abort: _ofClient, detach, ...rest } = caller;
  if (!detach)
    throw new BridgeError('invalid_request', 'Cannot use "background" here. Send the request without it.', {
      param: 'background',
    });
  const run = await background.start(detach, (abort) =>
    startResponsesTurn({ ...body, stream: true }, { ...rest, abort }, context),
  );
  return {
    stream: body['stream'] === true,
    notes: [],
    keepAlive: () => SSE_KEEP_ALIVE,
    // The response itself continues; its client can resume the stream.
    fail: () => '',
    frames: () => run.follow(-1),
    collect: () => Promise.resolve({ status: 200, body: JSON.stringify(run.response) }),
  };
}
