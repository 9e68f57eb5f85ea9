/** The comments that mark what setup wrote into config.toml and what it set aside; they hold all that undo needs. */
import { PROVIDER_ID, PROVIDERS_KEY } from './config-toml';
import type { TomlStatement } from './toml/parse-toml';
import { startOf } from './toml/parse-toml';

/** The outcome of an edit: the new text, or why there is none, with the position in the given text. */
export type ConfigEdit =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string; readonly line?: number; readonly column?: number };

export type Mark = 'keysBegin' | 'keysEnd' | 'providerBegin' | 'providerEnd' | 'aside' | 'threads';

/** A line that starts with one of these is a mark; what follows may change from version to version. */
const MARKS: Readonly<Record<Mark, string>> = {
  keysBegin: '# >>> aliyun-codex-bridge: keys',
  keysEnd: '# <<< aliyun-codex-bridge: keys',
  providerBegin: '# >>> aliyun-codex-bridge: provider',
  providerEnd: '# <<< aliyun-codex-bridge: provider',
  aside: '# set aside by aliyun-codex-bridge:',
  threads: '# threads of aliyun-codex-bridge:',
};

const MARK_NAMES = [
  'keysBegin', 'keysEnd', 'providerBegin', 'providerEnd', 'aside', 'threads',
] as const satisfies readonly Mark[];

/** Records that the line above the region had no line end. */
const JOINED = ' after a line without end';

const HOW_TO_UNDO = ' ("aliyun-codex-bridge setup --undo" removes this)';

/** A statement, or a line without one: a comment or an empty line. */
export interface Piece {
  readonly text: string;
  readonly statement?: TomlStatement;
  readonly mark?: Mark;
}

/** Splits `text` after its byte order mark into pieces; joined they give the text again. */
export function splitPieces(text: string, statements: readonly TomlStatement[]): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = startOf(text);
  const addLines = (end: number): void => {
    for (const [line] of text.slice(at, end).matchAll(/[^\n]*\n|[^\n]+$/g)) pieces.push(readLine(line));
  };
  for (const statement of statements) {
    addLines(statement.start);
    pieces.push({ text: text.slice(statement.start, statement.end), statement });
    at = statement.end;
  }
  addLines(text.length);
  return pieces;
}

function readLine(text: string): Piece {
  const mark = MARK_NAMES.find((name) => text.startsWith(MARKS[name]));
  return mark === undefined ? { text } : { text, mark };
}

export interface ConfigRegion {
  readonly lines: readonly string[];
  readonly lineEnd: string;
  /** Whether the line above it had no line end. */
  readonly isJoined: boolean;
}

/** Renders the region of the root keys, with an empty line after it. */
export const renderKeysRegion = ({ lines, lineEnd, isJoined }: ConfigRegion): string =>
  [renderBegin('keysBegin', isJoined), ...lines, `${MARKS.keysEnd} <<<`, '', ''].join(lineEnd);

/** Renders the region of the provider's table. */
export const renderProviderRegion = ({ lines, lineEnd, isJoined }: ConfigRegion): string =>
  [renderBegin('providerBegin', isJoined), ...lines, `${MARKS.providerEnd} <<<`, ''].join(lineEnd);

const renderBegin = (mark: Mark, isJoined: boolean): string =>
  `${MARKS[mark]}${isJoined ? JOINED : ''}${HOW_TO_UNDO} >>>`;

/** True for the first line of a region with `isJoined`. */
export const isJoined = ({ text, mark }: Piece): boolean =>
  mark !== undefined && text.startsWith(`${MARKS[mark]}${JOINED}`);

/** Turns every line of `text` into a comment that `bringBack` restores. */
export const setAside = (text: string): string => text.replace(/(?<=^|\n)(?=[^])/g, `${MARKS.aside} `);

/** Undoes `setAside` on one line; an editor may have trimmed the space at the end of an empty one. */
export const bringBack = (line: string): string => line.slice(MARKS.aside.length).replace(/^ /, '');

/** Adds comments at the end of `text`, which the next setup or undo removes. */
export function addThreadNotes(text: string, notes: readonly string[]): string {
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const gap = text === '' || text.endsWith('\n') ? '' : lineEnd;
  return `${text}${gap}${notes.map((note) => `${MARKS.threads} ${note}${lineEnd}`).join('')}`;
}

/** True for an empty line. */
export const isBlank = ({ text, statement }: Piece): boolean => statement === undefined && /^\r?\n$/.test(text);

/** True for a statement about the bridge's provider or something in it. */
export const isProviderStatement = ({ path }: TomlStatement): boolean =>
  path[0] === PROVIDERS_KEY && path[1] === PROVIDER_ID;
