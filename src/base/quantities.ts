/** Renders counts, durations and lists in messages. */

/** Renders "1 answer" or "2 answers". `one` is the singular, `many` the plural. */
export const renderCount = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** Renders "a, b and c". */
export function renderList(words: readonly string[], conjunction: 'and' | 'or'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)}`;
}

/** Renders a number of tokens as `512`, `984k` or `1.0M`. */
export function renderTokens(count: number): string {
  if (count < 1_000) return String(count);
  return count < 999_500 ? `${Math.round(count / 1_000)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

const UNITS = [['day', 86_400], ['h', 3_600], ['min', 60], ['s', 1]] as const;

/** Renders milliseconds as `45 ms`, `0.84 s` or `12.3 s`; from a minute up, as the two largest units: `2 h 5 min`. */
export function renderDuration(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  if (seconds < 0.1) return milliseconds > 0 ? `${Math.ceil(milliseconds)} ms` : '0 s';
  if (seconds < 60) return `${Number(seconds.toFixed(seconds < 9.995 ? 2 : 1))} s`;
  let rest = Math.floor(seconds);
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(unit === 'day' ? renderCount(count, unit) : `${count} ${unit}`);
    else if (parts.length > 0) break;
  }
  return parts.slice(0, 2).join(' ');
}
