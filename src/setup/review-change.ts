/** Shows a change to a user's file like `diff -u`, and asks for approval. */
import type { SetupFailure } from '../codex/config-file';
import type { CommandIo } from '../command/command';
import type { Style, TerminalStyle } from '../command/terminal-style';

/** The final output of `setup`. */
export type SetupOutcome = { readonly ok: true; readonly text: string } | SetupFailure;

export interface Review {
  /** Approves without asking. */
  readonly yes: boolean;
  readonly style: TerminalStyle;
  readonly io: CommandIo;
}

export interface FileChange {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** The label of the new text in the diff heading, such as "after setup". */
  readonly label: string;
}

/**
 * Shows the change and asks for approval: yes or Enter. Without a terminal, only `--yes` approves.
 *
 * @returns true, or why nothing was changed
 */
export async function approveChange(change: FileChange, { yes, style, io }: Review): Promise<true | string> {
  const { path, before, after, label } = change;
  io.out(`${renderDiff(before, after, { before: path, after: `${path} ${label}` }, style)}\n`);
  if (yes) return true;
  if (!io.ask) return 'Nothing was changed. Without a terminal, confirm the change with --yes.';
  const answer = await io.ask(`Change ${path}? [Y/n] `);
  return answer !== undefined && /^(?:y(?:es)?)?$/i.test(answer.trim()) ? true : 'Nothing was changed.';
}

/** Unchanged lines shown around a change. */
const CONTEXT = 3;

type DiffMark = ' ' | '-' | '+';

interface DiffLine {
  readonly mark: DiffMark;
  /** Includes its line ending, if it has one. */
  readonly text: string;
}

export interface DiffNames {
  readonly before: string;
  readonly after: string;
}

const STYLES: Readonly<Record<DiffMark, Style | undefined>> = { ' ': undefined, '-': 'red', '+': 'green' };

/** Renders the diff; empty if both texts are the same, otherwise it ends with a line feed. */
export function renderDiff(before: string, after: string, names: DiffNames, style: TerminalStyle): string {
  const hunks = cutHunks(compare(splitLines(before), splitLines(after)));
  if (hunks.length === 0) return '';
  const head = [style.paint('bold', `--- ${names.before}`), style.paint('bold', `+++ ${names.after}`)];
  return [...head, ...hunks.flatMap((hunk) => renderHunk(hunk, style)), ''].join('\n');
}

const splitLines = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** For each diagonal (lines taken from `before` minus lines taken from `after`), the last line reached in `before`. */
type Frontier = ReadonlyMap<number, number>;

/**
 * Myers' greedy algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986): fast if the texts differ little.
 */
function compare(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const maxEdits = before.length + after.length;
  let frontier: Frontier = new Map([[1, 0]]);
  const trace: Frontier[] = [];
  for (let edits = 0; edits <= maxEdits; edits += 1) {
    trace.push(frontier);
    const next = new Map<number, number>();
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = stepFrom(frontier, diagonal, edits).start;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1;
      next.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return walkBack(trace, before, after);
    }
    frontier = new Map([...frontier, ...next]);
  }
  return [];
}

/** Finds where, and from which neighbor, a diagonal is entered: by an added or a removed line. */
function stepFrom(
  frontier: Frontier, diagonal: number, edits: number,
): { readonly start: number; readonly from: number } {
  const added = frontier.get(diagonal + 1) ?? -1;
  const removed = frontier.get(diagonal - 1) ?? -1;
  const isAdded = diagonal === -edits || (diagonal !== edits && removed < added);
  return isAdded ? { start: added, from: diagonal + 1 } : { start: removed + 1, from: diagonal - 1 };
}

function walkBack(
  trace: readonly Frontier[], before: readonly string[], after: readonly string[],
): readonly DiffLine[] {
  const lines: DiffLine[] = [];
  let [x, y] = [before.length, after.length];
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const { start, from } = stepFrom(trace[edits] ?? new Map(), x - y, edits);
    for (; x > start; x -= 1, y -= 1) lines.push({ mark: ' ', text: before[x - 1] ?? '' });
    if (edits === 0) break;
    const isAdded = from > x - y;
    lines.push(isAdded ? { mark: '+', text: after[y - 1] ?? '' } : { mark: '-', text: before[x - 1] ?? '' });
    if (isAdded) y -= 1;
    else x -= 1;
  }
  return lines.reverse();
}

interface Hunk {
  /** Number of lines above the hunk in each text. */
  readonly before: number;
  readonly after: number;
  readonly lines: readonly DiffLine[];
}

/** Groups the lines into hunks; changes with at most twice the context between them share one. */
function cutHunks(lines: readonly DiffLine[]): readonly Hunk[] {
  const around = (index: number): readonly DiffLine[] => lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1);
  const isNear = lines.map((_, index) => around(index).some(({ mark }) => mark !== ' '));
  const hunks: Hunk[] = [];
  let [before, after] = [0, 0];
  let open: DiffLine[] | undefined;
  for (const [index, line] of lines.entries()) {
    if (!isNear[index]) open = undefined;
    else if (open) open.push(line);
    else hunks.push({ before, after, lines: (open = [line]) });
    if (line.mark !== '+') before += 1;
    if (line.mark !== '-') after += 1;
  }
  return hunks;
}

function renderHunk({ before, after, lines }: Hunk, style: TerminalStyle): readonly string[] {
  const range = (above: number, other: DiffMark): string => {
    const count = lines.filter(({ mark }) => mark !== other).length;
    return `${count === 0 ? above : above + 1},${count}`;
  };
  const head = style.paint('cyan', `@@ -${range(before, '+')} +${range(after, '-')} @@`);
  return [head, ...lines.flatMap((line) => renderLine(line, style))];
}

function renderLine({ mark, text }: DiffLine, style: TerminalStyle): readonly string[] {
  const color = STYLES[mark];
  const shown = `${mark}${text.replace(/\r?\n$/, '')}`;
  const line = color === undefined ? shown : style.paint(color, shown);
  return text.endsWith('\n') ? [line] : [line, '\\ No newline at end of file'];
}
