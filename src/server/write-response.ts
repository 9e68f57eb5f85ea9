/** Writes responses: text, JSON, an error, or a stream with backpressure. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { BridgeError } from '../errors/bridge-error';
import { renderErrorBody, statusOf, type ClientKind } from '../errors/error-body';
import { ERRORS } from '../errors/error-table';

type Response = ServerResponse<IncomingMessage>;

/** Headers of every JSON response; `nosniff` keeps a browser from reading it as anything else. */
export const JSON_HEADERS = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' } as const;

/** Headers of every stream; `x-accel-buffering` keeps a reverse proxy from buffering it. */
export const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
} as const;

/** How long a client may keep sending a body that was rejected, before its connection is closed. */
const LINGER_MS = 1_000;

/** Sends `text`, compressed if useful, and ends the response, even with an unread request body. No-op if ended. */
export function writeBody(response: Response, status: number, headers: OutgoingHttpHeaders, text: string): void {
  if (response.destroyed || response.writableEnded) return;
  const lingers = hasUnreadBody(response.req);
  const mayCompress = text.length >= MIN_COMPRESSED_LENGTH && text.length <= MAX_COMPRESSED_LENGTH;
  const compressed = mayCompress && acceptsGzip(response.req) ? compress(text) : undefined;
  const body = compressed ?? text;
  if (mayCompress) response.setHeader('vary', [response.getHeader('vary') ?? [], 'accept-encoding'].flat().join(', '));
  const coding = compressed && { 'content-encoding': 'gzip' };
  // Not allowed with 204, nor with HEAD unless GET has the same length (RFC 9110, section 8.6).
  const hasLength = status !== 204 && (text !== '' || response.req.method !== 'HEAD');
  const length = hasLength && { 'content-length': Buffer.byteLength(body) };
  const connection = lingers ? { connection: 'close' } : {};
  response.writeHead(status, { ...headers, ...coding, ...length, ...connection });
  if (!lingers) {
    response.end(body);
    return;
  }
  response.write(body);
  endAfterBody(response);
}

/** Whether `request` announces a body that has not been read to its end. */
export function hasUnreadBody({ complete, headers }: IncomingMessage): boolean {
  return !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0);
}

/**
 * Lengths in characters between which bodies are compressed: shorter ones fit into few packets, longer ones would block
 * the process.
 */
const [MIN_COMPRESSED_LENGTH, MAX_COMPRESSED_LENGTH] = [4_096, 1_048_576];

/**
 * Codex accepts gzip since 0.171, and sends the header for it (codex-protocol.md, section 12). Streams are never
 * compressed.
 */
const acceptsGzip = ({ headers }: IncomingMessage): boolean =>
  /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(String(headers['accept-encoding'] ?? ''));

function compress(text: string): Buffer {
  const { gzipSync }: typeof import('node:zlib') = require('node:zlib');
  return gzipSync(text, { level: 1 });
}

/**
 * Discards the rest of the body before the connection is closed. Closing a socket with unread bytes resets the
 * connection, and a client that is still sending would lose the response (RFC 9112, section 9.6).
 */
function endAfterBody(response: Response): void {
  const { req: request } = response;
  const end = (): void => {
    clearTimeout(timer);
    request.off('end', end).off('close', end);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.on('end', end).on('close', end).resume();
}

/** Sends `value` with status 200. */
export function writeJson(response: Response, value: object, headers: OutgoingHttpHeaders = {}): void {
  writeBody(response, 200, { ...JSON_HEADERS, ...headers }, JSON.stringify(value));
}

/** Sends `error` as an OpenAI error object with its HTTP status. */
export function writeError(response: Response, error: BridgeError, headers: OutgoingHttpHeaders = {}): void {
  const body = JSON.stringify(renderErrorBody(error));
  writeBody(response, statusOf(error), { ...JSON_HEADERS, ...renderErrorHeaders(error), ...headers }, body);
}

/** Returns the headers for `error`: the wait in whole seconds, whether to retry, the provider's request id. */
export function renderErrorHeaders(error: BridgeError): OutgoingHttpHeaders {
  const { retryAfterMs, requestId = '' } = error.details;
  const headers: OutgoingHttpHeaders = {};
  if (forbidsRetry(error)) headers['x-should-retry'] = 'false';
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.max(0, Math.ceil(retryAfterMs / 1_000)));
  // The provider chooses the id, and Node throws on characters that are not allowed in a header.
  if (/^[\x21-\x7e]{1,200}$/.test(requestId)) headers['x-request-id'] = requestId;
  return headers;
}

