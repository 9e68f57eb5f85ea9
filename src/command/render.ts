/** Renders text that several commands print: wrapped lines, labeled rows, URLs, origins of values. */
import type { Origin } from '../config/resolve';

/** Line width of wrapped text and tables: terminals are 80 columns wide by default. */
export const WIDTH = 80;

/**
 * Breaks `text`, which has no line breaks, into lines of at most `width` characters; a longer word gets its own line.
 */
export function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

export type LabeledRow = readonly [label: string, text: string];

/** Renders one indented line per row, with the second column aligned. */
export function renderRows(rows: readonly LabeledRow[]): string {
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  return rows.map(([label, text]) => `  ${label.padEnd(width)}  ${text}\n`).join('');
}

/** A listening address. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Renders the URL of an address; an IPv6 address is in brackets (RFC 3986, section 3.2.2). */
export function renderUrl({ host, port }: Address): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Renders the origin of a value, such as " from env HOST"; empty for a default. */
export function renderOrigin(origin: Origin): string {
  return origin.kind === 'default' ? '' : ` from ${origin.kind} ${origin.name}`;
}
