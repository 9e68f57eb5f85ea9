/**
 * Reads a request body as JSON, within limits: the bytes of one body, and of all that are in memory at the same time.
 * Media type, content coding, size and syntax have their own errors.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BridgeError } from '../errors/bridge-error';
import type { HistoryParser } from './history-parser';
import type { InflateBody } from './inflate-body';
import { parseBody, type JsonLimits } from './parse-body';

/** The part of an exchange that reading its body needs. */
interface BodySource {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly awaitsContinue: boolean;
  readonly services: {
    readonly config: JsonLimits & { readonly bodyLimitMb: number };
    readonly bodies: BodyBudget;
    readonly largeBodies: () => HistoryParser;
  };
}

const BYTES_PER_MB = 1024 * 1024;

/** Smaller bodies are parsed at once: the work for reusing earlier ones would cost as much. */
const LARGE_BODY = 64 * 1024;

/** `application/json`, `application/vnd.example+json`; parameters are ignored, JSON is UTF-8 (RFC 8259, 8.1). */
const JSON_TYPE = /^(?:application\/json|[\w.-]+\/[\w.+-]+\+json)\s*(?:;|$)/i;

/**
 * Reads the body and passes its JSON value to `use`. Its bytes stay reserved until `use` has finished.
 * @throws BridgeError when the headers or the bytes are not those of a JSON body, or are over a limit
 */
export async function useBody<T>(exchange: BodySource, use: (body: unknown) => T | Promise<T>): Promise<T> {
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
export async function readJson(exchange: BodySource, reservation: Reservation): Promise<unknown> {
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
async function readBytes(exchange: BodySource, reservation: Reservation): Promise<Buffer> {
  const { request, response, awaitsContinue, services: { config } } = exchange;
  const limit = config.bodyLimitMb * BYTES_PER_MB;
  checkMediaType(request.headers['content-type']);
  const inflate = findInflater(request.headers['content-encoding']);
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limit) throw tooLarge(limit);
  await reservation.grow(declared);
  if (awaitsContinue) response.writeContinue();
  const bytes = await readBody(request, declared, limit, reservation);
  if (inflate === undefined) return bytes;
  // The decompressed size is known only afterwards.
  await reservation.grow(limit);
  const inflated = await inflate(bytes, limit);
  if (inflated === undefined) throw tooLarge(limit);
  reservation.shrink(inflated.length);
  return inflated;
}

/** Returns `undefined` for a body that is not compressed. */
function findInflater(coding = 'identity'): InflateBody | undefined {
  if (/^\s*(?:identity)?\s*$/i.test(coding)) return undefined;
  const inflating: typeof import('./inflate-body') = require('./inflate-body');
  return inflating.findInflater(coding);
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

const QUEUE_MS = 10_000;
/** The retry delay for a client when the budget is exhausted. */
const RETRY_AFTER_MS = 2_000;

/** Creates the error for a body of more than `limit` bytes. */
function tooLarge(limit: number): BridgeError {
  const megabytes = Math.round((limit / BYTES_PER_MB) * 100) / 100;
  const problem = `The request body is larger than ${megabytes} MB.`;
  return new BridgeError('too_large', `${problem} Raise the limit with --body-limit-mb.`);
}

interface Waiter {
  readonly bytes: number;
  /** Bytes that the same body has already reserved. */
  readonly own: number;
  readonly admit: () => void;
}

/** Counts the bytes of all bodies being read or translated; further ones wait in order of arrival. */
export class BodyBudget {
  private held = 0;
  private readonly waiters = new Set<Waiter>();

  /**
   * @param limit in bytes; a single larger body is admitted if no other is in memory
   * @param queueMs how long a body waits for room before it is rejected
   */
  constructor(private readonly limit: number, private readonly queueMs = QUEUE_MS) {}

  /** How many bodies wait for room. */
  get queued(): number {
    return this.waiters.size;
  }

  /** Opens an empty reservation. */
  open(): Reservation {
    return new Reservation(this);
  }

  /**
   * Reserves `bytes` more for a body that has already reserved `own`, as soon as there is room.
   * @throws BridgeError `busy` if there is none in time
   */
  reserve(bytes: number, own: number): Promise<void> {
    if ((this.waiters.size === 0 || own > 0) && this.hasRoom(bytes, own)) {
      this.held += bytes;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        bytes,
        own,
        admit: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        reject(busy(this.limit));
        // A smaller one may fit.
        this.admitWaiters();
      }, this.queueMs);
      this.waiters.add(waiter);
    });
  }

  /** Frees `bytes`. */
  release(bytes: number): void {
    this.held -= bytes;
    this.admitWaiters();
  }

  private admitWaiters(): void {
    let isBlocked = false;
    for (const waiter of this.waiters) {
      if (isBlocked && waiter.own === 0) continue;
      if (!this.hasRoom(waiter.bytes, waiter.own)) {
        // No later body may overtake it, but one that is already partly in memory may finish sooner.
        isBlocked = true;
        continue;
      }
      this.waiters.delete(waiter);
      this.held += waiter.bytes;
      waiter.admit();
    }
  }

  /** One body at a time may grow beyond the limit: otherwise several that have to grow would wait for one another. */
  private hasRoom(bytes: number, own: number): boolean {
    return this.held <= own || this.held + bytes <= this.limit || (own > 0 && this.held <= this.limit);
  }
}

/** The part of the budget reserved by one body. */
export class Reservation {
  private size = 0;
  private closed = false;

  constructor(private readonly bodies: BodyBudget) {}

  /**
   * Waits until `bytes` are reserved for the body.
   * @throws BridgeError `busy` if there is no room in time
   */
  async grow(bytes: number): Promise<void> {
    const more = bytes - this.size;
    if (more <= 0) return;
    await this.bodies.reserve(more, this.size);
    this.size += more;
    // The client may have disconnected in the meantime.
    if (this.closed) this.shrink(0);
  }

  /** Frees everything above `bytes`. */
  shrink(bytes: number): void {
    this.bodies.release(this.size - bytes);
    this.size = bytes;
  }

  /** Frees everything. */
  close(): void {
    this.closed = true;
    this.shrink(0);
  }
}

function busy(limit: number): BridgeError {
  const megabytes = Math.round(limit / BYTES_PER_MB);
  const problem = `The bridge is busy: ${megabytes} MB of request bodies are in memory.`;
  const advice = 'Retry later, or raise the limit with --bodies-in-flight-mb.';
  return new BridgeError('busy', `${problem} ${advice}`, { retryAfterMs: RETRY_AFTER_MS });
}
