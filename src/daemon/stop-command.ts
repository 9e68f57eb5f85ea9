/** `stop`: ends the bridge that runs in the background. */
import { probePort, type Health } from '../instance/ask-health';
import { EXIT, type CommandContext } from '../command/command';
import { renderCount } from '../base/quantities';
import { removeRecord, type BridgeRecord } from '../instance/state-file';
import { stopBridge, type StopOutcome } from './stop-bridge';
import { findTarget, renderBase, renderCommand, type Target } from '../instance/target';

/** What a bridge takes beside its drain: to tell clients of it, to close, to end. */
const MARGIN_MS = 5_000;

/** Returns 0 when no bridge runs on the port any more, 1 when one may, 2 when it was asked in a wrong way. */
export async function run(context: CommandContext): Promise<number> {
  const { io } = context;
  const target = findTarget(context);
  if (typeof target === 'number') return target;
  const { host, port, record, stateFile } = target;
  const state = await probePort({ host, port });
  if (state.kind === 'free') {
    if (record !== undefined) removeRecord(stateFile, record.pid);
    io.out(`No bridge runs on ${renderBase(target)}; there is nothing to stop.\n`);
    return EXIT.done;
  }
  if (state.kind === 'stranger') {
    io.error(describeStranger(target));
    return EXIT.failed;
  }
  const { health } = state;
  if (record === undefined || record.pid !== health.pid) {
    io.error(describeForeground(target, health));
    return EXIT.failed;
  }
  const use = describeUse(health);
  if (use !== '') io.out(use);
  const outcome = await stopBridge({ host, port, pid: record.pid, limitMs: record.drainTimeoutMs + MARGIN_MS });
  if (outcome !== 'ended') {
    io.error(describeFailure(outcome, record));
    return EXIT.failed;
  }
  removeRecord(stateFile, record.pid);
  io.out(`Stopped the bridge on ${renderBase(target)} (pid ${record.pid}).\n`);
  return EXIT.done;
}

function describeStranger({ port, record }: Target): string {
  const hint = record === undefined ? '' : ` If it is a bridge that hangs, its process was ${record.pid}.`;
  return `Port ${port} belongs to a program that does not answer as aliyun-codex-bridge; nothing was stopped.${hint}\n`;
}

/** A number from /health may be that of a process in a container, and mean another process here. */
function describeForeground(target: Target, { pid }: Health): string {
  const bridge = `The bridge on ${renderBase(target)}${pid === undefined ? '' : ` (pid ${pid})`}`;
  return `${bridge} was not started by \`${renderCommand('start', target.port)}\`.
End it where it was started: with Ctrl-C in its terminal, or as the service or the container that it runs in.
`;
}

/** What the end of the bridge means to those who use it; Windows has no signal that leaves time. */
export function describeUse({ openStreams, launches }: Health, platform: NodeJS.Platform = process.platform): string {
  const fate = platform === 'win32' ? 'cut off now' : 'with some time to end';
  const streams = openStreams === 0 ? '' : `Streaming ${renderCount(openStreams, 'answer')}, ${fate}.\n`;
  if (launches === 0) return streams;
  // Their launchers see to it (launch/hold-bridge).
  return `${streams}Used by ${renderCount(launches, 'launched Codex run')}, which will start a bridge again.\n`;
}

function describeFailure(outcome: Exclude<StopOutcome, 'ended'>, { pid, drainTimeoutMs }: BridgeRecord): string {
  if (outcome === 'not permitted') return `Cannot stop the bridge: its process ${pid} belongs to another user.\n`;
  const seconds = Math.ceil((drainTimeoutMs + MARGIN_MS) / 1_000);
  return `The bridge (pid ${pid}) was told to end and still runs after ${seconds} s. TerminalStyle at its log, or end the process by force.\n`;
}
