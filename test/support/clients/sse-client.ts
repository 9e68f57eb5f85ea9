/** A small HTTP client for tests: posts JSON, and records the answer and its network reads. */
import { request as startRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { parseJson } from '../../../src/base/json';
import { splitFrames } from '../stream/grammar/frames';

/** One received event. */
export interface ReceivedEvent {
  /** The `event:` line, if any. */
  readonly event?: string;
  readonly data: string;
  /** `data` as JSON; `undefined` if it is not JSON, like `[DONE]`. */
  readonly json: unknown;
}

/** How an answer ended: complete, truncated by the server, or aborted by the caller's signal. */
export type Ending = 'complete' | 'cut' | 'aborted';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body, one element per network read. */
  readonly chunks: readonly Buffer[];
  readonly bytes: Buffer;
  readonly text: string;
  readonly ending: Ending;
}

/** An answer read as an event stream; `events` are in order of arrival. */
export interface StreamReply extends Reply {
  readonly events: readonly ReceivedEvent[];
}

export interface JsonReply extends Reply {
  /** `undefined` when the body is not JSON. */
  readonly json: unknown;
}

export interface PostOptions {
  /** Destroys the socket when aborted; the reply then contains what has arrived. */
  readonly signal?: AbortSignal;
  /** Called after each network read, for example to abort after the first delta. */
  readonly onChunk?: (chunk: Buffer, soFar: string) => void;
}

interface HttpExchange extends PostOptions {
  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

/** Posts `body` (an object is sent as JSON, a string or Buffer unchanged) and reads the answer as an event stream. */
export async function postStream(
  url: string,
  body: unknown,
  headers: OutgoingHttpHeaders = {},
  options: PostOptions = {},
): Promise<StreamReply> {
  const reply = await exchange(url, { ...post(body, { accept: 'text/event-stream', ...headers }), ...options });
  return { ...reply, events: parseSse(reply.text) };
}

/** Posts `body` and reads the answer as JSON. */
export async function postJson(
  url: string,
  body: unknown,
  headers: OutgoingHttpHeaders = {},
  options: PostOptions = {},
): Promise<JsonReply> {
  const reply = await exchange(url, { ...post(body, headers), ...options });
  return { ...reply, json: parseJson(reply.text) };
}

/** Sends a request without a body, GET unless `method` says otherwise, and reads the answer as JSON. */
export async function getJson(url: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<JsonReply> {
  const reply = await exchange(url, { method, headers });
  return { ...reply, json: parseJson(reply.text) };
}

/** The events of an SSE text; blocks without data, such as comments, are skipped. */
export function parseSse(text: string): readonly ReceivedEvent[] {
  return splitFrames(text).flatMap(({ event, data }) =>
    data === undefined ? [] : [{ ...(event === undefined ? {} : { event }), data, json: parseJson(data) }],
  );
}

function post(body: unknown, headers: OutgoingHttpHeaders): HttpExchange {
  const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: bytes };
}

/** Sends a request. Rejects if no answer arrives; a truncated answer resolves with its ending. */
function exchange(url: string, { method, headers, body, signal, onChunk }: HttpExchange): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const options = { method, headers: { ...length, ...headers }, ...(signal ? { signal } : {}) };
    // Without an agent, each request has its own connection, so that the tested server can stop at once.
    const request = startRequest(url, { ...options, agent: false });
    // Once the answer has started, its ending is recorded; later errors of the request are ignored.
    let answered = false;
    request.on('error', (cause) => (answered ? undefined : reject(cause)));
    request.once('response', (response) => {
      answered = true;
      void readReply(response, signal, onChunk).then(resolve, reject);
    });
    request.end(body);
  });
}

function readReply(response: IncomingMessage, signal?: AbortSignal, onChunk?: PostOptions['onChunk']): Promise<Reply> {
  const chunks: Buffer[] = [];
  let soFar = '';
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    soFar += chunk.toString('utf8');
    onChunk?.(chunk, soFar);
  });
  // A truncated answer emits an error before it closes; `complete` distinguishes it from a complete one.
  response.on('error', ignore);
  return new Promise((resolve) => {
    response.once('close', () => {
      const bytes = Buffer.concat(chunks);
      const failure = signal?.aborted === true ? 'aborted' : 'cut';
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        chunks,
        bytes,
        text: bytes.toString('utf8'),
        ending: response.complete ? 'complete' : failure,
      });
    });
  });
}

const ignore = (): void => undefined;
