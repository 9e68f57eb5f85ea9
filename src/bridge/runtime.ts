/** What the pure half must not ask the machine for: time, ids, and the wire. */
import { randomBytes } from 'node:crypto';
import type { Clock, MakeId } from '../base/clock';
import type { Transport } from '../upstream/transport';

export interface Runtime {
  readonly clock: Clock;
  readonly makeId: MakeId;
  readonly transport: Transport;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Resolves after so many milliseconds, or at once when the signal is aborted. */
  readonly sleep: (milliseconds: number, abort: AbortSignal) => Promise<void>;
}

/** A timer that an abort ends early. */
export function sleep(milliseconds: number, abort: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      abort.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    if (abort.aborted) done();
    else abort.addEventListener('abort', done);
  });
}

/** Ids that no other process makes: 9 random bytes at start, then a counter. `prefix_…` is what Codex echoes. */
export function createMakeId(): MakeId {
  const seed = randomBytes(9).toString('hex');
  let count = 0;
  return (prefix) => {
    count += 1;
    return `${prefix}_${seed}${count.toString(16).padStart(6, '0')}`;
  };
}
