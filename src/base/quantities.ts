/** Renders counts and times for people: log lines, status, help and reports all use these. */

/** "1 answer", "2 answers". @param many the plural, where it is not the singular with an s */
export function renderCount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** @returns `0.84 s`, `12.3 s` */
export function renderSeconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(milliseconds < 9_995 ? 2 : 1)} s`;
}

const UNITS = [['day', 86_400], ['h', 3_600], ['min', 60]] as const;

/** `seconds` in its two largest units: 2 h 5 min. */
export function renderSpan(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.floor(seconds));
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(unit === 'day' ? renderCount(count, unit) : `${count} ${unit}`);
  }
  if (parts.length < 2 && (rest > 0 || parts.length === 0)) parts.push(`${rest} s`);
  return parts.slice(0, 2).join(' ');
}
