/** Runs a turn: the only async loop, from upstream reads to the client's text, with one write per read. */
import { parseJson } from '../base/json';
import type { Notes } from '../base/result';
import { BridgeError, toBridgeError } from '../errors/bridge-error';
import { readErrorText } from '../errors/provider-error';
import type { AnswerStream } from '../stream/answer-stream';
import type { UpstreamAnswer } from '../upstream/transport';
import type { ClientProtocol } from './client-protocol';

/** An answer that has begun. */
export interface Answer<Output> {
  readonly upstream: UpstreamAnswer;
  readonly stream: AnswerStream<Output>;
  /** The outputs of the reads so far; never a failure. */
  readonly outputs: readonly Output[];
  /** What was changed or dropped in the request that is answered. */
  readonly notes: Notes;
}

export interface RunningTurn<Output> {
  readonly protocol: ClientProtocol<Output>;
  /** Set when the answer had to begin before the stream may. */
  readonly opened?: Answer<Output> | undefined;
  /** Resolves when the answer has begun. */
  readonly open: () => Promise<Answer<Output>>;
  /** A stream without input yet: it starts the response, and ends it if the answer never begins. */
  readonly blank: AnswerStream<Output>;
  /** Receives each upstream read, for LOG_STREAM_RAW. */
  readonly tap: ((bytes: Uint8Array) => void) | undefined;
  /** Keeps the answer, before its client gets the last outputs; absent when nothing is kept. */
  readonly keep: ((outputs: readonly Output[]) => Promise<void>) | undefined;
  /** Called once, at the end. What `collect` throws is not reported here. */
  readonly ended: (error: BridgeError | undefined) => void;
  /** Called if a bug in the bridge broke the stream. */
  readonly broke: (cause: unknown) => void;
}

/**
 * Yields the stream as SSE text, one string per write. Uses one generator and one await per read: at token rate, each
 * layer of promises costs more than the translation (test/bench). Throws only on a bug in the bridge.
 */
export async function* streamTurn<Output>(turn: RunningTurn<Output>): AsyncGenerator<string, void, undefined> {
  const { protocol, blank } = turn;
  let answer = turn.opened;
  try {
    yield protocol.encode(blank.assembler.start());
    answer ??= await turn.open();
    const { upstream, stream } = answer;
    for (let { outputs } = answer; ; outputs = await readOutputs(upstream, stream, false, turn.tap)) {
      if (stream.assembler.finished) turn.ended(stream.assembler.error);
      if (stream.assembler.finished && turn.keep) await turn.keep(outputs);
      if (stream.assembler.finished) yield protocol.encode(outputs) + protocol.done;
      else if (outputs.length > 0) yield protocol.encode(outputs);
      if (stream.assembler.finished) return;
    }
  } catch (cause) {
    if (answer) {
      turn.broke(cause);
      throw cause;
    }
    const error = toBridgeError(cause);
    turn.ended(error);
    const outputs = blank.fail(error);
    if (turn.keep) await turn.keep(outputs);
    yield protocol.encode(outputs) + protocol.done;
  } finally {
    answer?.upstream.cancel(answer.stream.assembler.finished && answer.stream.assembler.error === undefined);
  }
}

/**
 * Returns the whole answer as JSON text.
 * @throws BridgeError if the answer failed: nothing was sent yet, so the client gets the real HTTP status
 */
export async function collectTurn<Output>(
  turn: RunningTurn<Output>,
): Promise<{ readonly status: number; readonly body: string }> {
  turn.protocol.collect(turn.blank.assembler.start());
  const { outputs } = await turn.open();
  turn.protocol.collect(outputs);
  turn.ended(undefined);
  if (turn.keep) await turn.keep(outputs);
  return { status: 200, body: turn.protocol.body() };
}

/** A complete answer in bytes of JSON: its text may have 64 MB (stream/tool-calls.ts). */
const LONGEST_COMPLETION = 80 * 1024 * 1024;

/**
 * Returns the outputs of the next read. Never throws: a failure becomes the stream's terminal output.
 * @param first whether this is the first read of the answer
 * @param tap receives each read, for LOG_STREAM_RAW
 */
export async function readOutputs<Output>(
  answer: UpstreamAnswer,
  stream: AnswerStream<Output>,
  first: boolean,
  tap: ((bytes: Uint8Array) => void) | undefined,
): Promise<readonly Output[]> {
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

/** Some servers ignore `stream: true` and answer with one JSON object; `n > 1` requests one. */
function isWholeCompletion(answer: UpstreamAnswer): boolean {
  return /^application\/json\b/i.test(answer.header('content-type') ?? '');
}

async function readCompletion<Output>(
  answer: UpstreamAnswer,
  stream: AnswerStream<Output>,
): Promise<readonly Output[]> {
  const text = await answer.text(LONGEST_COMPLETION);
  if (Buffer.byteLength(text) >= LONGEST_COMPLETION) {
    const limit = `${LONGEST_COMPLETION / 1024 / 1024} MB`;
    throw new BridgeError('bad_answer', `The provider's answer is longer than ${limit}.`);
  }
  const value = parseJson(text);
  // An event stream with a JSON content type: read it as an event stream.
  if (value === undefined) return [...stream.push(Buffer.from(text, 'utf8')), ...stream.end()];
  return stream.completion(value);
}

/** A login page or a proxy's notice with status 200 is not a truncated answer: a retry would return the same page. */
function refusePage(bytes: Uint8Array): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (!/^\s*<(!doctype|html)/i.test(text)) return;
  throw new BridgeError(
    'bad_answer',
    `The provider answered with ${readErrorText(text).message} instead of an event stream. Check AI_API_BASE.`,
  );
}
