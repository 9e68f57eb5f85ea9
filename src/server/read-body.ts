/** Reads a request body as JSON. Limits the bytes of each body, and of all bodies in memory together. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { BridgeError } from '../errors/bridge-error';
import { checkMediaType } from './guards';
import type { HistoryParser } from './history-parser';
import type { Inflater } from './inflate-body';
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

/** Smaller bodies are parsed directly: finding the items of earlier ones would cost as much. */
const LARGE_BODY = 64 * 1024;

/** Reads the body like `readJson`, passes it to `use`, and keeps its bytes reserved until `use` has finished. */
export async function useBody<T>(exchange: BodySource, use: (body: unknown) => T | Promise<T>): Promise<T> {
  const reservation = exchange.services.bodies.open();
  try {
    return await use(await readJson(exchange, reservation));
  } finally {
    reservation.close();
  }
}

/**
 * Reads the JSON value of the body. `reservation` counts the size of its bytes, also after they have been parsed.
 * @throws BridgeError when the headers or the bytes are not those of a JSON body, or are over a limit
 */
export async function readJson(exchange: BodySource, reservation: Reservation): Promise<unknown> {
  const bytes = await readBytes(exchange, reservation);
  const { config, largeBodies } = exchange.services;
  if (bytes.length < LARGE_BODY) return parseBody(bytes, config);
  return largeBodies().parse(bytes, (size) => reservation.grow(size));
}

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
  const bytes = await collect(request, { expected: declared, limit, reservation, toError: connectionLost });
  if (inflate === undefined) return bytes;
  const { stream, expected, toError } = inflate(bytes);
  try {
    const inflated = collect(stream, { expected: Math.min(expected, limit), limit, reservation, toError });
    stream.end(bytes);
    return await inflated;
  } finally {
    stream.destroy();
  }
}

/** Returns `undefined` for a body that is not compressed. */
function findInflater(coding = 'identity'): ((bytes: Buffer) => Inflater) | undefined {
  if (/^\s*(?:identity)?\s*$/i.test(coding)) return undefined;
  const inflating: typeof import('./inflate-body') = require('./inflate-body');
  return inflating.findInflater(coding);
}

/** Minimum size of a buffer that has grown; a larger one has twice the size of its content. */
const MIN_GROWN_SIZE = 64 * 1024;

interface Collecting {
  /** Initial size of the buffer in bytes. */
  readonly expected: number;
  readonly limit: number;
  readonly reservation: Reservation;
  /** Returns the error for a stream that closes before its end. */
  readonly toError: (cause: unknown) => BridgeError;
}

/**
 * Reads a whole stream into one buffer. If it exceeds the limit, the rest is not read.
 * @throws BridgeError for more than `limit` bytes, or what `toError` returns
 */
