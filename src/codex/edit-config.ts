/** Edits config.toml as text: adds the bridge, comments out conflicts, and reverts both byte-exactly. */
import { isDeepStrictEqual } from 'node:util';
import {
  uncomment, isBlank, isJoined, isProviderStatement, renderKeysRegion, renderProviderRegion, commentOut, splitPieces,
  type ConfigEdit, type Mark, type Piece,
} from './config-regions';
import {
  PROVIDER_ID, PROVIDERS_KEY, renderBlock, renderInlineProvider, renderProviderLines, renderRootLines,
  type CodexSettings,
} from './config-toml';
import { parseToml, startOf, type TomlDocument, type TomlPair, type TomlStatement } from './toml/parse-toml';
import { isTomlTable, type TomlTable, type TomlValue } from './toml/value';

/** Root keys and provider tables, by name. */
export interface ConfigNames {
  readonly keys: readonly string[];
  readonly providers: readonly string[];
}

const NO_NAMES: ConfigNames = { keys: [], providers: [] };

/** The root keys that setup may write. */
const OWN_KEYS: readonly string[] = ['model', 'model_provider', 'model_catalog_json', PROVIDERS_KEY];

type RefusedEdit = ConfigEdit & { readonly ok: false };

/**
 * Inserts the bridge's keys above the first table and its provider at the end, and comments out what would
 * contradict them and what `toCommentOut` lists. Idempotent: merging a merged text changes nothing.
 *
 * @returns the new text; or a problem, if the text is not TOML or the edit would change other settings
 */
export function mergeConfig(text: string, settings: CodexSettings, toCommentOut: ConfigNames = NO_NAMES): ConfigEdit {
  const original = removeConfig(text);
  if (!original.ok) return original;
  const before = parseToml(original.text);
  if (!before.ok) return before;
  const block = parseToml(renderBlock(settings));
  if (!block.ok) return block;
  const own = Object.keys(block.value).filter((key) => key !== PROVIDERS_KEY);
  const conflict = findConflict(before.statements, own);
  if (conflict) return conflict;
  const displaced: ConfigNames = {
    // The user's catalog file would override the catalog that Codex fetches.
    keys: [...own, ...(settings.catalogUrl === undefined ? [] : ['model_catalog_json']), ...toCommentOut.keys],
    providers: [PROVIDER_ID, ...toCommentOut.providers],
  };
  const merged = writeRegions(original.text, before, settings, displaced);
  const after = parseToml(merged);
  if (!after.ok) return { ok: false, problem: `the bridge's settings do not fit into the file (${after.problem})` };
  const isRight = meansTheSame(before.value, after.value, displaced) && holdsBlock(after.value, block.value);
  if (isRight && undoes(merged, original.text)) return { ok: true, text: merged };
  return { ok: false, problem: "the bridge's settings cannot be added without changing other settings in the file" };
}

/** Comments out only what `toCommentOut` lists; `removeConfig` restores it. */
export function commentOutInConfig(text: string, toCommentOut: ConfigNames): ConfigEdit {
  const before = parseToml(text);
  if (!before.ok) return before;
  const displaced = before.statements.filter((statement) => isNamed(statement, toCommentOut));
  const edited = replaceLines(text, 0, text.length, displaced);
  const after = parseToml(edited);
  const isRight = after.ok && meansTheSame(before.value, after.value, toCommentOut) && undoes(edited, text);
  return isRight ? { ok: true, text: edited } : { ok: false, problem: 'the lines cannot be commented out safely' };
}

/**
 * Restores the input of `mergeConfig` byte for byte. Later changes are preserved, even between the marks: Codex appends
 * tables above the last comments of the file. A text without marks is unchanged.
 */
export function removeConfig(text: string): ConfigEdit {
  const before = parseToml(text);
  if (!before.ok) return before;
  const pieces = splitPieces(text, before.statements);
  if (pieces.every(({ mark }) => mark === undefined)) return { ok: true, text };
  const kept = joinKept(pieces, startOf(text));
  const restored = `${text.slice(0, startOf(text))}${kept.text}`;
  const after = parseToml(restored);
  const problem = 'the file has changed since setup, and the lines that setup had commented out no longer fit';
  if (!after.ok) return { ok: false, problem: `${problem} (${after.problem})` };
  const uncommented = after.statements.filter(({ start }) => kept.uncommented.has(start));
  const changed = nameStatements(uncommented, before.value);
  return meansTheSame(before.value, after.value, changed) ? { ok: true, text: restored } : { ok: false, problem };
}

const undoes = (edited: string, original: string): boolean => {
  const undone = removeConfig(edited);
  return undone.ok && undone.text === original;
};

