/** `status`: shows the bridge on the port, and other background bridges. */
import { renderCount, renderDuration } from '../base/quantities';
import { EXIT, type CommandContext } from '../command/command';
import { readOwnFlag, STATUS_FLAGS } from '../command/own-flags';
import { renderRows, type LabeledRow } from '../command/render';
import { createTerminalStyle, type TerminalStyle } from '../command/terminal-style';
import { readVersion } from '../command/version';
import { probePort, type PortState } from '../instance/bridge-client';
import { listRecords, type BridgeRecord } from '../instance/bridge-record';
import { findTarget, renderBase, renderCommand, type BridgeTarget } from '../instance/target';
import { readToday, renderToday, type Today } from '../usage/today';

/** Returns 0 if a bridge is running on the port, 3 if none is, 2 for invalid usage. */
export async function run(context: CommandContext): Promise<number> {
  const { io, own, env } = context;
  const target = findTarget(context);
  if (typeof target === 'number') return target;
  const status = await findStatus(target, Date.now());
  const style = createTerminalStyle(io.isTerminal?.() ?? false, env);
  io.out(readOwnFlag(STATUS_FLAGS.json, own) === true ? `${JSON.stringify(status)}\n` : renderStatus(status, style));
  return status.running ? EXIT.done : EXIT.notRunning;
}

/** The output of `status --json`; unknown values are null. */
interface BridgeStatus {
  readonly state: 'running' | 'stopped' | 'stranger';
  readonly running: boolean;
  /** With `/v1`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number | null;
  readonly version: string | null;
  /** The version of this program; a running bridge may have a different one. */
  readonly installed: string;
  /** Seconds. */
  readonly uptime: number | null;
  readonly upstream: string | null;
  readonly openStreams: number;
  readonly launches: number;
  /** Whether the bridge was started in the background; otherwise a terminal or a service manager runs it. */
  readonly background: boolean;
  readonly logFile: string | null;
  /** Today's usage, and what is left of the plan. */
  readonly today: Today;
  /** Background bridges on other ports. */
  readonly others: readonly OtherBridge[];
}

type OtherBridge = Pick<BridgeStatus, 'url' | 'port' | 'version' | 'upstream'> & Pick<BridgeRecord, 'pid' | 'logFile'>;

const STATES: Readonly<Record<PortState['kind'], BridgeStatus['state']>> = {
  free: 'stopped', bridge: 'running', stranger: 'stranger',
};

/** Queries every bridge that may be running. */
async function findStatus(target: BridgeTarget, now: number): Promise<BridgeStatus> {
  const { host, port, paths, record, config } = target;
  const records = listRecords(paths.state).filter((other) => other.port !== port);
  const [state, ...others] = await Promise.all([probePort({ host, port }), ...records.map(findOther)]);
  const health = state.kind === 'bridge' ? state.health : undefined;
  const background = health !== undefined && record?.pid === health.pid;
  return {
    state: STATES[state.kind],
    running: health !== undefined,
    url: renderBase({ host, port }),
    port,
    pid: health?.pid ?? null,
    version: health?.version ?? null,
    installed: readVersion(),
    uptime: health?.uptime ?? null,
    upstream: health?.upstream ?? null,
    openStreams: health?.openStreams ?? 0,
    launches: health?.launches ?? 0,
    background,
    logFile: background ? (record?.logFile ?? null) : null,
    today: readToday(paths.state, config, now),
    others: others.flat(),
  };
}

/** Queries a recorded bridge; returns nothing if the record is stale, because the bridge was killed. */
async function findOther({ host, port, pid, logFile }: BridgeRecord): Promise<readonly OtherBridge[]> {
  const state = await probePort({ host, port });
  if (state.kind !== 'bridge' || state.health.pid !== pid) return [];
  const { version, upstream } = state.health;
  const url = renderBase({ host, port });
  return [{ url, port, pid, version: version ?? null, upstream: upstream ?? null, logFile }];
}

function renderStatus(status: BridgeStatus, style: TerminalStyle): string {
  const { others } = status;
  const own = status.running ? renderRunning(status, style) : `${describeAbsence(status)}\n`;
  if (others.length === 0) return own;
  const rows = others.map(({ url, version, pid, upstream }): LabeledRow =>
    [url, `${version ?? 'unknown version'}, pid ${pid}, upstream ${upstream ?? 'unknown'}`]);
  return `${own}\nOther bridges in the background:\n${renderRows(rows)}`;
}

function describeAbsence({ state, url, port }: BridgeStatus): string {
  if (state === 'stranger') return `Port ${port} is in use by another program.`;
  return `No bridge is running at ${url}. Start one: ${renderCommand('start', port)}`;
}

function renderRunning(status: BridgeStatus, style: TerminalStyle): string {
  const { version, installed, url, port, pid, uptime, upstream, openStreams, launches, background, logFile } = status;
  const advice = `${installed} is installed. Run: ${renderCommand('restart', port)}`;
  const age = renderDuration((uptime ?? 0) * 1_000);
  const rows: readonly LabeledRow[] = [
    ['process', `pid ${pid ?? 'unknown'}, up ${age}${background ? ', in the background' : ''}`],
    ['upstream', upstream ?? 'unknown'],
    ['streaming', openStreams === 0 ? 'nothing' : renderCount(openStreams, 'answer')],
    ['launches', launches === 0 ? 'none' : renderCount(launches, 'Codex session')],
    ['log', logFile ?? 'in the terminal that started it'],
    ...(version === installed ? [] : [['version', advice] as const]),
    ['today', renderToday(status.today, Date.now())],
  ];
  const title = `aliyun-codex-bridge ${version ?? '(unknown version)'} is running at ${url}`;
  return `${style.paint('green', title)}\n${style.spell(renderRows(rows))}`;
}
