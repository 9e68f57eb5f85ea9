/** Edits config.toml as text: adds the bridge, comments out conflicts, and reverts both byte for byte. */
import {
  uncomment, isEmptyLine, addsEnding, isProviderStatement, renderFeatureRegion, renderKeysRegion, renderProviderRegion,
  commentOut, findLineEnding, finishLine, splitPieces, type ConfigEdit, type Marker, type Piece,
} from './config-regions';
import {
  FEATURES_KEY, NO_WARNING_KEY, PROVIDER_ID, PROVIDERS_KEY, renderBlock, renderInlineProvider, renderProviderLines,
  renderRootLines, SEARCH_FEATURE_KEY, SEARCH_FEATURE_LINE, type CodexSettings,
} from './config-toml';
import {
  findValue, containsBlock, listBlockKeys, listProviders, isEquivalent, type ConfigNames,
} from './config-meaning';
import { parseToml, startOf, type TomlDocument, type TomlPair, type TomlStatement } from './toml/parse-toml';
import { isTomlTable, type TomlTable } from './toml/value';

const NO_NAMES: ConfigNames = { keys: [], providers: [] };

/** The keys that setup may write. */
const OWN_KEYS: readonly string[] = [
  'model', 'model_provider', 'model_catalog_json', NO_WARNING_KEY, SEARCH_FEATURE_KEY, PROVIDERS_KEY,
];

type FailedEdit = ConfigEdit & { readonly ok: false };

/**
 * Inserts the bridge's keys above the first table, and its provider at the end or in the file's inline table. Comments
 * out what would contradict them and what `toCommentOut` lists. Idempotent: merging a merged text changes nothing.
 *
 * @returns the new text; or a problem, if the text is not TOML or unsuitable, or the edit would change other settings
 */
export function mergeConfig(text: string, settings: CodexSettings, toCommentOut: ConfigNames = NO_NAMES): ConfigEdit {
  const original = removeConfig(text);
  if (!original.ok) return original;
  const before = parseToml(original.text);
  if (!before.ok) return before;
  const block = parseToml(renderBlock(settings));
  if (!block.ok) return block;
  const own = listBlockKeys(block.value);
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
  const isCorrect = isEquivalent(before.value, after.value, displaced) && containsBlock(after.value, block.value);
  if (isCorrect && canBeUndone(merged, original.text)) return { ok: true, text: merged };
  return { ok: false, problem: "the bridge's settings cannot be added without changing other settings in the file" };
}

/** Comments out only what `toCommentOut` lists; `removeConfig` restores it. */
export function commentOutInConfig(text: string, toCommentOut: ConfigNames): ConfigEdit {
  const before = parseToml(text);
  if (!before.ok) return before;
  const displaced = before.statements.filter((statement) => isNamed(statement, toCommentOut));
  const edited = replaceStatements(text, 0, text.length, displaced);
  const after = parseToml(edited);
  const isCorrect = after.ok && isEquivalent(before.value, after.value, toCommentOut) && canBeUndone(edited, text);
  return isCorrect ? { ok: true, text: edited } : { ok: false, problem: 'the lines cannot be commented out safely' };
}

/**
 * Restores the input of `mergeConfig` byte for byte. Later changes to other settings are preserved, even between the
 * markers: Codex appends tables above the last comments of the file. A text without markers is unchanged.
 */
export function removeConfig(text: string): ConfigEdit {
  const before = parseToml(text);
  if (!before.ok) return before;
  const pieces = splitPieces(text, before.statements);
  if (pieces.every(({ marker }) => marker === undefined)) return { ok: true, text };
  const remaining = joinRemaining(pieces, startOf(text));
  const restored = `${text.slice(0, startOf(text))}${remaining.text}`;
  const after = parseToml(restored);
  const problem = 'the file has changed since setup, and the lines that setup had commented out no longer fit';
  if (!after.ok) return { ok: false, problem: `${problem} (${after.problem})` };
  const uncommented = after.statements.filter(({ start }) => remaining.uncommented.has(start));
  const changed = listDefinedNames(uncommented, before.value);
  return isEquivalent(before.value, after.value, changed) ? { ok: true, text: restored } : { ok: false, problem };
}

/** Whether setup or `commentOutInConfig` has changed `text`. Notes on threads do not count: undo writes them. */
export function isSetUp(text: string): boolean {
  const parsed = parseToml(text);
  const pieces = parsed.ok ? splitPieces(text, parsed.statements) : [];
  return pieces.some(({ marker }) => marker !== undefined && marker !== 'threads');
}

const canBeUndone = (edited: string, original: string): boolean => {
  const undone = removeConfig(edited);
  return undone.ok && undone.text === original;
};