/**
 * SDKs retry after 408, 409, 429 and 5xx, twice by default, unless `x-should-retry` is `false` (openai 7.57).
 * The bridge has already retried as often as is useful; only a wait that the provider demands is left to the client.
 */
function forbidsRetry(error: BridgeError): boolean {
  const { codexCode } = ERRORS[error.kind];
  const { final, retryAfterMs } = error.details;
  if (statusOf(error) < 500 && ![408, 409, 429].includes(statusOf(error))) return false;
  if (codexCode === 'invalid_prompt' || codexCode === 'context_length_exceeded') return true;
  return final === true && retryAfterMs === undefined;
}

/** Node clients accept at most 16 kB of headers in total. */
const MAX_NOTES_LENGTH = 2_000;

/**
 * @param notes changes to the request and the answer, one sentence each
 * @returns `x-bridge-notes` in printable ASCII; empty without notes, and for Codex, which shows no headers
 */
export function renderNotesHeader(notes: readonly string[], client: ClientKind): OutgoingHttpHeaders {
  if (client === 'codex' || notes.length === 0) return {};
  const text = notes.join('; ').replace(/[^\x20-\x7e]/g, '?');
  return { 'x-bridge-notes': text.length > MAX_NOTES_LENGTH ? `${text.slice(0, MAX_NOTES_LENGTH - 3)}...` : text };
}

/** Keep-alives and time limits of a stream. */
export interface Pace {
  /** Milliseconds without a frame after which a keep-alive is written; 0 disables them. */
  readonly keepAliveMs: number;
  /** The text of a keep-alive. */
  readonly keepAlive: () => string;
  /** Milliseconds after which a client that does not read is disconnected. */
  readonly stallMs: number;
}

/**
 * Writes each frame with one `write` and ends the response. The next frame is requested only once the client has read
 * enough of the earlier ones; after the client disconnects, no further frame is requested.
 * @param headers in addition to those of every stream
 * @throws errors of `frames`, and an Error if there was no frame at all; nothing has been sent then
 */
export async function writeSse(
  response: ServerResponse, frames: AsyncIterable<string>, pace: Pace, headers: OutgoingHttpHeaders = {},
): Promise<void> {
  const keepAlive = startKeepAlive(response, pace);
  try {
    for await (const frame of frames) {
      if (response.destroyed) return;
      const write = response.headersSent ? writeFrame : writeFirst;
      keepAlive?.refresh();
      if (!write(response, frame, headers)) await waitForDrain(response, pace.stallMs);
      if (response.destroyed) return;
    }
  } finally {
    clearInterval(keepAlive);
  }
  if (!response.headersSent && !response.destroyed) throw new Error('The stream ended before its first frame.');
  response.end();
}

function writeFirst(response: Response, frame: string, headers: OutgoingHttpHeaders): boolean {
  response.writeHead(200, { ...SSE_HEADERS, ...headers });
  return response.write(frame);
}

/** Node encodes longer strings outside its stack buffer of 16 KB; a character takes up to three bytes. */
const MAX_DIRECT_LENGTH = 4_096;

/**
 * Writes a frame as one string in the chunked coding (RFC 9112, section 7.1). Node's own `write` passes the size, the
 * text and the line endings to writev as four pieces: measured on Node 20 with 200 streams of 50 deltas a second, one
 * string saves about 10 % of the CPU time of the whole process. `write` still sends the first frame (together with the
 * headers), long frames, and every frame while earlier bytes wait in the buffer, because only it tracks backpressure.
 */
function writeFrame(response: Response, frame: string): boolean {
  const { socket, chunkedEncoding, writableLength } = response;
  const isDirect = chunkedEncoding && writableLength === 0 && frame !== '' && frame.length <= MAX_DIRECT_LENGTH;
  if (!socket || !isDirect) return response.write(frame);
  return socket.write(`${Buffer.byteLength(frame).toString(16)}\r\n${frame}\r\n`);
}

function startKeepAlive(response: ServerResponse, { keepAliveMs, keepAlive }: Pace): NodeJS.Timeout | undefined {
  if (keepAliveMs === 0) return undefined;
  const timer = setInterval(() => {
    if (response.destroyed || response.writableEnded) clearInterval(timer);
    else if (response.headersSent && !response.writableNeedDrain) response.write(keepAlive());
  }, keepAliveMs);
  return timer.unref();
}

function waitForDrain(response: ServerResponse, stallMs: number): Promise<void> {
  if (response.destroyed || !response.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const stalled = setTimeout(() => response.destroy(), stallMs);
    const settle = (): void => {
      clearTimeout(stalled);
      response.off('drain', settle).off('close', settle);
      resolve();
    };
    response.on('drain', settle).on('close', settle);
  });
}