/** Finds a name that setup needs but that has a value of the wrong type in the file; Codex would reject it too. */
function findConflict(statements: readonly TomlStatement[], own: readonly string[]): RefusedEdit | undefined {
  const conflict = statements.find((statement) => {
    const [first = '', second] = statement.path;
    const isProviders = first === PROVIDERS_KEY && second === undefined;
    if (statement.kind === 'header') return own.includes(first) || (isProviders && statement.isList);
    return isProviders && !isTomlTable(statement.value);
  });
  if (!conflict) return undefined;
  const name = conflict.path[0] ?? '';
  const expected = name === PROVIDERS_KEY ? 'a table of providers' : 'a string';
  return { ok: false, problem: `Codex expects ${name} to be ${expected}`, line: conflict.line, column: 1 };
}

function writeRegions(
  text: string, { statements }: TomlDocument, settings: CodexSettings, names: ConfigNames,
): string {
  const inline = statements.find(isInlineProviders);
  const displaced = statements.filter((statement) => statement === inline || isNamed(statement, names));
  // Codex puts a new table above the last comments of a file without tables, so none of those may belong to the root.
  const place = inline ? displaced.filter(isAtRoot).at(-1)?.end ?? 0 : findPlace(text);
  const lineEnd = findLineEnd(text);
  const providers = inline ? [renderInlineProviders(text, inline, settings, names)] : [];
  const above = finishLine(replaceLines(text, 0, place, displaced), lineEnd);
  const region = { lines: [...renderRootLines(settings), ...providers], lineEnd, isJoined: above.isJoined };
  const top = `${above.text}${renderKeysRegion(region)}`;
  const below = replaceLines(text, place, text.length, displaced);
  if (inline) return `${top}${below}`;
  // An empty line separates the table; if nothing follows the keys' region, that region already ends with one.
  const { text: middle, isJoined } = finishLine(below, lineEnd);
  const gap = below === '' ? '' : lineEnd;
  return `${top}${middle}${gap}${renderProviderRegion({ lines: renderProviderLines(settings), lineEnd, isJoined })}`;
}

const isAtRoot = (statement: TomlStatement): boolean => statement.kind === 'pair' && statement.table.length === 0;

/** True for a root key or a part of a provider's table that `names` lists. */
function isNamed(statement: TomlStatement, { keys, providers }: ConfigNames): boolean {
  const [first = '', second] = statement.path;
  if (first === PROVIDERS_KEY) return second !== undefined && providers.includes(second);
  return keys.includes(first) && (isAtRoot(statement) || statement.kind === 'header');
}

/** Renders the text from `start` to `end` with the displaced statements commented out. */
function replaceLines(text: string, start: number, end: number, displaced: readonly TomlStatement[]): string {
  let at = start;
  let result = '';
  for (const statement of displaced.filter((one) => one.start >= start && one.end <= end)) {
    result += text.slice(at, statement.start) + commentOut(text.slice(statement.start, statement.end));
    at = statement.end;
  }
  return result + text.slice(at, end);
}

/** Ends the last line of `text` with a line ending if it has none. */
function finishLine(text: string, lineEnd: string): { readonly text: string; readonly isJoined: boolean } {
  const isJoined = text.length > startOf(text) && !text.endsWith('\n');
  return { text: isJoined ? text + lineEnd : text, isJoined };
}

/** `model_providers = { … }`, which no header can extend. */
const isInlineProviders = (statement: TomlStatement): statement is TomlPair =>
  statement.kind === 'pair' && statement.path.length === 1 && statement.path[0] === PROVIDERS_KEY;

/** Renders the same inline table with the bridge's provider, but without those in `names`. */
function renderInlineProviders(
  text: string, { members }: TomlPair, settings: CodexSettings, { providers }: ConfigNames,
): string {
  const others = members.filter(({ path: [id = ''] }) => !providers.includes(id));
  const kept = others.map(({ start, end }) => text.slice(start, end).trimEnd());
  return `${PROVIDERS_KEY} = { ${[...kept, `${PROVIDER_ID} = ${renderInlineProvider(settings)}`].join(', ')} }`;
}

/**
 * Returns the offset after a header comment that is followed by an empty line or the end of the file; otherwise of line
 * 1.
 */
