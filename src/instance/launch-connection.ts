/** The connection by which a launcher keeps a bridge running: as long as it is open, the bridge is used. */
import { get } from 'node:http';
import { reachableHost } from './ask-health';

export interface Launch {
  /** Lets the bridge go. */
  close(): void;
  /** Resolves when the connection has ended, by whichever side. Never rejects. */
  readonly closed: Promise<void>;
}

export interface LaunchTarget {
  readonly host: string;
  readonly port: number;
}

const PATIENCE_MS = 5_000;

/**
 * Opens GET /launches of the bridge there, and resolves when the bridge has counted it.
 *
 * @throws Error when nobody listens, or whoever listens does not know launches
 */
export function createLaunch({ host, port }: LaunchTarget): Promise<Launch> {
  return new Promise((resolve, reject) => {
    const request = get({ host: reachableHost(host), port, path: '/launches', agent: false });
    const timer = setTimeout(() => request.destroy(new Error(`port ${port} does not answer`)), PATIENCE_MS);
    const settle = (): void => clearTimeout(timer);
    const closed = new Promise<void>((end) => request.once('close', end));
    // Where the other side changes the protocol unasked, there is neither an answer nor an error.
    void closed.then(() => {
      settle();
      reject(new Error(`port ${port} gives no answer`));
    });
    request.on('error', (error) => {
      settle();
      reject(error);
    });
    request.once('response', (response) => {
      settle();
      // Closed by the other side: that is what `closed` is for.
      response.on('error', () => undefined).resume();
      if (response.statusCode === 200) return resolve({ close: () => void request.destroy(), closed });
      request.destroy();
      reject(new Error(`the bridge on port ${port} is of a version that knows no launches`));
    });
  });
}
