/** What the pure half must not ask the machine for: time, ids, and the wire. */
import { randomBytes } from 'node:crypto';
import type { Clock, MakeId } from '../base/clock';
import type { Transport } from '../upstream/transport';

export interface Runtime {
  readonly clock: Clock;
  readonly makeId: MakeId;
  readonly transport: Transport;
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
