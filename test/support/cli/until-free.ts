/** Waits until a bridge that is not a child of this process exits. */
import { existsSync, watch } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';

/**
 * Resolves when nothing listens on `port` of this machine, without polling: the server closes an accepted connection
 * when it exits, and a refused connection shows that it has exited.
 */
export async function untilFree(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isFree = await new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(true));
      socket.once('connect', () => resolve(false));
    });
    if (isFree) return;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined).resume();
    await closed;
  }
}

/** Resolves when `file` is removed: a bridge removes its record after it frees its port. The folder must exist. */
export function untilRemoved(file: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(dirname(file), check);
    function check(): void {
      if (existsSync(file)) return;
      watcher.close();
      resolve();
    }
    check();
  });
}
