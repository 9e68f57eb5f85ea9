/** Finds the known word closest to a misspelled one, for "did you mean". */

/**
 * Returns the known word with the fewest edits to `word`. Returns `undefined` if they exceed a third of its letters
 * (one edit is always allowed), or `word` is a single letter. Case, leading dashes and `_` for `-` do not count as
 * edits, and a missing or additional prefix counts as one: `--api-key` and `--no-ai-api-key` for `--ai-api-key`.
 */
export function findNearest(word: string, known: Iterable<string>): string | undefined {
  const wanted = normalize(word);
  if (wanted.length < 2) return undefined;
  let nearest: string | undefined;
  let fewest = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const name = normalize(candidate);
    const edits = isEnding(wanted, name) || isEnding(name, wanted) ? 1 : countEdits(wanted, name);
    if (edits < fewest) [nearest, fewest] = [candidate, edits];
  }
  return nearest;
}

/** Counts inserted, removed, replaced and swapped letters (optimal string alignment distance). */
export function countEdits(from: string, to: string): number {
  let beforePrevious: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(beforePrevious, column - 2) + 1 : Infinity,
      ));
    }
    [beforePrevious, previous] = [previous, current];
  }
  return at(previous, to.length);
}

const isEnding = (end: string, word: string): boolean => end !== '' && word.endsWith(`-${end}`);

const at = (numbers: readonly number[], index: number): number => numbers[index] ?? Infinity;

const normalize = (word: string): string => word.toLowerCase().replaceAll('_', '-').replace(/^-+/, '');
