/** Renders and recognizes the comments that mark what setup added to config.toml or commented out, for undo. */
import { PROVIDER_ID, PROVIDERS_KEY } from './config-toml';
import { startOf, type TomlStatement } from './toml/parse-toml';

/** The result of an edit: the new text, or the problem, with its position in the original text if it has one. */
export type ConfigEdit =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string; readonly line?: number; readonly column?: number };

export type Marker =
  | 'keysStart' | 'keysEnd' | 'featureStart' | 'featureEnd' | 'providerStart' | 'providerEnd'
  | 'commentedOut' | 'threads';

/** A line that starts with one of these is a marker. Only the rest of the line may change between versions. */
const MARKERS: Readonly<Record<Marker, string>> = {
  keysStart: '# >>> aliyun-codex-bridge: keys',
  keysEnd: '# <<< aliyun-codex-bridge: keys',
  featureStart: '# >>> aliyun-codex-bridge: feature',
  featureEnd: '# <<< aliyun-codex-bridge: feature',
  providerStart: '# >>> aliyun-codex-bridge: provider',
  providerEnd: '# <<< aliyun-codex-bridge: provider',
  commentedOut: '# set aside by aliyun-codex-bridge:',
  threads: '# threads of aliyun-codex-bridge:',
};

const MARKER_NAMES = [
  'keysStart', 'keysEnd', 'featureStart', 'featureEnd', 'providerStart', 'providerEnd', 'commentedOut', 'threads',
] as const satisfies readonly Marker[];

/** Follows a marker if setup added a line ending to the line above. Older files contain it, so it must not change. */
const ADDED_ENDING = ' after a line without end';

const HOW_TO_UNDO = ' ("aliyun-codex-bridge setup --undo" removes this)';

/** A statement, or a line without one: a comment or an empty line. */
export interface Piece {
  readonly text: string;
  readonly statement?: TomlStatement;
  /** The kind of marker, if the line is one. */
  readonly marker?: Marker;
}

/** Splits `text`, without its byte order mark, into pieces; joined, they are the same text. */
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
  const marker = MARKER_NAMES.find((name) => text.startsWith(MARKERS[name]));
  return marker === undefined ? { text } : { text, marker };
}

export interface ConfigRegion {
  readonly lines: readonly string[];
  readonly lineEnding: string;
  /** Whether setup added a line ending to the line above the region. */
  readonly addsEnding: boolean;
}

/** Renders the region of the root keys, followed by an empty line. */
export const renderKeysRegion = ({ lines, lineEnding, addsEnding }: ConfigRegion): string =>
  [renderStart('keysStart', addsEnding), ...lines, `${MARKERS.keysEnd} <<<`, '', ''].join(lineEnding);

/** Renders the region below the header of the features table. */
export const renderFeatureRegion = ({ lines, lineEnding, addsEnding }: ConfigRegion): string =>
  [renderStart('featureStart', addsEnding), ...lines, `${MARKERS.featureEnd} <<<`, ''].join(lineEnding);

/** Renders the region of the provider's table. */
export const renderProviderRegion = ({ lines, lineEnding, addsEnding }: ConfigRegion): string =>
  [renderStart('providerStart', addsEnding), ...lines, `${MARKERS.providerEnd} <<<`, ''].join(lineEnding);

const renderStart = (marker: Marker, addsEnding: boolean): string =>
  `${MARKERS[marker]}${addsEnding ? ADDED_ENDING : ''}${HOW_TO_UNDO} >>>`;

/** True for a marker above which setup added a line ending. */
export const addsEnding = ({ text, marker }: Piece): boolean =>
  marker !== undefined && text.startsWith(`${MARKERS[marker]}${ADDED_ENDING}`);

/** Turns every line of `text` into a comment, which `uncomment` reverts. */
export const commentOut = (text: string): string => text.replace(/(?<=^|\n)(?=[^])/g, `${MARKERS.commentedOut} `);

/** Reverts `commentOut` on one line; an editor may have trimmed the trailing space of an empty one. */
export const uncomment = (line: string): string => line.slice(MARKERS.commentedOut.length).replace(/^ /, '');

/** Appends `notes` to `text` as comments; the next setup or undo removes them and restores `text` byte for byte. */
export function addThreadNotes(text: string, notes: readonly string[]): string {
  const lineEnding = findLineEnding(text);
  const above = finishLine(text, lineEnding);
  const lines = notes.map((note, index) =>
    `${MARKERS.threads}${index === 0 && above.addsEnding ? `${ADDED_ENDING}.` : ''} ${note}${lineEnding}`);
  return `${above.text}${lines.join('')}`;
}

/** Adds a line ending to the last line of `text` if it has none. */
export function finishLine(text: string, lineEnding: string): { readonly text: string; readonly addsEnding: boolean } {
  const addsEnding = text.length > startOf(text) && !text.endsWith('\n');
  return { text: addsEnding ? text + lineEnding : text, addsEnding };
}

/** Returns the line ending of most lines in `text`. */
export function findLineEnding(text: string): '\r\n' | '\n' {
  const lineFeeds = text.split('\n').length - 1;
  return (text.split('\r\n').length - 1) * 2 > lineFeeds ? '\r\n' : '\n';
}

/** True for an empty line. */
export const isEmptyLine = ({ text, statement }: Piece): boolean => statement === undefined && /^\r?\n$/.test(text);

/** True for a statement that defines the bridge's provider or one of its keys. */
export const isProviderStatement = ({ path }: TomlStatement): boolean =>
  path[0] === PROVIDERS_KEY && path[1] === PROVIDER_ID;
