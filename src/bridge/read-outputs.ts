/** One read of the upstream, through the stream machine. */
import { parseJson } from '../base/json';
import { BridgeError, toBridgeError } from '../errors/bridge-error';
import { readErrorText } from '../errors/provider-error';
import type { AnswerStream } from '../stream/answer-stream';
import type { UpstreamAnswer } from '../upstream/transport';

/** A whole completion longer than this is no answer of any model. */
const LONGEST_COMPLETION = 256 * 1024 * 1024;

/**
 * What the next read became. Never throws: a failure is the stream's terminal output.
 * @param first whether nothing of the answer was read yet
 * @param tap sees each read, for LOG_STREAM_RAW
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

/** Some servers ignore `stream: true` and answer one JSON object; `n > 1` asks for one. */
function isWholeCompletion(answer: UpstreamAnswer): boolean {
  return /^application\/json\b/i.test(answer.header('content-type') ?? '');
}

async function readCompletion<Output>(
  answer: UpstreamAnswer,
  stream: AnswerStream<Output>,
): Promise<readonly Output[]> {
  const text = await answer.text(LONGEST_COMPLETION);
  const value = parseJson(text);
  // An event stream under a JSON content type: read it as what it is.
  if (value === undefined) return [...stream.push(Buffer.from(text, 'utf8')), ...stream.end()];
  return stream.completion(value);
}

/** A login page or a proxy's notice with status 200 is not an answer cut short: asking again brings the same page. */
function refusePage(bytes: Uint8Array): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (!/^\s*<(!doctype|html)/i.test(text)) return;
  throw new BridgeError(
    'bad_answer',
    `The provider answered with ${readErrorText(text).message} in place of an event stream; check AI_API_BASE.`,
  );
}
