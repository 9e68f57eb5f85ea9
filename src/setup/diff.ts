/** The difference between two texts as people know it from `diff -u`. */
import type { TerminalStyle, Style } from '../command/terminal-style';

/** Lines around a change that are shown with it. */
const CONTEXT = 3;

type Mark = ' ' | '-' | '+';

interface Line {
  readonly mark: Mark;
  /** With its line end, if it has one. */
  readonly text: string;
}

export interface DiffNames {
  readonly before: string;
  readonly after: string;
}

const STYLES: Readonly<Record<Mark, Style | undefined>> = { ' ': undefined, '-': 'red', '+': 'green' };

/** Empty when both are the same; else it ends with a line feed. */
export function renderDiff(before: string, after: string, names: DiffNames, look: TerminalStyle): string {
  const hunks = cutHunks(compare(splitLines(before), splitLines(after)));
  if (hunks.length === 0) return '';
  const head = [look.paint('bold', `--- ${names.before}`), look.paint('bold', `+++ ${names.after}`)];
  return [...head, ...hunks.flatMap((hunk) => renderHunk(hunk, look)), ''].join('\n');
}

const splitLines = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** For each diagonal (lines taken from `before` minus lines taken from `after`), how far it got in `before`. */
type Reach = ReadonlyMap<number, number>;

/** Myers' greedy algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986): fast where little differs. */
function compare(before: readonly string[], after: readonly string[]): readonly Line[] {
  const most = before.length + after.length;
  let reach: Reach = new Map([[1, 0]]);
  const trace: Reach[] = [];
  for (let edits = 0; edits <= most; edits += 1) {
    trace.push(reach);
    const next = new Map<number, number>();
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = stepFrom(reach, diagonal, edits).start;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1;
      next.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return walkBack(trace, before, after);
    }
    reach = new Map([...reach, ...next]);
  }
  return [];
}

/** Where a diagonal is entered: by a line that is added, or by one that goes. */
function stepFrom(reach: Reach, diagonal: number, edits: number): { readonly start: number; readonly from: number } {
  const added = reach.get(diagonal + 1) ?? -1;
  const gone = reach.get(diagonal - 1) ?? -1;
  const isAdded = diagonal === -edits || (diagonal !== edits && gone < added);
  return isAdded ? { start: added, from: diagonal + 1 } : { start: gone + 1, from: diagonal - 1 };
}

function walkBack(trace: readonly Reach[], before: readonly string[], after: readonly string[]): readonly Line[] {
  const lines: Line[] = [];
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
  /** Lines of each text above it. */
  readonly before: number;
  readonly after: number;
  readonly lines: readonly Line[];
}

/** Changes with at most twice the context between them stand together. */
function cutHunks(lines: readonly Line[]): readonly Hunk[] {
  const around = (index: number): readonly Line[] => lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1);
  const isNear = lines.map((_, index) => around(index).some(({ mark }) => mark !== ' '));
  const hunks: Hunk[] = [];
  let [before, after] = [0, 0];
  let open: Line[] | undefined;
  for (const [index, line] of lines.entries()) {
    if (!isNear[index]) open = undefined;
    else if (open) open.push(line);
    else hunks.push({ before, after, lines: (open = [line]) });
    if (line.mark !== '+') before += 1;
    if (line.mark !== '-') after += 1;
  }
  return hunks;
}

function renderHunk({ before, after, lines }: Hunk, look: TerminalStyle): readonly string[] {
  const range = (above: number, other: Mark): string => {
    const count = lines.filter(({ mark }) => mark !== other).length;
    return `${count === 0 ? above : above + 1},${count}`;
  };
  const head = look.paint('cyan', `@@ -${range(before, '+')} +${range(after, '-')} @@`);
  return [head, ...lines.flatMap((line) => renderLine(line, look))];
}

function renderLine({ mark, text }: Line, look: TerminalStyle): readonly string[] {
  const style = STYLES[mark];
  const shown = `${mark}${text.replace(/\r?\n$/, '')}`;
  const line = style === undefined ? shown : look.paint(style, shown);
  return text.endsWith('\n') ? [line] : [line, '\\ No newline at end of file'];
}
