/** How the commands of the background show facts: a label and a text on each line, times in units that people use. */

export type Row = readonly [label: string, text: string];

/** The rows below one another, indented. */
export function renderRows(rows: readonly Row[]): string {
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  return rows.map(([label, text]) => `  ${label.padEnd(width)}  ${text}\n`).join('');
}

const UNITS = [['day', 86_400], ['h', 3_600], ['min', 60]] as const;

/** `seconds` in its two largest units: 2 h 5 min. */
export function renderSpan(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.floor(seconds));
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(unit === 'day' && count > 1 ? `${count} days` : `${count} ${unit}`);
  }
  if (parts.length < 2 && (rest > 0 || parts.length === 0)) parts.push(`${rest} s`);
  return parts.slice(0, 2).join(' ');
}

/** "1 answer", "2 answers". */
export const renderCount = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
