/** Silence limits of one upstream request: until the first byte, then between bytes. */
import { BridgeError } from '../errors/bridge-error';

export interface UpstreamTimeouts {
  /** Milliseconds until the connection stands, TLS included. */
  readonly connectMs: number;
  /** Milliseconds from sending the request to the first byte of the answer's body. */
  readonly firstByteMs: number;
  /** Milliseconds between two reads of the body. */
  readonly idleMs: number;
}

/** Runs out once: calls `expire` with the error that says which limit was passed. Zero switches a limit off. */
export class SilenceTimer {
  private timer: NodeJS.Timeout | undefined;
  private waiting = true;

  constructor(private readonly timeouts: UpstreamTimeouts, private readonly host: string, private readonly expire: (error: BridgeError) => void) {
    this.arm(timeouts.firstByteMs, 'sent no answer', 'UPSTREAM_FIRST_BYTE_TIMEOUT_MS');
  }

  /** A read arrived. */
  touch(): void {
    if (!this.waiting) this.timer?.refresh();
    else this.arm(this.timeouts.idleMs, 'stopped sending in the middle of its answer', 'UPSTREAM_IDLE_TIMEOUT_MS');
    this.waiting = false;
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
