/** `start`: runs the bridge in the background. */
import { describeKey } from '../command/api-key';
import { EXIT, type CommandContext, type CommandIo } from '../command/command';
import { requireConfig, type Loaded } from '../command/load-config';
import { describeMachine, findPaths, type Paths } from '../command/paths';
import { renderOrigin, renderRows, type Address } from '../command/render';
import { createTerminalStyle } from '../command/terminal-style';
import { readVersion } from '../command/version';
import type { Config } from '../config/options';
import { probePort, type Health } from '../instance/bridge-client';
import { describeKeyDifference, readRecord, stateFileOf, type BridgeRecord } from '../instance/bridge-record';
import { describeOptionDifference, type GivenOptions } from '../instance/option-difference';
import { startBridge } from '../instance/start-bridge';
import { renderBase, renderCommand } from '../instance/target';
import { requiresToken } from '../server/guards';

/** Returns 0 if a bridge that any client can use is running on the port, 1 if not, 2 for an invalid configuration. */
export async function run(context: CommandContext): Promise<number> {
  const { flags, env, io } = context;
  const loaded = requireConfig(context);
  if (typeof loaded === 'number') return loaded;
  const { config, origins } = loaded;
  const { host, port, stateDir } = config;
  const paths = findPaths(describeMachine(env), stateDir);
  const given = { config, flags, env };
  const code = await checkPort(loaded, given, paths, io);
  if (code !== undefined) return code;
  const started = await startBridge({ flags, env, paths, host, port, stopWhenUnused: false });
  if (!started.ok) {
    // Another `start` may have won the race.
    const meanwhile = await checkPort(loaded, given, paths, io);
    if (meanwhile === undefined) io.error(`${started.problem}\n`);
    return meanwhile ?? EXIT.failed;
  }
  const style = createTerminalStyle(io.isTerminal?.() ?? false, env);
  const title = `aliyun-codex-bridge ${readVersion()} is running at ${renderBase(started)} (pid ${started.pid}).`;
  const rows = renderRows([
    ['upstream', config.aiBaseUrl],
    ['API key', describeKey(config, origins)],
    ['log', started.logFile],
    ['stop', renderCommand('stop', started.port)],
  ]);
  io.out(`${style.paint('bold', title)}\n${style.spell(rows)}`);
  if (readRecord(stateFileOf(paths.state, started.port))?.pid !== started.pid) {
    const stop = '"aliyun-codex-bridge stop"';
    const advice = `To stop it, end process ${started.pid}.`;
    io.error(`Cannot write the bridge's record in ${paths.state}, so ${stop} will not find the bridge. ${advice}\n`);
  }
  return EXIT.done;
}

/** Reports what uses the port, and returns the exit code; undefined if the port is free. */
async function checkPort(
  { config, origins }: Loaded, given: GivenOptions, paths: Paths, io: CommandIo,
): Promise<number | undefined> {
  const { host, port, aiBaseUrl: upstream } = config;
  if (port === 0) return undefined;
  const state = await probePort({ host, port });
  if (state.kind === 'free') return undefined;
  if (state.kind === 'bridge') {
    const record = readRecord(stateFileOf(paths.state, port));
    const isOurs = record !== undefined && record.pid === state.health.pid;
    if (isOurs && isReserved(record, config)) {
      io.error(`${describeReserved(port)}\n`);
      return EXIT.failed;
    }
    const differences = isOurs
      ? [describeKeyDifference(record, config.aiApiKey), describeOptionDifference(record, given)]
      : [];
    io.out(describeRunning(state.health, { host, port, upstream }, differences));
    return EXIT.done;
  }
  io.error(`Port ${port}${renderOrigin(origins.port)} is in use by another program. Choose another with --port.\n`);
  return EXIT.failed;
}

/** Whether only runs of `aliyun-codex-bridge codex` can use it: the token is random, unless one is configured. */
const isReserved = ({ stopWhenUnused, token }: BridgeRecord, config: Config): boolean =>
  stopWhenUnused && token !== undefined && !requiresToken(config);

const describeReserved = (port: number): string =>
  `Port ${port} is in use by a bridge that "aliyun-codex-bridge codex" started; ` +
  'it accepts only Codex sessions that are started the same way. Choose another port with --port.';

interface RequestedBridge extends Address {
  readonly upstream: string;
}

function describeRunning(
  { version = '(unknown version)', pid, upstream }: Health, requested: RequestedBridge,
  differences: readonly (string | undefined)[],
): string {
  const installed = readVersion();
  const notes = [
    ...(version === installed ? [] : [`The installed version is ${installed}.`]),
    ...(upstream === undefined || upstream === requested.upstream
      ? []
      : [`It sends requests to ${upstream}, not to ${requested.upstream}.`]),
    ...differences.flatMap((difference) => difference ?? []),
  ].map((note) => `${note}\n`);
  const restart = renderCommand('restart', requested.port);
  const advice = notes.length === 0 ? '' : `To replace it, run this with the same flags: ${restart}\n`;
  const pidNote = pid === undefined ? '' : ` (pid ${pid})`;
  const base = renderBase(requested);
  return `aliyun-codex-bridge ${version} is already running at ${base}${pidNote}.\n${notes.join('')}${advice}`;
}
