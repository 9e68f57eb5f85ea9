/** What the demo says when the conversation is over: usage, timings, checks. */
import type { UnknownRecord } from '../base/json';
import { asRecord } from '../base/narrow';
import { isRight, type Check } from './checks';
import type { Round } from './conversation';
import type { TerminalStyle } from '../command/terminal-style';
import { Paragraph } from './paragraph';
import { findFirstWord, findUsage } from './read-answer';

type Column<Row> = readonly [title: string, cell: (row: Row) => unknown];

const USAGE: readonly Column<UnknownRecord>[] = [
  ['input', (usage) => usage['input_tokens']],
  ['cached', (usage) => asRecord(usage['input_tokens_details'])?.['cached_tokens']],
  ['output', (usage) => usage['output_tokens']],
  ['reasoning', (usage) => asRecord(usage['output_tokens_details'])?.['reasoning_tokens']],
  ['total', (usage) => usage['total_tokens']],
];

const TIMINGS: readonly Column<Round['answer']>[] = [
  ['first word', (answer) => renderMs((findFirstWord(answer) ?? NaN) - answer.startedAt)],
  ['whole', ({ startedAt, endedAt }) => renderMs(endedAt - startedAt)],
];

const renderMs = (ms: number): string => (Number.isNaN(ms) ? '-' : `${Math.round(ms)} ms`);

/** Two tables, a line for each request. */
export function renderNumbers(rounds: readonly Round[], pauseMs: number, look: TerminalStyle): string {
  const answers = rounds.map(({ answer }) => answer);
  const usages = answers.map((answer) => findUsage(answer) ?? {});
  const timings = renderTable(TIMINGS, answers);
  const remark = `  The simulated model waits ${pauseMs} ms before each word.\n`;
  return [
    `\n${look.paint('bold', 'Usage in tokens')}\n${renderTable(USAGE, usages)}`,
    `\n${look.paint('bold', 'Timings')}\n${timings}${look.paint('dim', remark)}`,
  ].join('');
}

function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const line = (head: string, cells: readonly unknown[]): string =>
    `  ${head.padEnd(11)}${cells.map((cell) => String(cell ?? '-').padStart(11)).join('')}\n`;
  const body = rows.map((row, index) => line(`request ${index + 1}`, columns.map(([, cell]) => cell(row))));
  return [line('', columns.map(([title]) => title)), ...body].join('');
}

/** One line for each check; a wrong one says what was expected and what was seen. */
export function renderChecks(checks: readonly Check[], look: TerminalStyle): string {
  const lines = checks.map((check) => (isRight(check) ? renderPass(check, look) : renderFailure(check, look)));
  return `\n${look.paint('bold', 'Checks')}\n${lines.join('')}`;
}

const renderPass = ({ claim }: Check, look: TerminalStyle): string => `  ${look.paint('green', look.pass)} ${claim}\n`;

function renderFailure({ claim, expected, seen }: Check, look: TerminalStyle): string {
  const start = findExcerptStart(expected, seen);
  return [
    `  ${look.paint('red', `${look.fail} ${claim}`)}\n`,
    renderDetail('  expected', expected, start, look),
    renderDetail('  seen', seen, start, look),
  ].join('');
}

const LONGEST_EXCERPT = 300;

function renderDetail(label: string, text: string, start: number, look: TerminalStyle): string {
  const end = start + LONGEST_EXCERPT;
  const excerpt = `${start > 0 ? '...' : ''}${text.slice(start, end)}${end < text.length ? '...' : ''}`;
  let written = '';
  const paragraph = new Paragraph((piece) => (written += piece), label);
  paragraph.push(look.spell(excerpt));
  paragraph.end();
  return written;
}

/** Two long texts are shown from shortly before their first difference. */
function findExcerptStart(expected: string, seen: string): number {
  if (expected.length < LONGEST_EXCERPT || seen.length < LONGEST_EXCERPT) return 0;
  const difference = [...expected].findIndex((letter, index) => letter !== seen[index]);
  return Math.max(0, difference - 40);
}