async function collect(source: Readable, { expected, limit, reservation, toError }: Collecting): Promise<Buffer> {
  let cause: unknown;
  // Listen before waiting, because the stream may fail in the meantime.
  source.on('error', (error) => (cause = error));
  await reservation.grow(expected);
  return new Promise((resolve, reject) => {
    let bytes = Buffer.allocUnsafe(expected);
    let size = 0;
    const stop = () => source.off('data', onData).off('end', onEnd).off('close', onClose);
    const abandon = (error: unknown): void => {
      stop();
      source.pause();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      const end = size + chunk.length;
      if (end > limit) return abandon(tooLarge(limit));
      if (end > bytes.length) {
        bytes = Buffer.concat([bytes.subarray(0, size)], Math.min(limit, Math.max(MIN_GROWN_SIZE, end * 2)));
        source.pause();
        reservation.grow(bytes.length).then(() => source.resume(), abandon);
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
      reject(toError(cause));
    };
    if (source.destroyed) onClose();
    else source.on('data', onData).on('end', onEnd).on('close', onClose);
  });
}

const connectionLost = (): BridgeError =>
  new BridgeError('invalid_request', 'The connection was lost before the request body was complete.');

const QUEUE_MS = 10_000;
/** Above this many bytes in all bodies together, V8 saves memory at the cost of speed. */
const LARGE_TOTAL = 8 * BYTES_PER_MB;
/** Kept requests may take this many times the limit while their answers stream: only one copy of each is kept. */
const KEPT_LIMITS = 2.5;
const SMALL_BODY = BYTES_PER_MB;
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

/** Counts the bytes of all request bodies in memory; above the limit, further ones wait, mostly in order of arrival. */
export class BodyBudget {
  /** Bytes of the bodies being read or translated. */
  private heldBytes = 0;
  /** Bytes of the requests kept while their answers stream. */
  private keptBytes = 0;
  private isLarge = false;
  private readonly waiters = new Set<Waiter>();

  /**
   * @param limit in bytes; a single larger body is admitted if no other is in memory
   * @param queueMs how long a body waits for memory before it is rejected
   * @param saveMemory called with true when the bodies together exceed LARGE_TOTAL, with false below half of it
   */
  constructor(
    private readonly limit: number, private readonly queueMs = QUEUE_MS, private readonly saveMemory = saveV8Memory,
  ) {}

  /** The number of bodies that wait for memory. */
  get queued(): number {
    return this.waiters.size;
  }

  /** Opens an empty reservation. */
  open(): Reservation {
    return new Reservation(this);
  }

  /** Reserves `bytes` in addition to a body's `own` as soon as they fit. @throws BridgeError `busy` after `queueMs` */
  reserve(bytes: number, own: number): Promise<void> {
    if ((this.waiters.size === 0 || this.mayOvertake(bytes, own)) && this.fits(bytes, own)) {
      this.hold(bytes);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { bytes, own, admit: () => resolve(clearTimeout(timer)) };
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        reject(busy(this.limit));
        // A smaller body that waits may fit now.
        this.admitWaiters();
      }, this.queueMs);
      this.waiters.add(waiter);
    });
  }

  /** Frees `bytes`. @param keptBytes added to the bytes of kept requests; negative when a kept request is freed */
  release(bytes: number, keptBytes = 0): void {
    this.keptBytes += keptBytes;
    this.hold(-bytes);
    this.admitWaiters();
  }

  private hold(bytes: number): void {
    this.heldBytes += bytes;
    const isLarge = this.heldBytes + this.keptBytes > (this.isLarge ? LARGE_TOTAL / 2 : LARGE_TOTAL);
    if (isLarge !== this.isLarge) this.saveMemory(isLarge);
    this.isLarge = isLarge;
  }

  private get keepsTooMuch(): boolean {
    return this.keptBytes > this.limit * KEPT_LIMITS;
  }

  /** A body that is partly in memory goes first, so that it can finish; small ones do not wait for kept ones to end. */
  private mayOvertake(bytes: number, own: number): boolean {
    return own > 0 || (this.keepsTooMuch && bytes <= SMALL_BODY);
  }

  private admitWaiters(): void {
    let isBlocked = false;
    for (const waiter of this.waiters) {
      if (isBlocked && !this.mayOvertake(waiter.bytes, waiter.own)) continue;
      if (!this.fits(waiter.bytes, waiter.own)) {
        isBlocked = true;
        continue;
      }
      this.waiters.delete(waiter);
      this.hold(waiter.bytes);
      waiter.admit();
    }
  }

  /** One body at a time may grow beyond the limit; otherwise several growing bodies would deadlock. */
  private fits(bytes: number, own: number): boolean {
    if (this.keepsTooMuch && !this.mayOvertake(bytes, own)) return false;
    return this.heldBytes <= own || this.heldBytes + bytes <= this.limit || (own > 0 && this.heldBytes <= this.limit);
  }
}

function saveV8Memory(isOn: boolean): void {
  const { saveMemory }: typeof import('./save-memory') = require('./save-memory');
  saveMemory(isOn);
}

/** The part of the budget that is reserved for one body. */
export class Reservation {
  private size = 0;
  private keptBytes = 0;
  private isClosed = false;

  constructor(private readonly bodies: BodyBudget) {}

  /** Waits until `bytes` are reserved for the body. @throws BridgeError `busy` if they do not fit in time */
  async grow(bytes: number): Promise<void> {
    const more = bytes - this.size;
    if (more <= 0) return;
    await this.bodies.reserve(more, this.size);
    this.size += more;
    // The client may have disconnected in the meantime.
    if (this.isClosed) this.shrink(0);
  }

  /** Frees everything above `bytes`. */
  shrink(bytes: number): void {
    this.bodies.release(this.size - bytes);
    this.size = bytes;
  }

  /** Call when the body has been translated and sent, and one copy of it stays in memory. */
  settle(): void {
    this.keptBytes = this.size;
    this.bodies.release(this.size, this.keptBytes);
    this.size = 0;
  }

  /** Frees everything. */
  close(): void {
    this.isClosed = true;
    this.bodies.release(this.size, -this.keptBytes);
    this.keptBytes = this.size = 0;
  }
}

function busy(limit: number): BridgeError {
  const megabytes = Math.round(limit / BYTES_PER_MB);
  const problem = `The bridge is busy: the ${megabytes} MB for request bodies are in use.`;
  const advice = 'Retry later, or raise the limit with --bodies-in-flight-mb.';
  return new BridgeError('busy', `${problem} ${advice}`, { retryAfterMs: RETRY_AFTER_MS });
}
