/** Silence limits of one upstream request: until the first byte, then between bytes. */
import type { Clock } from '../base/clock';
import { BridgeError } from '../errors/bridge-error';

export interface UpstreamTimeouts {
  /** Milliseconds until the connection stands, TLS included. */
  readonly connectMs: number;
  /** Milliseconds from sending the request to the first byte of the answer's body. */
  readonly firstByteMs: number;
  /** Milliseconds between two reads of the body. */
  readonly idleMs: number;
}

/**
 * How long an upstream may send nothing but comments. DeepSeek sends them while a request waits in its queue, and gives up
 * itself after ten minutes; OpenRouter sends them for as long as the provider behind it is silent.
 */
export const COMMENTS_LIMIT_MS = 900_000;

const COLON = 58;

/** Runs out once: calls `expire` with the error that says which limit was passed. Zero switches a limit off. */
export class SilenceTimer {
  private timer: NodeJS.Timeout | undefined;
  private waiting = true;
  private commentsSince: number | undefined;

  constructor(
    private readonly timeouts: UpstreamTimeouts,
    private readonly host: string,
    private readonly expire: (error: BridgeError) => void,
    private readonly now: Clock = Date.now,
  ) {
    this.arm(timeouts.firstByteMs, 'sent no answer', 'UPSTREAM_FIRST_BYTE_TIMEOUT_MS');
  }

  /** A read arrived. One that begins with a colon is a comment, or a rare cut inside of an event: the next read tells. */
  touch(bytes: Uint8Array): void {
    if (bytes[0] === COLON) this.judgeComment();
    else this.commentsSince = undefined;
    if (!this.waiting) this.timer?.refresh();
    else this.arm(this.timeouts.idleMs, 'stopped sending in the middle of its answer', 'UPSTREAM_IDLE_TIMEOUT_MS');
    this.waiting = false;
  }

  private judgeComment(): void {
    const now = this.now();
    this.commentsSince ??= now;
    if (this.timeouts.idleMs <= 0 || now - this.commentsSince < COMMENTS_LIMIT_MS) return;
    const message = `${this.host} sent nothing but signs of life for ${COMMENTS_LIMIT_MS / 60_000} minutes.`;
    this.expire(new BridgeError('timeout', message));
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private arm(milliseconds: number, what: string, option: string): void {
    this.stop();
    if (milliseconds <= 0) return;
    const message = `${this.host} ${what} for ${milliseconds / 1_000} s (${option}).`;
    this.timer = setTimeout(() => this.expire(new BridgeError('timeout', message)), milliseconds);
  }
}
