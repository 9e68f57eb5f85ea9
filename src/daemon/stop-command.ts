/** `stop`: stops the background bridge. */
import { renderCount, renderDuration } from '../base/quantities';
import { EXIT, type CommandContext } from '../command/command';
import { probePort, type Health } from '../instance/bridge-client';
import { removeRecord, type BridgeRecord } from '../instance/bridge-record';
import { stopBridge, type StopOutcome } from '../instance/stop-bridge';
import { findTarget, renderBase, renderCommand, type BridgeTarget } from '../instance/target';

/** Time that a bridge needs after draining to notify clients, close connections and exit. */
const MARGIN_MS = 5_000;

/** Returns 0 if nothing uses the port any more, 1 if a bridge or another program still does, 2 for invalid usage. */
export async function run(context: CommandContext): Promise<number> {
  const { io } = context;
  const target = findTarget(context);
  if (typeof target === 'number') return target;
  const { host, port, record, stateFile } = target;
  const state = await probePort({ host, port });
  if (state.kind === 'free') {
    if (record !== undefined) removeRecord(stateFile, record.pid);
    io.out(`No bridge is running at ${renderBase(target)}.\n`);
    return EXIT.done;
  }
  if (state.kind === 'stranger') {
    io.error(describeStranger(target));
    return EXIT.failed;
  }
  const { health } = state;
  // A pid from /health may come from inside a container, where it means another process.
  if (record === undefined || record.pid !== health.pid) {
    io.error(describeForeground(target, health));
    return EXIT.failed;
  }
  const use = describeUse(health);
  if (use !== '') io.out(use);
  const outcome = await stopBridge({ ...record, host, limitMs: record.drainTimeoutMs + MARGIN_MS });
  if (outcome !== 'ended') {
    io.error(describeFailure(outcome, record));
    return EXIT.failed;
  }
  removeRecord(stateFile, record.pid);
  io.out(`Stopped the bridge at ${renderBase(target)} (pid ${record.pid}).\n`);
  return EXIT.done;
}

function describeStranger({ port, record }: BridgeTarget): string {
  const hint = record === undefined ? '' : ` If it is a bridge that hangs, its pid is ${record.pid}.`;
  return `Port ${port} is in use by another program; nothing was stopped.${hint}\n`;
}

function describeForeground(target: BridgeTarget, { pid }: Health): string {
  const bridge = `The bridge at ${renderBase(target)}${pid === undefined ? '' : ` (pid ${pid})`}`;
  return `${bridge} was not started with "${renderCommand('start', target.port)}".
Stop it where you started it: with Ctrl-C in its terminal, or by its service manager or container.
`;
}

/** Describes how stopping affects clients; Windows has no signal for a graceful shutdown. */
export function describeUse({ openStreams, launches }: Health, platform: NodeJS.Platform = process.platform): string {
  const effect = platform === 'win32' ? 'will be interrupted' : 'may finish first';
  const streams = openStreams === 0 ? '' : `Still streaming: ${renderCount(openStreams, 'answer')}, which ${effect}.\n`;
  if (launches === 0) return streams;
  // The launchers of these sessions restart it (launch/hold-bridge).
  const [verb, count] = [launches === 1 ? 'is' : 'are', renderCount(launches, 'Codex session')];
  return `${streams}${count} ${verb} using it and will restart it.\n`;
}

function describeFailure(outcome: Exclude<StopOutcome, 'ended'>, { pid, drainTimeoutMs }: BridgeRecord): string {
  if (outcome === 'another process')
    return `Process ${pid} is not the bridge that the record names; nothing was stopped.\n`;
  if (outcome === 'not permitted') return `Cannot stop the bridge: process ${pid} belongs to another user.\n`;
  const waited = renderDuration(drainTimeoutMs + MARGIN_MS);
  return `The bridge (pid ${pid}) is still running ${waited} after SIGTERM. See its log, or kill the process.\n`;
}
