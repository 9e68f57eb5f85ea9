/** A TCP port that nobody has. */
import { createServer } from 'node:net';

/**
 * Asks the system for a port of `host`. It is free when this returns, and anybody may take it.
 * @throws the system's error, as for a host that is not of this machine
 */
export function findFreePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port: 0 }, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
