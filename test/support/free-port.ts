/** Finds ports for programs that tests start. */
import { createServer } from 'node:net';

/**
 * Operating systems assign ports from 32768 or 49152 upwards to servers that listen on port 0 and to outgoing
 * connections. Another test could take such a port before the program listens on it.
 */
const [FIRST, LAST] = [10_000, 32_000];
const TRIES = 100;

/** A port of 127.0.0.1 on which nothing listens. */
export async function findFreePort(): Promise<number> {
  for (let count = 0; count < TRIES; count += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port was found in ${TRIES} tries.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
