/** Takes out of config.toml what setup wrote, and brings back what it had set aside. */
import { meansTheSame } from './config-meaning';
import {
  bringBack, isBlank, isJoined, isProviderStatement, splitPieces, type ConfigEdit, type Mark, type Piece,
} from './config-regions';
import { PROVIDERS_KEY } from './config-toml';
import { parseToml, startOf } from './toml/parse-toml';

/** The keys that setup may write at the root. */
const OWN_KEYS: readonly string[] = ['model', 'model_provider', 'model_catalog_json', PROVIDERS_KEY];

/**
 * The text that `mergeConfig` was given, byte for byte; what somebody else wrote since stays, also between the marks:
 * Codex appends tables at the end of the file, in front of its last comments. A text without marks stays as it is.
 */
export function removeConfig(text: string): ConfigEdit {
  const before = parseToml(text);
  if (!before.ok) return before;
  const pieces = splitPieces(text, before.statements);
  if (pieces.every(({ mark }) => mark === undefined)) return { ok: true, text };
  const restored = `${text.slice(0, startOf(text))}${joinKept(pieces)}`;
  const after = parseToml(restored);
  const problem = 'the file has changed since setup, and what setup had set aside no longer fits into it';
  if (!after.ok) return { ok: false, problem: `${problem} (${after.problem})` };
  return meansTheSame(before.value, after.value, OWN_KEYS) ? { ok: true, text: restored } : { ok: false, problem };
}

function joinKept(pieces: readonly Piece[]): string {
  const dropped = listDropped(pieces);
  let text = '';
  let joinedAt = -1;
  for (const [index, piece] of pieces.entries()) {
    if (isJoined(piece)) joinedAt = text.length;
    if (!dropped.has(index)) text += piece.mark === 'aside' ? bringBack(piece.text) : piece.text;
  }
  return text.length === joinedAt ? text.replace(/\r?\n$/, '') : text;
}

/** The indexes of what setup wrote. */
function listDropped(pieces: readonly Piece[]): ReadonlySet<number> {
  const dropped = new Set<number>();
  const [first, last] = findKeysRegion(pieces);
  const hasProvider = pieces.some(({ mark }) => mark === 'providerBegin' || mark === 'providerEnd');
  for (const [index, { statement, mark }] of pieces.entries()) {
    if (mark !== undefined && mark !== 'aside') dropped.add(index);
    const neighbour = mark === 'keysEnd' ? index + 1 : index - 1;
    const beside = pieces[neighbour];
    if ((mark === 'keysEnd' || mark === 'providerBegin') && beside && isBlank(beside)) dropped.add(neighbour);
    if (statement === undefined) continue;
    if (hasProvider && isProviderStatement(statement)) dropped.add(index);
    if (index > first && index < last && isOwnKey(statement)) dropped.add(index);
  }
  return dropped;
}

const isOwnKey = (statement: NonNullable<Piece['statement']>): boolean =>
  statement.kind === 'pair' && statement.table.length === 0 && OWN_KEYS.includes(statement.path[0] ?? '');

/**
 * Between which indexes the keys of setup stand. Codex drops the comments in front of a key that it removes: where one of
 * the marks is lost, the region is as long as statements stand without a line between them, which is how setup wrote it.
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