/** Finds a key that setup must write and whose value has a wrong type, which Codex rejects too. */
function findConflict(statements: readonly TomlStatement[], own: readonly string[]): FailedEdit | undefined {
  const conflict = statements.find((statement) => {
    const [first = '', second] = statement.path;
    const isProviders = first === PROVIDERS_KEY && second === undefined;
    if (statement.kind === 'header') return own.includes(first) || (isProviders && statement.isArray);
    return isProviders && !isTomlTable(statement.value);
  });
  if (!conflict) return undefined;
  const name = conflict.path[0] ?? '';
  const expected = name === PROVIDERS_KEY ? 'a table of providers' : name === NO_WARNING_KEY ? 'a boolean' : 'a string';
  return { ok: false, problem: `Codex expects ${name} to be ${expected}`, line: conflict.line, column: 1 };
}

function writeRegions(text: string, { statements }: TomlDocument, settings: CodexSettings, names: ConfigNames): string {
  const inline = statements.find(isInline(PROVIDERS_KEY));
  const features = settings.webSearch ? findFeatures(statements) : undefined;
  const displaced = statements.filter((statement) =>
    statement === inline || statement === features || isNamed(statement, names));
  // Codex puts a new table above the last comments of a file without tables, so the keys must precede those comments.
  const insertAt = inline ? displaced.filter(isAtRoot).at(-1)?.end ?? 0 : findInsertionPoint(text);
  const lineEnding = findLineEnding(text);
  const bridge = `${PROVIDER_ID} = ${renderInlineProvider(settings)}`;
  const isOther = (id: string): boolean => !names.providers.includes(id);
  const providers = inline ? [renderInline(text, inline, isOther, bridge)] : [];
  const above = finishLine(replaceStatements(text, 0, insertAt, displaced), lineEnding);
  const lines = [...renderRootLines(settings, renderFeatures(text, features)), ...providers];
  const top = `${above.text}${renderKeysRegion({ lines, lineEnding, addsEnding: above.addsEnding })}`;
  const below = replaceStatements(text, insertAt, text.length, displaced, (statement) => {
    const own = text.slice(statement.start, statement.end);
    if (statement !== features || features.kind !== 'header') return commentOut(own);
    const { text: header, addsEnding } = finishLine(own, lineEnding);
    return header + renderFeatureRegion({ lines: [SEARCH_FEATURE_LINE], lineEnding, addsEnding });
  });
  if (inline) return `${top}${below}`;
  // An empty line separates the table; if nothing follows the keys' region, that region already ends with one.
  const { text: middle, addsEnding } = finishLine(below, lineEnding);
  const region = renderProviderRegion({ lines: renderProviderLines(settings), lineEnding, addsEnding });
  return `${top}${middle}${below === '' ? '' : lineEnding}${region}`;
}

const isAtRoot = (statement: TomlStatement): boolean => statement.kind === 'pair' && statement.table.length === 0;

/** Finds the features table, as a header or inline; if there is one, web search cannot be a dotted key. */
const findFeatures = (statements: readonly TomlStatement[]): TomlStatement | undefined =>
  statements.find((statement) => isFeaturesHeader(statement) || isInline(FEATURES_KEY)(statement));

const isFeaturesHeader = ({ kind, path }: TomlStatement): boolean =>
  kind === 'header' && path.length === 1 && path[0] === FEATURES_KEY;

/**
 * Returns the inline features table with web search added, as one line; an empty list for a table with a header;
 * undefined if there is no such table.
 */
function renderFeatures(text: string, features: TomlStatement | undefined): readonly string[] | undefined {
  if (features?.kind !== 'pair') return features && [];
  const isOther = (name: string): boolean => `${FEATURES_KEY}.${name}` !== SEARCH_FEATURE_KEY;
  return [renderInline(text, features, isOther, SEARCH_FEATURE_LINE)];
}

/** True for a root key, a feature or a part of a provider's table that `names` lists. */
function isNamed(statement: TomlStatement, { keys, providers }: ConfigNames): boolean {
  const [first = '', second] = statement.path;
  if (first === PROVIDERS_KEY) return second !== undefined && providers.includes(second);
  if (first === FEATURES_KEY && keys.includes(statement.path.join('.'))) return true;
  return keys.includes(first) && (isAtRoot(statement) || statement.kind === 'header');
}

/** Renders the text from `start` to `end` with the displaced statements replaced, by default commented out. */
function replaceStatements(
  text: string, start: number, end: number, displaced: readonly TomlStatement[],
  replace = (statement: TomlStatement): string => commentOut(text.slice(statement.start, statement.end)),
): string {
  let at = start;
  let result = '';
  for (const statement of displaced.filter(({ start: from, end: to }) => from >= start && to <= end)) {
    result += text.slice(at, statement.start) + replace(statement);
    at = statement.end;
  }
  return result + text.slice(at, end);
}

/** Creates a test for `key = { … }` at the root, which no header can extend. */
const isInline = (key: string) => (statement: TomlStatement): statement is TomlPair =>
  statement.kind === 'pair' && statement.path.length === 1 && statement.path[0] === key;

