/** Renders facts of a background bridge, one label and text on each line. */

export type Row = readonly [label: string, text: string];

/** The rows below one another, indented. */
export function renderRows(rows: readonly Row[]): string {
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  return rows.map(([label, text]) => `  ${label.padEnd(width)}  ${text}\n`).join('');
}