function findPlace(text: string): number {
  const start = startOf(text);
  return start + (/^(?:[ \t]*#[^\n]*\n)+(?:[ \t]*\r?\n|$)/.exec(text.slice(start))?.[0].length ?? 0);
}

/** Returns the line ending of most lines of `text`. */
function findLineEnd(text: string): '\r\n' | '\n' {
  const all = text.split('\n').length - 1;
  return (text.split('\r\n').length - 1) * 2 > all ? '\r\n' : '\n';
}

/** Joins the remaining pieces. @returns the text, and the start offsets of lines that had been commented out */
function joinKept(pieces: readonly Piece[], offset: number) {
  const dropped = listDropped(pieces);
  const uncommented = new Set<number>();
  let text = '';
  let joinedAt = -1;
  for (const [index, piece] of pieces.entries()) {
    if (isJoined(piece)) joinedAt = text.length;
    if (piece.mark === 'commentedOut') uncommented.add(offset + text.length);
    if (!dropped.has(index)) text += piece.mark === 'commentedOut' ? uncomment(piece.text) : piece.text;
  }
  return { text: text.length === joinedAt ? text.replace(/\r?\n$/, '') : text, uncommented };
}

/** Returns the indexes of the pieces that setup wrote. */
function listDropped(pieces: readonly Piece[]): ReadonlySet<number> {
  const dropped = new Set<number>();
  const [first, last] = findKeysRegion(pieces);
  const hasProvider = pieces.some(({ mark }) => mark === 'providerBegin' || mark === 'providerEnd');
  for (const [index, { statement, mark }] of pieces.entries()) {
    if (mark !== undefined && mark !== 'commentedOut') dropped.add(index);
    const neighbour = mark === 'keysEnd' ? index + 1 : index - 1;
    const adjacent = pieces[neighbour];
    if ((mark === 'keysEnd' || mark === 'providerBegin') && adjacent && isBlank(adjacent)) dropped.add(neighbour);
    if (statement === undefined) continue;
    if (hasProvider && isProviderStatement(statement)) dropped.add(index);
    if (index > first && index < last && isOwnKey(statement)) dropped.add(index);
  }
  return dropped;
}

const isOwnKey = (statement: TomlStatement): boolean =>
  isAtRoot(statement) && OWN_KEYS.includes(statement.path[0] ?? '');

/**
 * Returns the indexes around setup's keys. Codex drops the comments above a key that it removes. If a mark is lost, the
 * region extends over all consecutive statements, because setup writes no line between them.
 */
function findKeysRegion(pieces: readonly Piece[]): readonly [first: number, last: number] {
  const find = (wanted: Mark): number => pieces.findIndex(({ mark }) => mark === wanted);
  const [begin, end] = [find('keysBegin'), find('keysEnd')];
  if (begin < 0 && end < 0) return [0, 0];
  const isStatement = (index: number): boolean => pieces[index]?.statement !== undefined;
  let [first, last] = [begin, end];
  if (begin < 0) for (first = end - 1; isStatement(first); ) first -= 1;
  if (end < 0) for (last = begin + 1; isStatement(last); ) last += 1;
  return [first, last];
}

/**
 * Returns the names that `statements` define, except the bridge's; for an inline table, those missing from `present`.
 */
function nameStatements(statements: readonly TomlStatement[], present: TomlTable): ConfigNames {
  const known = listProviders(present);
  const keys: string[] = [...OWN_KEYS];
  const providers: string[] = [PROVIDER_ID];
  for (const statement of statements) {
    const [first = '', second] = statement.path;
    if (isInlineProviders(statement)) {
      providers.push(...statement.members.flatMap(({ path: [id = ''] }) => (id in known ? [] : [id])));
    } else if (first === PROVIDERS_KEY && second !== undefined) providers.push(second);
    else if (isAtRoot(statement) || statement.path.length === 1) keys.push(first);
  }
  return { keys, providers };
}

/** Returns the providers of a parsed config.toml by id. */
export function listProviders(config: TomlTable): TomlTable {
  const providers = config[PROVIDERS_KEY];
  return isTomlTable(providers) ? providers : {};
}

/** True when both texts have the same settings, ignoring `except`. */
const meansTheSame = (before: TomlTable, after: TomlTable, except: ConfigNames): boolean =>
  isDeepStrictEqual(listOthers(before, except), listOthers(after, except));

/** Lists all other settings. An empty table of providers counts as none. */
function listOthers(config: TomlTable, { keys, providers }: ConfigNames): ReadonlyMap<string, unknown> {
  const isOther = ([key]: readonly [string, unknown]): boolean => key !== PROVIDERS_KEY && !keys.includes(key);
  const others = new Map<string, unknown>(Object.entries(config).filter(isOther));
  const kept = Object.entries(listProviders(config)).filter(([id]) => !providers.includes(id));
  return kept.length === 0 ? others : others.set(PROVIDERS_KEY, new Map(kept));
}

/** True when the bridge's settings in `config` are exactly those of `block`. */
function holdsBlock(config: TomlTable, block: TomlTable): boolean {
  const keys = Object.keys(block).filter((key) => key !== PROVIDERS_KEY);
  const find = (table: TomlTable): TomlValue | undefined => listProviders(table)[PROVIDER_ID];
  return keys.every((key) => config[key] === block[key]) && isDeepStrictEqual(find(config), find(block));
}
