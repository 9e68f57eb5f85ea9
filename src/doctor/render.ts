/** The findings as text for people, piece by piece as they come, and as JSON for programs. */
import { WIDTH, type TerminalStyle, type Style } from '../command/terminal-style';
import { wrapWords } from '../command/wrap';
import { GROUPS, type Check, type Group } from './check';
import type { Level } from './finding';
import type { Result } from './run-checks';

/** How wide the column of titles is; a longer title moves its own text only. */
const TITLES = 20;

const STYLES: Readonly<Record<Level, Style>> = { ok: 'green', warning: 'yellow', failure: 'red', skipped: 'dim' };

/** Marks for a terminal, or words where there are no such letters: `grep FAIL` finds them. */
function findMark(level: Level, look: TerminalStyle): string {
  const [warning, skipped] = look.pass.length > 1 ? ['warn', 'skip'] : ['!', '-'];
  const marks: Readonly<Record<Level, string>> = { ok: look.pass, failure: look.fail, warning, skipped };
  return look.paint(STYLES[level], marks[level]);
}

/** Turns results into lines: one for a check, with its remedy below; what is skipped for one reason stands on one line. */
export class ReportLines {
  private group: Group | undefined;
  private held: Result[] = [];

  constructor(private readonly look: TerminalStyle) {}

  /** The text that can be written now. */
  add(group: Group, result: Result): string {
    const isSame = group === this.group;
    const reason = this.held[0]?.finding.seen;
    if (isSame && result.finding.level === 'skipped' && reason === result.finding.seen) {
      this.held.push(result);
      return '';
    }
    const before = this.end();
    this.group = group;
    const heading = isSame ? '' : `\n${this.look.paint('bold', GROUPS[group])}\n`;
    if (result.finding.level !== 'skipped') return before + heading + renderResult(result, this.look);
    this.held.push(result);
    return before + heading;
  }

  /** What was held back. */
  end(): string {
    const { held, look } = this;
    this.held = [];
    const [first] = held;
    if (first === undefined) return '';
    if (held.length === 1) return renderResult(first, look);
    const titles = held.map(({ check }) => check.title).join(', ');
    const lines = wrap(look.spell(`${titles}: ${first.finding.seen}`), WIDTH - look.pass.length - 3);
    return renderRow('skipped', lines, look);
  }
}

function renderResult({ check, finding }: Result, look: TerminalStyle): string {
  const width = WIDTH - look.pass.length - TITLES - 4;
  const title = check.title.padEnd(TITLES);
  const [head = '', ...rest] = wrap(look.spell(finding.seen), width);
  const fixes = finding.fix === undefined ? [] : wrap(look.spell(`Fix: ${finding.fix}`), width);
  const below = [...rest, ...fixes.map((line) => look.paint('cyan', line))];
  const indent = ' '.repeat(TITLES + 1);
  return renderRow(finding.level, [`${title} ${head}`, ...below.map((line) => indent + line)], look);
}

function renderRow(level: Level, [head = '', ...rest]: readonly string[], look: TerminalStyle): string {
  const indent = ' '.repeat(look.pass.length + 3);
  const lines = [`  ${findMark(level, look)} ${head}`, ...rest.map((line) => indent + line)];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** Lines of at most `width` letters, cut between words. A line that begins with a space stays as it is. */
function wrap(text: string, width: number): readonly string[] {
  return text
    .split('\n')
    .flatMap((paragraph) => (paragraph.startsWith(' ') ? [paragraph] : wrapWords(paragraph, width)));
}

/** What stands above the checks: what they will cost. */
export function renderOpening(version: string, offline: boolean, look: TerminalStyle): string {
  const cost = offline
    ? 'Nothing is asked of the provider.'
    : 'This spends 1 request of your plan, once all that comes before it is in order;\n--offline spends none.';
  return `${look.paint('bold', `aliyun-codex-bridge ${version}, doctor`)}\n${cost}\n`;
}

const LEVELS: readonly (readonly [level: Level, one: string, many: string])[] = [
  ['ok', 'ok', 'ok'],
  ['warning', 'warning', 'warnings'],
  ['failure', 'failure', 'failures'],
  ['skipped', 'skipped', 'skipped'],
];

/** How many of each level there were, and what was spent. */
export function renderSummary(results: readonly Result[], requests: number, look: TerminalStyle): string {
  const counts = LEVELS.flatMap(([level, one, many]) => {
    const count = results.filter(({ finding }) => finding.level === level).length;
    return count === 0 ? [] : [look.paint(STYLES[level], `${count} ${count === 1 ? one : many}`)];
  });
  const spent = requests === 1 ? '1 request of your plan was spent.' : `${requests} requests of your plan were spent.`;
  return `\n${counts.join(', ')}. ${spent}\n`;
}

export interface Report {
  readonly version: string;
  readonly results: readonly Result[];
  /** How many were sent to the provider. */
  readonly requests: number;
}

/** The whole report for programs. */
export function renderJson({ version, results, requests }: Report, findGroup: (check: Check) => Group): string {
  const checks = results.map(({ check, finding: { level, seen, fix }, ms }) => (
    { id: check.id, group: findGroup(check), level, seen, ...(fix !== undefined && { fix }), ms }
  ));
  return `${JSON.stringify({ ok: isFine(results), version, requests, checks }, null, 2)}\n`;
}

/** Whether nothing failed; warnings are fine. */
export const isFine = (results: readonly Result[]): boolean =>
  results.every(({ finding }) => finding.level !== 'failure');
