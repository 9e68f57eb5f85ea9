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

/** What the next read of the upstream became. Never throws: a failure is the stream's terminal output. */
async function nextOutputs<Output>({ answer, stream, tap }: RunningTurn<Output>, first: boolean): Promise<readonly Output[]> {
  try {
    if (first && isWholeCompletion(answer)) return await readCompletion(answer, stream);
    const bytes = await answer.read();
    if (bytes === undefined) return stream.end();
    tap?.(bytes);
    if (first) refusePage(bytes);
    return stream.push(bytes);
  } catch (cause) {
    return stream.fail(toBridgeError(cause));
  }
}

/** A login page or a proxy's notice with status 200 is not an answer cut short: asking again brings the same page. */
function refusePage(bytes: Uint8Array): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (!/^\s*<(!doctype|html)/i.test(text)) return;
  throw new BridgeError('bad_answer', `The provider answered with ${readErrorText(text).message} in place of an event stream; check AI_API_BASE.`);
}

/**
 * The stream as SSE text, one string for each write. One generator and one await for each read: at token rate every
 * layer of promises costs more than the translation (test/bench).
 */
export async function* frames<Output>(turn: RunningTurn<Output>): AsyncGenerator<string, void, undefined> {
  const { answer, stream, protocol } = turn;
  try {
    yield protocol.encode(stream.start());
    for (let first = true; !stream.finished; first = false) {
      const outputs = await nextOutputs(turn, first);
      if (stream.finished) yield protocol.encode(outputs) + protocol.done;
      else if (outputs.length > 0) yield protocol.encode(outputs);
    }
  } finally {
    answer.cancel();
  }
}

/**
 * The whole answer as JSON text.
 * @throws BridgeError when the answer failed: nothing was sent yet, so the client gets a true HTTP status.
 */
export async function collect<Output>(turn: RunningTurn<Output>): Promise<{ readonly status: number; readonly body: string }> {
  const { answer, stream, protocol } = turn;
  protocol.collect(stream.start());
  for (let first = true; !stream.finished; first = false) protocol.collect(await nextOutputs(turn, first));
  answer.cancel();
  if (stream.error) throw stream.error;
  return { status: 200, body: protocol.body() };
}

/** Some servers ignore `stream: true` and answer one JSON object; `n > 1` asks for one. */
function isWholeCompletion(answer: UpstreamAnswer): boolean {
  return /^application\/json\b/i.test(answer.header('content-type') ?? '');
}

async function readCompletion<Output>(answer: UpstreamAnswer, stream: AnswerStream<Output>): Promise<readonly Output[]> {
  const text = await answer.text(LONGEST_COMPLETION);
  const value = parseJson(text);
  // An event stream under a JSON content type: read it as what it is.
  if (value === undefined) return [...stream.push(Buffer.from(text, 'utf8')), ...stream.end()];
  return stream.completion(value);
}

/** A BridgeError as it is; anything else is a defect of the bridge, `internal`. */
export function toBridgeError(cause: unknown): BridgeError {
  if (cause instanceof BridgeError) return cause;
  return new BridgeError('internal', `The bridge failed: ${cause instanceof Error ? cause.message : String(cause)}`);
}
