/** `status`: whether a bridge runs, which one, since when, and what it does. */
import { EXIT, type CommandContext } from '../command/command';
import { renderCount, renderSpan } from '../base/quantities';
import { renderRows, type Row } from './rows';
import { findStatus, type Status } from './status';
import { findTarget, renderCommand } from '../instance/target';
import { createTerminalStyle, type TerminalStyle } from '../command/terminal-style';
import { STATUS_FLAGS } from '../command/own-flag-rows';
import { readOwnFlag } from '../command/own-flags';

/** Returns 0 when a bridge runs on the port, 3 when none does, 2 when it was asked in a wrong way. */
export async function run(context: CommandContext): Promise<number> {
  const { io, own, env } = context;
  const target = findTarget(context);
  if (typeof target === 'number') return target;
  const status = await findStatus(target);
  const look = createTerminalStyle(io.isTerminal?.() ?? false, env);
  io.out(readOwnFlag(STATUS_FLAGS.json, own) === true ? `${JSON.stringify(status)}\n` : renderStatus(status, look));
  return status.running ? EXIT.done : EXIT.notRunning;
}

function renderStatus(status: Status, look: TerminalStyle): string {
  const { others } = status;
  const own = status.running ? renderRunning(status, look) : `${describeAbsence(status)}\n`;
  if (others.length === 0) return own;
  const rows = others.map(({ url, version, pid, upstream }): Row =>
    [url, `${version ?? 'unknown version'}, pid ${pid}, asks ${upstream ?? '?'}`]);
  return `${own}\nOther bridges in the background:\n${renderRows(rows)}`;
}

function describeAbsence({ state, url, port }: Status): string {
  if (state === 'stranger') return `Port ${port} belongs to another program, not to aliyun-codex-bridge.`;
  return `No bridge runs on ${url}. To start one: ${renderCommand('start', port)}`;
}

function renderRunning(status: Status, look: TerminalStyle): string {
  const { version, installed, url, port, pid, uptime, upstream, openStreams, launches, background, logFile } = status;
  const change = `installed is ${installed}: ${renderCommand('stop', port)}, then start, changes to it`;
  const rows: readonly Row[] = [
    ['process', `pid ${pid ?? 'unknown'}, for ${renderSpan(uptime ?? 0)}${background ? ', in the background' : ''}`],
    ['upstream', upstream ?? 'unknown'],
    ['streaming', openStreams === 0 ? 'nothing' : renderCount(openStreams, 'answer')],
    ['launches', launches === 0 ? 'none' : renderCount(launches, 'Codex run')],
    ['log', logFile ?? 'where it was started'],
    ...(version === installed ? [] : [['version', change] as const]),
  ];
  const title = `aliyun-codex-bridge ${version ?? '(unknown version)'} runs on ${url}`;
  return `${look.paint('green', title)}\n${renderRows(rows)}`;
}
