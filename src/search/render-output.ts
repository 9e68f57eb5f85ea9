/** Renders the results of search commands as text for the model. */
import { renderCount } from '../base/quantities';
import type { SearchHit } from '../providers/search-backends';
import type { ReadablePage } from './readable-page';

/** A result and the reference that opens it; a service that answers in prose returns one without a reference. */
export interface NamedHit {
  readonly hit: SearchHit;
  readonly reference: string | undefined;
}

/** Maximum characters of one excerpt; services that summarize may send whole pages. */
const MAX_EXCERPT = 1_500;
const MAX_MATCHES = 20;
const LINES_AROUND_MATCH = 1;

/** Renders the results of one query, each with the reference that opens it. */
export function renderHits(query: string, hits: readonly NamedHit[]): string {
  if (hits.length === 0) return `No results for "${query}".`;
  const entries = hits.map(({ hit, reference }) => {
    const head = reference === undefined ? hit.title : `[${reference}] ${hit.title}`;
    const source = [hit.url, hit.date].filter((part) => part !== undefined).join(' · ');
    return [head, source, hit.excerpt.slice(0, MAX_EXCERPT)].filter((part) => part !== '').join('\n');
  });
  return [`Results for "${query}":`, ...entries].join('\n\n');
}

/** Renders the lines from `line` on, as many as fit; the rest can be opened with a line number. */
export function renderPage(page: ReadablePage, reference: string, line: number, maxTokens: number): string {
  const { lines } = page;
  const title = page.title === '' ? page.url : page.title;
  const head = `[${reference}] ${title}\n${page.url}\n${renderCount(lines.length, 'line')}`;
  const from = Math.max(0, Math.min(Math.floor(line) - 1, lines.length - 1));
  const pageLines: string[] = [];
  let remaining = maxTokens - estimateTokens(head) - RESERVED_TOKENS;
  for (let index = from; index < lines.length; index += 1) {
    const text = renderLine(lines, index);
    remaining -= estimateTokens(text) + 1;
    if (remaining < 0 && pageLines.length > 0) break;
    pageLines.push(text);
  }
  const next = from + pageLines.length;
  const rest = next < lines.length ? [`… open ${reference} with lineno ${next + 1} for the rest.`] : [];
  return [head, ...pageLines, ...rest].join('\n');
}

/** Renders the lines that contain `pattern`, ignoring case, each with its neighboring lines. */
export function renderMatches(page: ReadablePage, pattern: string): string {
  const needle = pattern.toLowerCase();
  const found = page.lines.flatMap((line, index) => (line.toLowerCase().includes(needle) ? [index] : []));
  if (found.length === 0) return `"${pattern}" does not occur in ${page.url}.`;
  const around = found.slice(0, MAX_MATCHES).map((index) => {
    const from = Math.max(0, index - LINES_AROUND_MATCH);
    const to = Math.min(page.lines.length - 1, index + LINES_AROUND_MATCH);
    return Array.from({ length: to - from + 1 }, (_unused, step) => renderLine(page.lines, from + step)).join('\n');
  });
  const more = found.length - MAX_MATCHES;
  const rest = more > 0 ? [`… ${renderCount(more, 'more match', 'more matches')}.`] : [];
  return [`"${pattern}" in ${page.url}:`, ...around, ...rest].join('\n\n');
}

/** @param offset the time zone, such as `+03:00`; anything else means UTC */
export function renderTime(offset: string, now: number): string {
  const [, sign, hours = '0', minutes = '0'] = /^(?:UTC)?([+-])(\d{1,2}):?(\d{2})?$/i.exec(offset.trim()) ?? [];
  const shift = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  const isValid = sign !== undefined && Math.abs(shift) <= 14 * 60;
  const time = new Date(now + (isValid ? shift * 60_000 : 0)).toISOString().slice(0, 19);
  return `Time at UTC${isValid ? offset.trim().replace(/^UTC/i, '') : ''}: ${time}`;
}

const renderLine = (lines: readonly string[], index: number): string => `L${index + 1}: ${lines[index] ?? ''}`;

/** Reserved for the line that says how to open the rest, or that the text is truncated. */
const RESERVED_TOKENS = 40;

/** Estimates tokens on the high side: four ASCII characters are one token, and so is any other character. */
export function estimateTokens(text: string): number {
  const others = text.replace(/[\x00-\x7f]+/g, '').length;
  return Math.ceil((text.length - others) / 4) + others;
}

/** Truncates `text` after a line, and says so in the last line. */
export function limitText(text: string, maxTokens: number): string {
  if (estimateTokens(text) <= maxTokens) return text;
  const fitting: string[] = [];
  let remaining = maxTokens - RESERVED_TOKENS;
  for (const line of text.split('\n')) {
    remaining -= estimateTokens(line) + 1;
    if (remaining < 0) break;
    fitting.push(line);
  }
  return [...fitting, '… truncated to fit max_output_tokens.'].join('\n');
}
