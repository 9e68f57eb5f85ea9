/** Defines the comments that mark what setup added to config.toml or commented out; undo relies only on them. */
import { PROVIDER_ID, PROVIDERS_KEY } from './config-toml';
import type { TomlStatement } from './toml/parse-toml';
import { startOf } from './toml/parse-toml';

/** The result of an edit: the new text, or the error with its position in the original text. */
export type ConfigEdit =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string; readonly line?: number; readonly column?: number };

export type Mark =
  | 'keysBegin' | 'keysEnd' | 'featureBegin' | 'featureEnd' | 'providerBegin' | 'providerEnd'
  | 'commentedOut' | 'threads';

/** A line that starts with one of these is a mark; the rest of the line may change between versions. */
const MARKS: Readonly<Record<Mark, string>> = {
  keysBegin: '# >>> aliyun-codex-bridge: keys',
  keysEnd: '# <<< aliyun-codex-bridge: keys',
  featureBegin: '# >>> aliyun-codex-bridge: feature',
  featureEnd: '# <<< aliyun-codex-bridge: feature',
  providerBegin: '# >>> aliyun-codex-bridge: provider',
  providerEnd: '# <<< aliyun-codex-bridge: provider',
  commentedOut: '# set aside by aliyun-codex-bridge:',
  threads: '# threads of aliyun-codex-bridge:',
};

const MARK_NAMES = [
  'keysBegin', 'keysEnd', 'featureBegin', 'featureEnd', 'providerBegin', 'providerEnd', 'commentedOut', 'threads',
] as const satisfies readonly Mark[];

/** Records that the line above the region had no line ending. */
const JOINED = ' after a line without end';

const HOW_TO_UNDO = ' ("aliyun-codex-bridge setup --undo" removes this)';

/** A statement, or a line without one: a comment or an empty line. */
export interface Piece {
  readonly text: string;
  readonly statement?: TomlStatement;
  readonly mark?: Mark;
}

/** Splits `text` after its byte order mark into pieces; joining them restores the text. */
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
  /** Whether the line above it had no line ending. */
  readonly isJoined: boolean;
}

/** Renders the region of the root keys, followed by an empty line. */
export const renderKeysRegion = ({ lines, lineEnd, isJoined }: ConfigRegion): string =>
  [renderBegin('keysBegin', isJoined), ...lines, `${MARKS.keysEnd} <<<`, '', ''].join(lineEnd);

/** Renders the region below the header of the features table. */
export const renderFeatureRegion = ({ lines, lineEnd, isJoined }: ConfigRegion): string =>
  [renderBegin('featureBegin', isJoined), ...lines, `${MARKS.featureEnd} <<<`, ''].join(lineEnd);

/** Renders the region of the provider's table. */
export const renderProviderRegion = ({ lines, lineEnd, isJoined }: ConfigRegion): string =>
  [renderBegin('providerBegin', isJoined), ...lines, `${MARKS.providerEnd} <<<`, ''].join(lineEnd);

const renderBegin = (mark: Mark, isJoined: boolean): string =>
  `${MARKS[mark]}${isJoined ? JOINED : ''}${HOW_TO_UNDO} >>>`;

/** True for the first line of a region with `isJoined`. */
export const isJoined = ({ text, mark }: Piece): boolean =>
  mark !== undefined && text.startsWith(`${MARKS[mark]}${JOINED}`);

/** Turns every line of `text` into a comment that `uncomment` restores. */
export const commentOut = (text: string): string => text.replace(/(?<=^|\n)(?=[^])/g, `${MARKS.commentedOut} `);

/** Reverts `commentOut` on one line; an editor may have trimmed the trailing space of an empty one. */
export const uncomment = (line: string): string => line.slice(MARKS.commentedOut.length).replace(/^ /, '');

/** Appends comments to `text`; the next setup or undo removes them, and restores every byte of it. */
export function addThreadNotes(text: string, notes: readonly string[]): string {
  const lineEnd = findLineEnd(text);
  const above = finishLine(text, lineEnd);
  const lines = notes.map((note, index) =>
    `${MARKS.threads}${index === 0 && above.isJoined ? `${JOINED}.` : ''} ${note}${lineEnd}`);
  return `${above.text}${lines.join('')}`;
}

/** Ends the last line of `text` with a line ending if it has none. */
export function finishLine(text: string, lineEnd: string): { readonly text: string; readonly isJoined: boolean } {
  const isJoined = text.length > startOf(text) && !text.endsWith('\n');
  return { text: isJoined ? text + lineEnd : text, isJoined };
}

/** Returns the line ending of most lines of `text`. */
export function findLineEnd(text: string): '\r\n' | '\n' {
  const lineFeeds = text.split('\n').length - 1;
  return (text.split('\r\n').length - 1) * 2 > lineFeeds ? '\r\n' : '\n';
}

/** True for an empty line. */
export const isBlank = ({ text, statement }: Piece): boolean => statement === undefined && /^\r?\n$/.test(text);

/** True for a statement that defines the bridge's provider or one of its keys. */
export const isProviderStatement = ({ path }: TomlStatement): boolean =>
  path[0] === PROVIDERS_KEY && path[1] === PROVIDER_ID;
