/** Renders the findings: as text, in which failures with their fixes come last, and as JSON. */
import { renderCount } from '../base/quantities';
import type { Style, TerminalStyle } from '../command/terminal-style';
import { WIDTH, wrapWords } from '../command/render';
import { GROUPS, type Check, type CheckGroup, type FindingLevel } from './check';
import type { CheckResult } from './run-checks';

/** A longer title shifts only its own text. */
const TITLE_WIDTH = 20;

const STYLES: Readonly<Record<FindingLevel, Style>> = {
  ok: 'green', warning: 'yellow', failure: 'red', skipped: 'dim',
};

/** Returns a mark, or if the output cannot show it, a word, such as FAIL. */
function findMark(level: FindingLevel, style: TerminalStyle): string {
  const [warning, skipped] = style.pass.length > 1 ? ['warn', 'skip'] : ['!', '-'];
  const marks: Readonly<Record<FindingLevel, string>> = { ok: style.pass, failure: style.fail, warning, skipped };
  return style.paint(STYLES[level], marks[level]);
}

/** Renders the first lines, which state what the checks will cost. */
export function renderOpening(version: string, offline: boolean, style: TerminalStyle): string {
  const cost = offline
    ? 'Offline: nothing is sent to your provider.'
    : 'If the local checks pass, this sends 1 request to your provider, or a few if it\n' +
      'is rejected; --offline sends none.';
  return `${style.paint('bold', `aliyun-codex-bridge ${version}, doctor`)}\n${cost}\n`;
}

export interface DoctorReport {
  readonly version: string;
  readonly results: readonly CheckResult[];
  /** Number of requests sent to the provider. */
  readonly requests: number;
  readonly findGroup: (check: Check) => CheckGroup;
}

/**
 * Renders the number of passed checks, then warnings, then failures; with `verbose`, all passed and skipped checks come
 * first, by group.
 */
export function renderReport(report: DoctorReport, verbose: boolean, style: TerminalStyle): string {
  const { results, requests } = report;
  const select = (level: FindingLevel) => results.filter(({ finding }) => finding.level === level);
  const [passed, skipped, warnings, failures] = [select('ok'), select('skipped'), select('warning'), select('failure')];
  const skippedCount = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
  const counts = `${renderCount(passed.length, 'check')} passed${skippedCount}`;
  const sent = `${renderCount(requests, 'request')} sent`;
  const details = verbose ? '' : '; details: --verbose';
  const groups = verbose ? renderGroups(report, [...passed, ...skipped], style) : '';
  const problems = [...warnings, ...failures].map((result) => `\n${renderResult(result, style)}`);
  return `${groups}\n${findMark('ok', style)} ${counts}, ${sent}${details}\n${problems.join('')}`;
}

function renderGroups(
  { results, findGroup }: DoctorReport, shown: readonly CheckResult[], style: TerminalStyle,
): string {
  const groups = [...new Set(shown.map(({ check }) => findGroup(check)))];
  const inOrder = results.filter((result) => shown.includes(result));
  return Object.keys(GROUPS).flatMap((name) => groups.filter((group) => group === name)).map((group) => {
    const rows = inOrder.filter(({ check }) => findGroup(check) === group).map((result) => renderResult(result, style));
    return `\n${style.paint('bold', GROUPS[group])}\n${rows.join('')}`;
  }).join('');
}

function renderResult({ check, finding }: CheckResult, style: TerminalStyle): string {
  const mark = `${findMark(finding.level, style)} `;
  const margin = style.pass.length + 1;
  const title = check.title.padEnd(TITLE_WIDTH);
  const indent = ' '.repeat(TITLE_WIDTH + 1);
  const width = WIDTH - margin - indent.length;
  const [head = '', ...rest] = wrap(style.spell(finding.seen), width);
  const fixes = finding.fix === undefined ? [] : wrap(style.spell(`Fix: ${finding.fix}`), width);
  const below = [...rest, ...fixes.map((line) => style.paint('cyan', line))].map((line) => indent + line);
  const lines = [`${mark}${title} ${head}`, ...below.map((line) => ' '.repeat(margin) + line)];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** Wraps text at `width` characters, between words. Lines that begin with a space are unchanged. */
function wrap(text: string, width: number): readonly string[] {
  return text
    .split('\n')
    .flatMap((paragraph) => (paragraph.startsWith(' ') ? [paragraph] : wrapWords(paragraph, width)));
}

/** Renders the whole report as JSON. */
export function renderJson({ version, results, requests, findGroup }: DoctorReport): string {
  const checks = results.map(({ check, finding: { level, seen, fix }, ms }) => (
    { id: check.id, group: findGroup(check), level, seen, ...(fix !== undefined && { fix }), ms }
  ));
  return `${JSON.stringify({ ok: hasNoFailure(results), version, requests, checks }, null, 2)}\n`;
}

/** Whether no check failed; warnings and skipped checks are not failures. */
export const hasNoFailure = (results: readonly CheckResult[]): boolean =>
  results.every(({ finding }) => finding.level !== 'failure');
