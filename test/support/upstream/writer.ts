/** Sends the answer of one step: headers, separate TCP writes, and any kind of ending. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { renderChatStream, renderCompletion, type AnswerContext } from './chat-stream';
import type { UpstreamDialect } from '../strict/rule';
import type { AnswerOptions, RawStep, ReplyStep, StreamEnd } from './steps';

/** Content types as the providers spell them. */
const STREAM_TYPES: Readonly<Record<UpstreamDialect, string>> = {
  openai: 'text/event-stream; charset=utf-8',
  dashscope: 'text/event-stream;charset=UTF-8',
};

/** Reads the body of a request; undefined if the client disconnects before its end. */
export async function readText(message: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of message) chunks.push(chunk);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Sends a plain answer. */
export function sendReply(response: ServerResponse, { status, headers, body }: Omit<ReplyStep, 'kind'>): void {
  response.writeHead(status, headers).end(body);
}

/** Sends an answer in the dialect's shape: a stream, or one completion when `stream` is false. */
export async function sendAnswer(
  response: ServerResponse,
  options: AnswerOptions,
  context: AnswerContext,
  stream: boolean,
): Promise<void> {
  const { headers = {}, gate, writeSize, cutAfter, end = 'eof' } = options;
  if (!stream) {
    const head = { 'content-type': 'application/json', ...headers };
    return sendReply(response, { status: 200, headers: head, body: renderCompletion(options, context) });
  }
  const events = renderChatStream(options, context).slice(0, cutAfter);
  const head = { 'content-type': STREAM_TYPES[context.dialect], 'cache-control': 'no-cache', ...headers };
  const chunks = writeSize === undefined ? events : splitBytes(events.join(''), writeSize);
  return sendRaw(response, { status: 200, headers: head, chunks, end, ...(gate === undefined ? {} : { gate }) });
}

function splitBytes(text: string, size: number): readonly Buffer[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

/** Sends exact bytes write by write, then ends as configured. Stops silently if the client has disconnected. */
export async function sendRaw(response: ServerResponse, step: Omit<RawStep, 'kind'>): Promise<void> {
  const disconnected = new Promise<void>((resolve) => response.once('close', resolve));
  response.writeHead(step.status, step.headers);
  response.flushHeaders();
  await letReadersRead();
  for (const [index, chunk] of step.chunks.entries()) {
    await Promise.race([pass(step, index), disconnected]);
    if (response.destroyed) return;
    await Promise.race([new Promise((written) => response.write(chunk, written)), disconnected]);
    await letReadersRead();
  }
  await Promise.race([pass(step, step.chunks.length), disconnected]);
  if (!response.destroyed) ENDS[step.end](response);
}

const pass = ({ gate, chunks }: Omit<RawStep, 'kind'>, index: number): Promise<void> | void =>
  typeof gate === 'function' ? gate(index, chunks.length) : gate;

/**
 * Waits for two turns of the event loop, so that a reader in the same process sees each write as one read: it would
 * join writes between two polls. One turn is not enough if it starts while the loop polls (a gate opened by I/O),
 * because it then ends before the next poll.
 */
async function letReadersRead(): Promise<void> {
  await turn();
  await turn();
}

const ENDS: Readonly<Record<StreamEnd, (response: ServerResponse) => void>> = {
  eof: (response) => response.end(),
  cut: (response) => breakOff(response),
  reset: (response) => {
    brokenOff.add(response);
    response.socket?.resetAndDestroy();
  },
  hang: () => undefined,
};

const brokenOff = new WeakSet<ServerResponse>();

/** Closes the connection of `response` immediately. */
export function breakOff(response: ServerResponse): void {
  brokenOff.add(response);
  response.destroy();
}

/** True if the script, not the client, aborted the answer. */
export const wasBrokenOff = (response: ServerResponse): boolean => brokenOff.has(response);
