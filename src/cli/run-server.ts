/** The life of a server from listening to the last answer: start-up line, taken port, signals. */
import type { Config } from '../config/options';
import type { Origins } from '../config/resolve';
import type { BridgeServer } from '../server/create-server';
import { EXIT, STOP_SIGNALS, type CommandIo } from './command';
import { renderOrigin, renderStartUpLine } from './start-up-line';

export interface ServerRun {
  readonly server: BridgeServer;
  readonly version: string;
  readonly config: Config;
  readonly origins: Origins;
  readonly io: CommandIo;
}

/** Runs the server until a signal ends it, and returns the exit code. */
export async function runServer(run: ServerRun): Promise<number> {
  const { server, io } = run;
  let address;
  try {
    address = await server.listen();
  } catch (error) {
    io.error(`${await describeListenError(error, run)}\n`);
    return EXIT.failed;
  }
  const stopped = untilStopped(run);
  io.out(renderStartUpLine({ ...run, address }));
  return stopped;
}

/** The first signal lets running answers end, as long as the server allows; a second one ends everything at once. */
function untilStopped({ server, config, io }: ServerRun): Promise<number> {
  return new Promise((resolve, reject) => {
    let isStopping = false;
    const forget = io.onSignal((signal) => {
      if (isStopping) {
        forget();
        server.closeNow();
        resolve(STOP_SIGNALS[signal]);
        return;
      }
      isStopping = true;
      io.error(`Stopping: running answers get ${config.drainTimeoutMs} ms to end. A second signal stops at once.\n`);
      server.close().finally(forget).then(() => resolve(EXIT.done), reject);
    });
  });
}

const HEALTH_TIMEOUT_MS = 1_000;

async function describeListenError(error: unknown, { config, origins }: ServerRun): Promise<string> {
  const { host, port } = config;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const wish = `Cannot listen on host ${host}${renderOrigin(origins.host)}, port ${port}${renderOrigin(origins.port)}`;
  if (code !== 'EADDRINUSE') return `${wish}: ${error instanceof Error ? error.message : String(error)}.`;
  const { describePortOwner }: typeof import('./port-owner') = require('./port-owner');
  const owner = await describePortOwner({ host, port, timeoutMs: HEALTH_TIMEOUT_MS });
  return `${wish}: the port is in use. ${owner} Choose another one with --port or PORT.`;
}
