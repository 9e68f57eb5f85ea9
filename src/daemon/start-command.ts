/** `start`: runs the bridge in the background. */
import { probePort, type Health } from '../instance/ask-health';
import { EXIT, type CommandContext, type CommandIo } from '../command/command';
import { renderRows } from './rows';
import { startBridge } from '../instance/start-bridge';
import { readRecord, stateFileOf } from '../instance/state-file';
import { renderBase, renderCommand } from '../instance/target';
import { requireConfig, type Loaded } from '../command/load-config';
import { createTerminalStyle } from '../command/terminal-style';
import { describeMissingKey } from '../command/missing-key';
import { findPaths, thisMachine } from '../command/paths';
import { describeKey, renderOrigin } from '../command/start-up-line';
import { readVersion } from '../command/version';

/** Returns 0 when a bridge runs on the port now, 1 when none could be started, 2 when the configuration is wrong. */
export async function run(context: CommandContext): Promise<number> {
  const { flags, env, io } = context;
  const loaded = requireConfig(context);
  if (typeof loaded === 'number') return loaded;
  const { host, port, stateDir } = loaded.config;
  const code = await lookAtPort(loaded, io);
  if (code !== undefined) return code;
  const places = findPaths(thisMachine(env), stateDir);
  const started = await startBridge({ flags, env, places, host, port, stopWhenUnused: false });
  if (!started.ok) {
    // Another start may have been faster.
    const meanwhile = await lookAtPort(loaded, io);
    if (meanwhile === undefined) io.error(`${started.problem}\n`);
    return meanwhile ?? EXIT.failed;
  }
  const isKeyless = describeMissingKey(loaded) !== undefined;
  const look = createTerminalStyle(io.isTerminal?.() ?? false, env);
  const title = `aliyun-codex-bridge ${readVersion()} runs on ${renderBase(started)} (pid ${started.pid}).`;
  io.out(`${look.paint('bold', title)}
${renderRows([
  ['upstream', loaded.config.aiBaseUrl],
  ['API key', `${describeKey(loaded.config, loaded.origins)}${isKeyless ? '; then stop it, and start it again' : ''}`],
  ['log', started.logFile],
  ['stop', renderCommand('stop', started.port)],
])}`);
  if (readRecord(stateFileOf(places.state, started.port))?.pid !== started.pid) {
    io.error(
      `Its record cannot be written in ${places.state}, so stop will not find it: end process ${started.pid} instead.\n`,
    );
  }
  return EXIT.done;
}

/** Says who has the port, and returns the exit code; undefined when it is free. */
async function lookAtPort({ config, origins }: Loaded, io: CommandIo): Promise<number | undefined> {
  const { host, port } = config;
  if (port === 0) return undefined;
  const state = await probePort({ host, port });
  if (state.kind === 'free') return undefined;
  if (state.kind === 'bridge') {
    io.out(describeRunning(state.health, { host, port, upstream: config.aiBaseUrl }));
    return EXIT.done;
  }
  io.error(
    `Cannot start: port ${port}${renderOrigin(origins.port)} belongs to another program, not to aliyun-codex-bridge. ` +
      'Choose another port with --port or PORT, or end that program.\n',
  );
  return EXIT.failed;
}

interface Wish {
  readonly host: string;
  readonly port: number;
  readonly upstream: string;
}

function describeRunning({ version = '(unknown version)', pid, upstream }: Health, wish: Wish): string {
  const installed = readVersion();
  const process = pid === undefined ? '' : ` (pid ${pid})`;
  const again = `${renderCommand('stop', wish.port)}, and then start it again`;
  const isElsewhere = upstream !== undefined && upstream !== wish.upstream;
  const notes = [
    ...(version === installed ? [] : [`Installed is version ${installed}. To change to it: ${again}.`]),
    ...(isElsewhere ? [`It sends requests to ${upstream}, not to ${wish.upstream}. To change that: ${again}.`] : []),
  ];
  return `aliyun-codex-bridge ${version} already runs on ${renderBase(wish)}${process}.\n${notes.map((note) => `${note}\n`).join('')}`;
}
