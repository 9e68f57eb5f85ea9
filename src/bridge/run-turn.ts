/** The only loop that waits: upstream reads to the client's text, one write for each. */
import { BridgeError, toBridgeError } from '../errors/bridge-error';
import type { AnswerStream } from '../stream/answer-stream';
import type { ClientProtocol } from './client-protocol';
import type { Opened } from './open-answer';
import { readOutputs } from './read-outputs';

export interface RunningTurn<Output> {
  readonly protocol: ClientProtocol<Output>;
  /** Resolves when the answer has begun. */
  readonly open: () => Promise<Opened<Output>>;
  /** A machine that has seen nothing: it begins the stream, and ends one whose answer never began. */
  readonly blank: AnswerStream<Output>;
  /** Sees each read of the upstream, for LOG_STREAM_RAW. */
  readonly tap: ((bytes: Uint8Array) => void) | undefined;
  /** Told once, at the end; what `collect` throws is the server's to tell. */
  readonly ended: (error: BridgeError | undefined) => void;
  /** Told of a defect of the bridge that broke the stream. */
  readonly broke: (cause: unknown) => void;
}

/**
 * The stream as SSE text, one string for each write. One generator and one await for each read: at token rate every
 * layer of promises costs more than the translation (test/bench). Throws only what is a defect of the bridge.
 */
export async function* frames<Output>(turn: RunningTurn<Output>): AsyncGenerator<string, void, undefined> {
  const { protocol, blank } = turn;
  yield protocol.encode(blank.start());
  let opened: Opened<Output>;
  try {
    opened = await turn.open();
  } catch (cause) {
    const error = toBridgeError(cause);
    turn.ended(error);
    yield protocol.encode(blank.fail(error)) + protocol.done;
    return;
  }
  const { answer, stream } = opened;
  try {
    for (let { outputs } = opened; ; outputs = await readOutputs(answer, stream, false, turn.tap)) {
      if (stream.finished) turn.ended(stream.error);
      if (stream.finished) yield protocol.encode(outputs) + protocol.done;
      else if (outputs.length > 0) yield protocol.encode(outputs);
      if (stream.finished) return;
    }
  } catch (cause) {
    turn.broke(cause);
    throw cause;
  } finally {
    answer.cancel(stream.finished && stream.error === undefined);
  }
}

/**
 * The whole answer as JSON text.
 * @throws BridgeError when the answer failed: nothing was sent yet, so the client gets a true HTTP status.
 */
export async function collect<Output>(
  turn: RunningTurn<Output>,
): Promise<{ readonly status: number; readonly body: string }> {
  turn.protocol.collect(turn.blank.start());
  turn.protocol.collect((await turn.open()).outputs);
  turn.ended(undefined);
  return { status: 200, body: turn.protocol.body() };
}
