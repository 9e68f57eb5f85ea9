/** Reads a request body as JSON: media type, content coding, size and syntax, each with its own error. */
import type { IncomingMessage } from 'node:http';
import { BridgeError } from '../errors/bridge-error';
import { tooLarge, type Reservation } from './body-limits';
import type { HttpExchange } from './http-exchange';
import { parseBody } from './parse-body';

const BYTES_PER_MB = 1024 * 1024;

/** Smaller bodies are parsed at once: the work for reusing earlier ones would cost as much. */
const LARGE_BODY = 64 * 1024;

/** `application/json`, `application/vnd.example+json`; parameters are ignored, JSON is UTF-8 (RFC 8259, 8.1). */
const JSON_TYPE = /^(?:application\/json|[\w.-]+\/[\w.+-]+\+json)\s*(?:;|$)/i;

/**
 * Reads the body and passes its JSON value to `use`. Its bytes stay reserved until `use` has finished.
 * @throws BridgeError when the headers or the bytes are not those of a JSON body, or are over a limit
 */
export async function useBody<T>(exchange: HttpExchange, use: (body: unknown) => T | Promise<T>): Promise<T> {
  const reservation = exchange.services.bodies.open();
  try {
    return await use(await readJson(exchange, reservation));
  } finally {
    reservation.close();
  }
}

/**
 * Reads the JSON value of the body. Neither its bytes nor its text are kept; `reservation` still counts their size.
 * @throws BridgeError when the headers or the bytes are not those of a JSON body, or are over a limit
 */
export async function readJson(exchange: HttpExchange, reservation: Reservation): Promise<unknown> {
  const bytes = await readBytes(exchange, reservation);
  const { config, largeBodies } = exchange.services;
  if (bytes.length < LARGE_BODY) return parseBody(bytes, config);
  return largeBodies().parse(bytes, (values) => reservation.grow(bytes.length + weigh(values)));
}

/** No thread of an agent has more values, and they are small compared with its texts. */
const USUAL_VALUES = 20_000;

/** Parsed and translated; measured with 60,000 short messages of three values each. */
const BYTES_PER_VALUE = 256;

/** The memory of the values that a body has beyond the usual, in bytes. */
const weigh = (values: number): number => Math.max(0, values - USUAL_VALUES) * BYTES_PER_VALUE;

/** Reads the decompressed bytes of the body; `reservation` counts their size. */
async function readBytes(exchange: HttpExchange, reservation: Reservation): Promise<Buffer> {
  const { request, response, awaitsContinue, services: { config } } = exchange;
  const limit = config.bodyLimitMb * BYTES_PER_MB;
  checkMediaType(request.headers['content-type']);
  const coding = readCoding(request.headers['content-encoding']);
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limit) throw tooLarge(limit);
  await reservation.grow(declared);
  if (awaitsContinue) response.writeContinue();
  const bytes = await readBody(request, declared, limit, reservation);
  if (coding === undefined) return bytes;
  // The decompressed size is known only afterwards.
  await reservation.grow(limit);
  const inflated = await inflate(bytes, coding, limit);
  reservation.shrink(inflated.length);
  return inflated;
}

function checkMediaType(type: string | undefined): void {
  const text = (type ?? '').trim();
  // A web page can send a body without a type (a Blob), but a JSON type only after a CORS preflight.
  if (JSON_TYPE.test(text)) return;
  const quoted = JSON.stringify(text.slice(0, 100));
  throw new BridgeError(
    'unsupported_media_type',
    `Cannot read a request body of content-type ${quoted}: expected application/json.`,
  );
}

/** Initial size of the buffer for a body without a declared length; it doubles as needed. */
const FIRST_GUESS = 64 * 1024;

/**
 * Reads the whole body. If it exceeds the limit, the rest is not read.
 * @throws BridgeError for a body over `limit` bytes, or if the connection is lost before the end
 */
function readBody(
  request: IncomingMessage, declared: number, limit: number, reservation: Reservation,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.allocUnsafe(declared);
    let size = 0;
    const stop = (): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose);
    };
    const fail = (error: unknown): void => {
      stop();
      request.pause();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      const end = size + chunk.length;
      if (end > limit) return fail(tooLarge(limit));
      if (end > bytes.length) {
        bytes = Buffer.concat([bytes.subarray(0, size)], Math.min(limit, Math.max(FIRST_GUESS, end * 2)));
        request.pause();
        reservation.grow(bytes.length).then(() => request.resume(), fail);
      }
      bytes.set(chunk, size);
      size = end;
    };
    const onEnd = (): void => {
      stop();
      resolve(bytes.subarray(0, size));
    };
    const onClose = (): void => {
      stop();
      reject(new BridgeError('invalid_request', 'The connection was lost before the request body was complete.'));
    };
    if (request.destroyed) onClose();
    else request.on('data', onData).on('end', onEnd).on('close', onClose);
  });
}

type Zlib = typeof import('node:zlib');
type Inflated = (error: Error | null, inflated: Buffer) => void;
type Inflater = (zlib: Zlib, bytes: Buffer, options: { readonly maxOutputLength: number }, done: Inflated) => void;

/** Content codings that Node 18 can read. */
const INFLATERS: ReadonlyMap<string, Inflater> = new Map<string, Inflater>([
  ['gzip', (zlib, ...rest) => zlib.gunzip(...rest)],
  ['x-gzip', (zlib, ...rest) => zlib.gunzip(...rest)],
  ['deflate', (zlib, ...rest) => zlib.inflate(...rest)],
  ['br', (zlib, ...rest) => zlib.brotliDecompress(...rest)],
]);

/** Returns the name of a known coding, or `undefined` for an uncompressed body. */
function readCoding(header: string | undefined): string | undefined {
  const name = (header ?? '').trim().toLowerCase();
  if (name === '' || name === 'identity') return undefined;
  if (INFLATERS.has(name)) return name;
  // Codex compresses with zstd if it is logged in to ChatGPT; features.enable_request_compression controls that.
  const hint = name === 'zstd' ? ' In Codex, set enable_request_compression = false under [features].' : '';
  const quoted = JSON.stringify(name.slice(0, 100));
  throw new BridgeError(
    'unsupported_media_type',
    `Cannot read a request body with content-encoding ${quoted}: expected gzip, deflate, br or none.${hint}`,
  );
}

async function inflate(bytes: Buffer, coding: string, limit: number): Promise<Buffer> {
  // Loaded lazily, because hardly any request is compressed.
  const zlib = await import('node:zlib');
  return new Promise((resolve, reject) => {
    INFLATERS.get(coding)?.(zlib, bytes, { maxOutputLength: limit }, (error, inflated) => {
      if (error === null) return resolve(inflated);
      if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return reject(tooLarge(limit));
      const problem = `Cannot decompress the request body as ${coding}: ${error.message}.`;
      return reject(new BridgeError('invalid_request', problem));
    });
  });
}