/** Renders an inline table again: the members that `isOther` accepts, and `added`. */
function renderInline(
  text: string, { path, members }: TomlPair, isOther: (name: string) => boolean, added: string,
): string {
  const others = members.filter(({ path: [name = ''] }) => isOther(name));
  const texts = others.map(({ start, end }) => text.slice(start, end).trimEnd());
  return `${path.join('.')} = { ${[...texts, added].join(', ')} }`;
}

/**
 * Returns the offset after a header comment that is followed by an empty line or the end of the file; without such a
 * comment, the offset of line 1.
 */
function findInsertionPoint(text: string): number {
  const start = startOf(text);
  return start + (/^(?:[ \t]*#[^\n]*\n)+(?:[ \t]*\r?\n|$)/.exec(text.slice(start))?.[0].length ?? 0);
}

/** Joins the pieces that setup did not write. @returns the text, and the start offsets of the uncommented lines */
function joinRemaining(pieces: readonly Piece[], offset: number) {
  const dropped = listDropped(pieces);
  const uncommented = new Set<number>();
  let text = '';
  let addedEndingAt = -1;
  for (const [index, piece] of pieces.entries()) {
    if (addsEnding(piece)) addedEndingAt = text.length;
    if (piece.marker === 'commentedOut') uncommented.add(offset + text.length);
    if (!dropped.has(index)) text += piece.marker === 'commentedOut' ? uncomment(piece.text) : piece.text;
  }
  return { text: text.length === addedEndingAt ? text.replace(/\r?\n$/, '') : text, uncommented };
}

/** Returns the indexes of the pieces that setup wrote, other than commented-out lines. */
function listDropped(pieces: readonly Piece[]): ReadonlySet<number> {
  const dropped = new Set<number>();
  const [first, last] = findKeysRegion(pieces);
  const hasProvider = pieces.some(({ marker }) => marker === 'providerStart' || marker === 'providerEnd');
  const hasFeature = pieces.some(({ marker }) => marker === 'featureStart' || marker === 'featureEnd');
  for (const [index, { statement, marker }] of pieces.entries()) {
    if (marker !== undefined && marker !== 'commentedOut') dropped.add(index);
    const neighbor = marker === 'keysEnd' ? index + 1 : index - 1;
    const piece = pieces[neighbor];
    if ((marker === 'keysEnd' || marker === 'providerStart') && piece && isEmptyLine(piece)) dropped.add(neighbor);
    if (statement === undefined) continue;
    if (hasProvider && isProviderStatement(statement)) dropped.add(index);
    if (hasFeature && statement.path.join('.') === SEARCH_FEATURE_KEY) dropped.add(index);
    if (index > first && index < last && isOwnKey(statement)) dropped.add(index);
  }
  return dropped;
}

const isOwnKey = (statement: TomlStatement): boolean =>
  isAtRoot(statement) && (OWN_KEYS.includes(statement.path.join('.')) || isInline(FEATURES_KEY)(statement));

/**
 * Returns the indexes of the markers around setup's keys. Codex drops the comments above a key that it removes, so a
 * marker may be lost: the region then extends over all consecutive statements, because setup writes no other lines.
 */
function findKeysRegion(pieces: readonly Piece[]): readonly [first: number, last: number] {
  const find = (wanted: Marker): number => pieces.findIndex(({ marker }) => marker === wanted);
  const [start, end] = [find('keysStart'), find('keysEnd')];
  if (start < 0 && end < 0) return [0, 0];
  const isStatement = (index: number): boolean => pieces[index]?.statement !== undefined;
  let [first, last] = [start, end];
  if (start < 0) for (first = end - 1; isStatement(first); ) first -= 1;
  if (end < 0) for (last = start + 1; isStatement(last); ) last += 1;
  return [first, last];
}

/**
 * Returns the names that `statements` define, and the bridge's own. Members of inline tables, and features, are
 * included only if `present` does not have them.
 */
function listDefinedNames(statements: readonly TomlStatement[], present: TomlTable): ConfigNames {
  const known = listProviders(present);
  const keys: string[] = [...OWN_KEYS];
  const providers: string[] = [PROVIDER_ID];
  for (const statement of statements) {
    const [first = '', second] = statement.path;
    if (isInline(PROVIDERS_KEY)(statement)) {
      providers.push(...statement.members.flatMap(({ path: [id = ''] }) => (id in known ? [] : [id])));
    } else if (first === FEATURES_KEY) {
      keys.push(...listFeatures(statement).filter((name) => findValue(present, name) === undefined));
    } else if (first === PROVIDERS_KEY && second !== undefined) providers.push(second);
    else if (isAtRoot(statement) || statement.path.length === 1) keys.push(first);
  }
  return { keys, providers };
}

/** Lists the features that a statement sets, as `features.NAME`. */
const listFeatures = (statement: TomlStatement): readonly string[] =>
  (isInline(FEATURES_KEY)(statement)
    ? statement.members.map(({ path }) => `${FEATURES_KEY}.${path.join('.')}`)
    : [statement.path.join('.')]);
