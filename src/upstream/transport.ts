/** Sends requests to the provider with native fetch: unchanged bytes, no redirects, unbuffered reads. */
import { renderDuration } from '../base/quantities';
import type { Clock } from '../base/clock';
import { BridgeError } from '../errors/bridge-error';
import { classifyNetworkError } from '../errors/network-error';
import { DirectBody, FetchedBody, type Body } from './answer-body';
import type { Connection, EnginePool } from './connect';
import { createEngine, openEnginePool } from './engine';
import { toFetchBody, type RequestBytes } from './request-bytes';

export interface UpstreamRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBytes;
  /** Ends the request at once; its reason is thrown if it is a BridgeError. */
  readonly abort: AbortSignal;
  /** Called once, when the request is over: the response ended, or the request was cancelled or failed. */
  readonly onEnd?: () => void;
  /** How to connect; absent for Node's default. */
  readonly connection?: Connection;
  /** How messages name the provider. Default: the host of the URL. */
  readonly name?: string | undefined;
}

export interface UpstreamAnswer {
  readonly status: number;
  /** Returns a header by its lower-case name. */
  header(name: string): string | undefined;
  /** Reads the next bytes of the body; undefined at its end. @throws BridgeError */
  read(): Promise<Uint8Array | undefined>;
  /**
   * Ends the request if it is still running. The caller must call this when it stops reading.
   * @param complete whether the provider has sent the complete answer; the connection is then kept if the response ends
   * soon
   */
  cancel(complete?: boolean): void;
  /** Reads the whole body as text, up to `limit` bytes. @throws BridgeError */
  text(limit: number): Promise<string>;
}

export interface UpstreamTimeouts {
  /** Milliseconds to connect, including TLS. */
  readonly connectMs: number;
  /** Milliseconds from the start of the request, before it connects, to the first byte of the response body. */
  readonly firstByteMs: number;
  /** Milliseconds without new bytes once the response body has begun. */
  readonly idleMs: number;
}

/** Milliseconds that an upstream may take to end the response after the complete answer. */
const LINGER_MS = 500;

/**
 * Sends a request.
 * @throws BridgeError if there is no response (network, timeout, or the abort reason), or if fetch does not return it
 * (status 407, or a redirect of a body in several pieces)
 */
export type Transport = (request: UpstreamRequest) => Promise<UpstreamAnswer>;

/** @param timeouts limits for every request of this transport */
export function createFetchTransport(timeouts: UpstreamTimeouts): Transport {
  let directEngine: object | undefined;
  let engines: EnginePool | undefined;
  return async (request) => {
    const exchange = new UpstreamExchange(request, timeouts);
    const direct = new DirectBody();
    try {
      const { url, headers, connection } = request;
      engines ??= connection && openEnginePool(timeouts.connectMs);
      const engine =
        (connection && engines?.find(new URL(url), connection)) ?? (directEngine ??= createEngine(timeouts.connectMs));
      const init: RequestInit = { method: 'POST', signal: exchange.signal };
      const dispatcher = engine && direct.attach(engine);
      const sent = Object.assign(init, toFetchBody(request.body, headers), dispatcher && { dispatcher });
      return exchange.answer(await fetch(url, sent), direct);
    } catch (cause) {
      throw exchange.close(explainHiddenResponse(cause, direct.status, request.url) ?? cause);
    }
  };
}

/** Explains a response that fetch reports as a network error: a redirect, or status 407 (fetch gives no reason). */
function explainHiddenResponse(cause: unknown, status: unknown, url: string): BridgeError | undefined {
  const { host } = new URL(url);
  if (cause instanceof Error && cause.cause instanceof Error && cause.cause.message === 'unexpected redirect') {
    const problem = `${host} answered with a redirect. Redirects are not followed: check AI_API_BASE.`;
    return new BridgeError('upstream_rejected', problem);
  }
  if (status !== 407) return undefined;
  const problem = `${host} answered with status 407: a proxy in front of the API requires a login.`;
  return new BridgeError('forbidden', `${problem} Check HTTPS_PROXY and AI_API_BASE.`);
}

/** One request in flight, with everything that can end it early. */
class UpstreamExchange {
  private readonly controller = new AbortController();
  readonly signal = this.controller.signal;
  private readonly timer: SilenceTimer;
  private readonly name: string;
  private ended = false;
  private released = false;
  private body: Body | undefined;
  private readonly abort: AbortSignal;
  private readonly onEnd: (() => void) | undefined;
  /** After an abort the response may never be read, so the request ends here. */
  private readonly onAbort = () => {
    this.end(this.abort.reason);
    this.release();
  };

  /** Keeps only the name, signal and callback of the request: a body may be megabytes. */
  constructor({ url, abort, name, onEnd }: UpstreamRequest, timeouts: UpstreamTimeouts) {
    this.name = name ?? new URL(url).host;
    this.abort = abort;
    this.onEnd = onEnd;
    this.timer = new SilenceTimer(timeouts, this.name, (error) => this.end(error));
    if (abort.aborted) this.onAbort();
    else abort.addEventListener('abort', this.onAbort, { once: true });
  }

