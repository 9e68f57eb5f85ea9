/** Writes the bridge into config.toml; everything else stays byte for byte, and `removeConfig` restores the rest. */
import { holdsBlock, meansTheSame } from './config-meaning';
import {
  isProviderStatement, renderKeysRegion, renderProviderRegion, setAside, type ConfigEdit,
} from './config-regions';
import {
  PROVIDER_ID, PROVIDERS_KEY, renderBlock, renderInlineProvider, renderProviderLines, renderRootLines,
  type BridgeSettings,
} from './config-toml';
import { removeConfig } from './remove-config';
import { parseToml, startOf, type TomlDocument, type TomlPair, type TomlStatement } from './toml/parse-toml';
import { isTomlTable } from './toml/value';

/**
 * Puts the keys of the bridge in front of the first table and its provider at the end, and turns what would contradict
 * them into comments. A text that holds an earlier merge gives what its original would give.
 *
 * @returns the new text; or a problem, when the text is not TOML or cannot be changed without changing what it means
 */
export function mergeConfig(text: string, settings: BridgeSettings): ConfigEdit {
  const original = removeConfig(text);
  if (!original.ok) return original;
  const before = parseToml(original.text);
  if (!before.ok) return before;
  const block = parseToml(renderBlock(settings));
  if (!block.ok) return block;
  const own = Object.keys(block.value).filter((key) => key !== PROVIDERS_KEY);
  const conflict = findConflict(before.statements, own);
  if (conflict) return conflict;
  const merged = writeRegions(original.text, before, own, settings);
  const after = parseToml(merged);
  if (!after.ok) return { ok: false, problem: `the bridge does not fit into the file (${after.problem})` };
  const isRight = meansTheSame(before.value, after.value, own) && holdsBlock(after.value, block.value);
  if (!isRight || !isUndoable(merged, original.text)) {
    return { ok: false, problem: 'the bridge cannot be written into the file without changing what else it says' };
  }
  return { ok: true, text: merged };
}

function isUndoable(merged: string, original: string): boolean {
  const undone = removeConfig(merged);
  return undone.ok && undone.text === original;
}

/** Names that setup needs and that the file uses for something of another shape; Codex would refuse it as well. */
function findConflict(
  statements: readonly TomlStatement[], own: readonly string[],
): (ConfigEdit & { ok: false }) | undefined {
  const conflict = statements.find((statement) => {
    const [first = '', second] = statement.path;
    const isProviders = first === PROVIDERS_KEY && second === undefined;
    if (statement.kind === 'header') return own.includes(first) || (isProviders && statement.isList);
    return isProviders && !isTomlTable(statement.value);
  });
  if (!conflict) return undefined;
  const name = conflict.path[0] ?? '';
  const expected = name === PROVIDERS_KEY ? 'a table of providers' : 'a text';
  return { ok: false, problem: `Codex expects ${name} to be ${expected}`, line: conflict.line, column: 1 };
}

function writeRegions(
  text: string, { statements }: TomlDocument, own: readonly string[], settings: BridgeSettings,
): string {
  const inline = statements.find(isInlineProviders);
  const isOwn = (statement: TomlStatement): boolean =>
    isProviderStatement(statement) || (isAtRoot(statement) && own.includes(statement.path[0] ?? ''));
  const displaced = statements.filter((statement) => statement === inline || isOwn(statement));
  // Codex puts a new table in front of the last comments of a file that has no table: none of them may be from the root.
  const place = inline ? displaced.filter(isAtRoot).at(-1)?.end ?? 0 : findPlace(text);
  const lineEnd = findLineEnd(text);
  const rootLines = [...renderRootLines(settings), ...(inline ? [renderInlineProviders(text, inline, settings)] : [])];
  const above = finishLine(replaceLines(text, 0, place, displaced), lineEnd);
  const top = `${above.text}${renderKeysRegion({ lines: rootLines, lineEnd, isJoined: above.isJoined })}`;
  const below = replaceLines(text, place, text.length, displaced);
  if (inline) return `${top}${below}`;
  // An empty line stands above the table; where nothing is below the keys' region, that has brought one.
  const { text: middle, isJoined } = finishLine(below, lineEnd);
  const gap = below === '' ? '' : lineEnd;
  return `${top}${middle}${gap}${renderProviderRegion({ lines: renderProviderLines(settings), lineEnd, isJoined })}`;
}

const isAtRoot = (statement: TomlStatement): boolean => statement.kind === 'pair' && statement.table.length === 0;

/** The text from `start` to `end` with the displaced statements as comments. */
function replaceLines(text: string, start: number, end: number, displaced: readonly TomlStatement[]): string {
  let at = start;
  let result = '';
  for (const statement of displaced.filter((one) => one.start >= start && one.end <= end)) {
    result += text.slice(at, statement.start) + setAside(text.slice(statement.start, statement.end));
    at = statement.end;
  }
  return result + text.slice(at, end);
}

/** Ends the last line of `text`, unless it is ended already. */
function finishLine(text: string, lineEnd: string): { readonly text: string; readonly isJoined: boolean } {
  const isJoined = text.length > startOf(text) && !text.endsWith('\n');
  return { text: isJoined ? text + lineEnd : text, isJoined };
}

/** `model_providers = { … }`: no header can add to it. */
const isInlineProviders = (statement: TomlStatement): statement is TomlPair =>
  statement.kind === 'pair' && statement.path.length === 1 && statement.path[0] === PROVIDERS_KEY;

/** The same inline table with the bridge's provider in place of one of that name. */
function renderInlineProviders(text: string, { members }: TomlPair, settings: BridgeSettings): string {
  const others = members.filter(({ path }) => path[0] !== PROVIDER_ID);
  const kept = others.map(({ start, end }) => text.slice(start, end).trimEnd());
  return `${PROVIDERS_KEY} = { ${[...kept, `${PROVIDER_ID} = ${renderInlineProvider(settings)}`].join(', ')} }`;
}

/** Behind a comment that opens the file as a whole, as an empty line or the end of the file shows; else the first line. */
function findPlace(text: string): number {
  const start = startOf(text);
  return start + (/^(?:[ \t]*#[^\n]*\n)+(?:[ \t]*\r?\n|$)/.exec(text.slice(start))?.[0].length ?? 0);
}

/** What most lines of `text` end with. */
function findLineEnd(text: string): '\r\n' | '\n' {
  const all = text.split('\n').length - 1;
  return (text.split('\r\n').length - 1) * 2 > all ? '\r\n' : '\n';
}

