/** The life of a server from listening to the last answer: start-up line, taken port, signals. */
import { codeOf, messageOf } from '../base/thrown';
import type { Config } from '../config/options';
import type { Origins } from '../config/resolve';
import type { Logger } from '../observe/log';
import type { BridgeServer, Listening } from '../server/create-server';
import { EXIT, STOP_SIGNALS, type CommandIo } from '../command/command';
import { renderOrigin, renderStartUpLine } from '../command/start-up-line';

export interface ServerRun {
  readonly server: BridgeServer;
  readonly version: string;
  readonly config: Config;
  readonly origins: Origins;
  readonly io: CommandIo;
  /** Given where standard error is a log for programs: what ends the server is then a line of that. */
  readonly log?: Logger | undefined;
  /** Called when the server listens, before the start-up line. */
  readonly onListening?: ((address: Listening) => void) | undefined;
  /** Resolves when nobody uses the server any more; it then ends as by a signal. Absent: only signals end it. */
  readonly unused?: Promise<void> | undefined;
}

/** Names the file for the record of a bridge that `startBridge` started in the background; nobody else sets it. */
export const STATE_FILE_VARIABLE = 'BRIDGE_STATE_FILE';

/** Runs the server until a signal or disuse ends it, and returns the exit code. */
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
  run.onListening?.(address);
  io.out(renderStartUpLine({ ...run, address }));
  return stopped;
}

/** The first signal lets running answers end, as long as the server allows; a second one ends everything at once. */
function untilStopped({ server, config, io, log, unused }: ServerRun): Promise<number> {
  return new Promise((resolve, reject) => {
    let isStopping = false;
    const forget = io.onSignal((signal) => {
      if (isStopping) {
        forget();
        server.closeNow();
        resolve(STOP_SIGNALS[signal]);
        return;
      }
      stop(`running answers get ${config.drainTimeoutMs} ms to end. A second signal stops at once.`);
    });
    const stop = (why: string): void => {
      if (isStopping) return;
      isStopping = true;
      if (log) log.info('the bridge stops', { why });
      else io.error(`Stopping: ${why}\n`);
      server.close().finally(forget).then(() => resolve(EXIT.done), reject);
    };
    void unused?.then(() => stop('nobody uses the bridge any more.'));
  });
}

const HEALTH_TIMEOUT_MS = 1_000;

async function describeListenError(error: unknown, { config, origins }: ServerRun): Promise<string> {
  const { host, port } = config;
  const code = codeOf(error);
  const wish = `Cannot listen on host ${host}${renderOrigin(origins.host)}, port ${port}${renderOrigin(origins.port)}`;
  if (code === 'EACCES') return `${wish}: ${explainRefusal(process.platform)} Choose another one with --port or PORT.`;
  if (code !== 'EADDRINUSE') return `${wish}: ${messageOf(error)}.`;
  const { describePortOwner }: typeof import('../instance/port-owner') = require('../instance/port-owner');
  const owner = await describePortOwner({ host, port, timeoutMs: HEALTH_TIMEOUT_MS });
  return `${wish}: the port is in use. ${owner} Choose another one with --port or PORT.`;
}

/** Hyper-V, WSL and Docker have Windows keep ranges of ports, other ones after each start. */
export function explainRefusal(platform: NodeJS.Platform): string {
  const keeps = ' Windows may keep it for itself: netsh interface ipv4 show excludedportrange protocol=tcp';
  return `the system does not give this port away.${platform === 'win32' ? `${keeps} lists such ports.` : ''}`;
}