  answer(response: Response, direct: DirectBody): UpstreamAnswer {
    const fetched = new FetchedBody(response.body?.getReader());
    const body = direct.receivesBody ? direct : fetched;
    this.body = body;
    return {
      status: response.status,
      header: (name) => response.headers.get(name) ?? undefined,
      read: () => this.read(body),
      cancel: (complete = false) => this.cancel(complete ? body : undefined),
      text: (limit) => this.text(body, limit),
    };
  }

  /** Releases the timer and the listener. @returns the reason as an error for the caller */
  close(cause: unknown): BridgeError {
    this.release();
    const reason: unknown = this.signal.aborted ? this.signal.reason : cause;
    // An error from the proxy is the cause of fetch's own error.
    const inner = reason instanceof Error ? reason.cause : undefined;
    if (reason instanceof BridgeError) return reason;
    return inner instanceof BridgeError ? inner : classifyNetworkError(reason, this.name);
  }

  private end(reason: unknown): void {
    this.timer.stop();
    this.controller.abort(reason ?? new BridgeError('network', 'The request was aborted.'));
    this.body?.cancel(this.signal.reason);
  }

  private release(): void {
    this.timer.stop();
    if (!this.released) this.onEnd?.();
    this.released = true;
    this.abort.removeEventListener('abort', this.onAbort);
  }

  private async read(body: Body): Promise<Uint8Array | undefined> {
    try {
      const bytes = await body.read();
      if (bytes) {
        this.timer.touch(bytes);
        return bytes;
      }
      if (this.signal.aborted) throw this.signal.reason;
      this.ended = true;
      this.release();
      return undefined;
    } catch (cause) {
      throw this.close(cause);
    }
  }

  private cancel(completed: Body | undefined): void {
    this.release();
    if (this.ended) return;
    this.ended = true;
    if (completed && !this.signal.aborted) void this.drain(completed);
    else this.end(undefined);
  }

  /** The last chunk often arrives just after `[DONE]`. Closing earlier would cost the next turn a TLS handshake. */
  private async drain(body: Body): Promise<void> {
    const timer = setTimeout(() => this.end(undefined), LINGER_MS);
    timer.unref();
    try {
      while (await body.read());
    } catch {
      // The connection broke, so it cannot be reused.
    }
    clearTimeout(timer);
  }

  private async text(body: Body, limit: number): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (let chunk = await this.read(body); chunk && size < limit; chunk = await this.read(body)) {
      chunks.push(chunk);
      size += chunk.length;
    }
    this.cancel(undefined);
    return Buffer.concat(chunks).toString('utf8', 0, Math.min(size, limit));
  }
}

/**
 * How long a provider may send only comments. DeepSeek sends them while a request is queued, and gives up after ten
 * minutes; OpenRouter sends them while its own upstream is silent.
 */
export const COMMENTS_LIMIT_MS = 900_000;

const COLON = 58;

/** Calls `expire` with an error if the provider is silent or sends only comments for too long. 0 disables a limit. */
export class SilenceTimer {
  private timer: NodeJS.Timeout | undefined;
  private waiting = true;
  private commentsSince: number | undefined;

  constructor(
    private readonly timeouts: UpstreamTimeouts,
    private readonly name: string,
    private readonly expire: (error: BridgeError) => void,
    private readonly now: Clock = Date.now,
  ) {
    this.arm(timeouts.firstByteMs, 'sent no answer for', 'UPSTREAM_FIRST_BYTE_TIMEOUT_MS');
  }

  /** Called after each read. Bytes that begin with a colon are a comment, or, rarely, part of an event. */
  touch(bytes: Uint8Array): void {
    if (bytes[0] === COLON) this.checkComment();
    else this.commentsSince = undefined;
    if (!this.waiting) this.timer?.refresh();
    else this.arm(this.timeouts.idleMs, 'sent only part of its answer, then nothing for', 'UPSTREAM_IDLE_TIMEOUT_MS');
    this.waiting = false;
  }

  private checkComment(): void {
    const now = this.now();
    this.commentsSince ??= now;
    if (this.timeouts.idleMs <= 0 || now - this.commentsSince < COMMENTS_LIMIT_MS) return;
    const message = `${this.name} sent only keep-alive comments for ${COMMENTS_LIMIT_MS / 60_000} minutes. Try again.`;
    this.expire(new BridgeError('timeout', message));
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private arm(milliseconds: number, problem: string, option: string): void {
    this.stop();
    if (milliseconds <= 0) return;
    const message = `${this.name} ${problem} ${renderDuration(milliseconds)}; raise ${option} to wait longer.`;
    this.timer = setTimeout(() => this.expire(new BridgeError('timeout', message)), milliseconds);
  }
}
