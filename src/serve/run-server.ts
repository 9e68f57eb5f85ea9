/** Runs a server until it shuts down: prints the start-up line, reports a port in use, handles signals. */
import { renderCount, renderDuration } from '../base/quantities';
import { codeOf, messageOf } from '../base/thrown';
import { describeKey } from '../command/api-key';
import { EXIT, STOP_SIGNALS, type CommandIo } from '../command/command';
import { renderOrigin, renderUrl, type Address } from '../command/render';
import type { Config } from '../config/options';
import type { Origins } from '../config/resolve';
import type { LogFields, Logger } from '../observe/log';
import type { BridgeServer } from '../server/create-server';

export interface ServerRun {
  readonly server: BridgeServer;
  readonly version: string;
  readonly config: Config;
  readonly origins: Origins;
  readonly io: CommandIo;
  /** Set if standard error is a JSON log or the log file: messages are then log lines. */
  readonly log?: Logger | undefined;
  /** Called once the server is listening, before the start-up line is printed. */
  readonly onListening?: ((address: Address) => void) | undefined;
  /** Resolves when the server is unused; it then stops as after a signal. If absent, only signals stop it. */
  readonly unused?: Promise<void> | undefined;
}

/** Runs the server until a signal arrives or it is unused, and returns the exit code. */
export async function runServer(run: ServerRun): Promise<number> {
  const { server, io } = run;
  let address;
  try {
    address = await server.listen();
  } catch (error) {
    io.error(`${await describeListenError(error, run)}\n`);
    return EXIT.failed;
  }
  const stopped = waitForStop(run);
  run.onListening?.(address);
  io.out(renderStartUpLine({ ...run, address }));
  return stopped;
}

export interface StartUp extends Pick<ServerRun, 'version' | 'config' | 'origins'> {
  readonly address: Address & { readonly socket?: string };
}

/** Renders the start-up line: the bridge's URL, its provider, its key, a missing access token, and how to stop it. */
export function renderStartUpLine({ version, address, config, origins }: StartUp): string {
  const parts = [
    `aliyun-codex-bridge ${version} is listening on ${address.socket ?? `${renderUrl(address)}/v1`}`,
    `upstream ${config.aiBaseUrl}`,
    `API key: ${describeKey(config, origins)}`,
    ...(config.insecureNoToken ? ['no access token: anyone who can reach it can use your key'] : []),
    'press Ctrl-C to stop it',
  ];
  return `${parts.join('; ')}.\n`;
}

/** The first signal lets running responses finish within --drain-timeout-ms; the second ends them at once. */
function waitForStop({ server, config, io, log, unused }: ServerRun): Promise<number> {
  return new Promise((resolve, reject) => {
    let isStopping = false;
    const removeHandlers = io.onSignal((signal) => {
      // A closing terminal may cause two signals, from the kernel and from the shell; the second one is ignored.
      if (isStopping && signal === 'SIGHUP') return;
      if (isStopping) {
        removeHandlers();
        server.closeNow();
        resolve(STOP_SIGNALS[signal]);
        return;
      }
      const turns = server.openTurns();
      stop(describeDrain(turns, config.drainTimeoutMs), { reason: signal, turns });
    });
    const stop = (text: string, fields: LogFields): void => {
      if (isStopping) return;
      isStopping = true;
      if (log) log.info('the bridge is stopping', fields);
      else io.error(`${text}\n`);
      server.close().finally(removeHandlers).then(() => resolve(EXIT.done), reject);
    };
    void unused?.then(() => stop('Stopped: no clients left.', { reason: 'no clients left' }));
  });
}

function describeDrain(turns: number, drainMs: number): string {
  if (turns === 0) return 'Stopping…';
  const what = `waiting up to ${renderDuration(drainMs)} for ${renderCount(turns, 'answer')}`;
  return `Stopping… ${what}. Press Ctrl-C again to stop now.`;
}

const HEALTH_TIMEOUT_MS = 1_000;

async function describeListenError(error: unknown, { config, origins }: ServerRun): Promise<string> {
  const { host, port, socket } = config;
  const code = codeOf(error);
  if (socket !== undefined) {
    const reason = code === 'EADDRINUSE' ? 'it is in use, or is not a socket' : messageOf(error);
    return `Cannot listen on the socket ${socket}: ${reason}. Choose another path with --socket.`;
  }
  const endpoint = `host ${host}${renderOrigin(origins.host)}, port ${port}${renderOrigin(origins.port)}`;
  const failure = `Cannot listen on ${endpoint}`;
  if (code === 'EACCES') {
    return `${failure}: ${explainPermission(process.platform)} Choose another port with --port or PORT.`;
  }
  if (code !== 'EADDRINUSE') return `${failure}: ${messageOf(error)}.`;
  const { describePortOwner }: typeof import('../instance/bridge-client') = require('../instance/bridge-client');
  const owner = await describePortOwner({ host, port, timeoutMs: HEALTH_TIMEOUT_MS });
  return `${failure}: the port is in use. ${owner} Choose another port with --port or PORT.`;
}

/** Explains EACCES. On Windows, Hyper-V, WSL and Docker reserve port ranges, which change each time Windows starts. */
export function explainPermission(platform: NodeJS.Platform): string {
  const reserved = ' Windows may have reserved it: netsh interface ipv4 show excludedportrange protocol=tcp';
  return `permission denied for this port.${platform === 'win32' ? `${reserved} lists such ports.` : ''}`;
}
