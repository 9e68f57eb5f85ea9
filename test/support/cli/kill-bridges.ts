/** Kills background bridges that a failed test left running. */
import { listRecords } from '../../../src/instance/bridge-record';

/** @param state the state folder of the bridges, which no other test uses */
export function killBridges(state: string): void {
  for (const { pid } of listRecords(state)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has already exited.
    }
  }
}
