/** The only loop that waits: upstream bytes through the stream machine to the client's text. */
import { parseJson } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import { readErrorText } from '../errors/vendor-error';
import type { AnswerStream } from '../stream/answer-stream';
import type { UpstreamAnswer } from '../upstream/transport';
import type { ClientProtocol } from './client-protocol';

/** A whole completion longer than this is no answer of any model. */
const LONGEST_COMPLETION = 256 * 1024 * 1024;

export interface RunningTurn<Output> {
  readonly answer: UpstreamAnswer;
  readonly stream: AnswerStream<Output>;
  readonly protocol: ClientProtocol<Output>;
  /** Sees each read of the upstream, for LOG_STREAM_RAW. */
  readonly tap?: (bytes: Uint8Array) => void;
}

/** One array for each read of the upstream. Begins with the start, ends with the one terminal output, never throws. */
async function* outputs<Output>(turn: RunningTurn<Output>): AsyncGenerator<readonly Output[], void, undefined> {
  const { answer, stream } = turn;
  yield stream.start();
  try {
    if (isWholeCompletion(answer)) {
      yield await readCompletion(turn);
      return;
    }
    let first = true;
    for await (const bytes of answer.bytes()) {
      turn.tap?.(bytes);
      if (first) refusePage(bytes);
      first = false;
      const batch = stream.push(bytes);
      if (batch.length > 0) yield batch;
      if (stream.finished) return;
    }
    yield stream.end();
  } catch (cause) {
    yield stream.fail(toBridgeError(cause));
  }
}

/** A login page or a proxy's notice with status 200 is not an answer cut short: asking again brings the same page. */
function refusePage(bytes: Uint8Array): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (!/^\s*<(!doctype|html)/i.test(text)) return;
  throw new BridgeError('bad_answer', `The provider answered with ${readErrorText(text).message} in place of an event stream; check AI_API_BASE.`);
}

/** The stream as SSE text, one string for each write. */
export async function* frames<Output>(turn: RunningTurn<Output>): AsyncGenerator<string, void, undefined> {
  for await (const batch of outputs(turn)) {
    const text = turn.protocol.encode(batch);
    yield turn.stream.finished ? text + turn.protocol.done : text;
  }
}

/**
 * The whole answer as JSON text.
 * @throws BridgeError when the answer failed: nothing was sent yet, so the client gets a true HTTP status.
 */
export async function collect<Output>(turn: RunningTurn<Output>): Promise<{ readonly status: number; readonly body: string }> {
  for await (const batch of outputs(turn)) turn.protocol.collect(batch);
  if (turn.stream.error) throw turn.stream.error;
  return { status: 200, body: turn.protocol.body() };
}

/** Some servers ignore `stream: true` and answer one JSON object; `n > 1` asks for one. */
function isWholeCompletion(answer: UpstreamAnswer): boolean {
  return /^application\/json\b/i.test(answer.header('content-type') ?? '');
}

async function readCompletion<Output>(turn: RunningTurn<Output>): Promise<readonly Output[]> {
  const text = await turn.answer.text(LONGEST_COMPLETION);
  const value = parseJson(text);
  // An event stream under a JSON content type: read it as what it is.
  if (value === undefined) return [...turn.stream.push(Buffer.from(text, 'utf8')), ...turn.stream.end()];
  return turn.stream.completion(value);
}

/** A BridgeError as it is; anything else is a defect of the bridge, `internal`. */
export function toBridgeError(cause: unknown): BridgeError {
  if (cause instanceof BridgeError) return cause;
  return new BridgeError('internal', `The bridge failed: ${cause instanceof Error ? cause.message : String(cause)}`);
}
