/** Converts a page to numbered lines of plain text with numbered links, in one pass over its characters. */

export interface PageLink {
  readonly text: string;
  readonly url: string;
}

export interface ReadablePage {
  readonly url: string;
  readonly title: string;
  readonly lines: readonly string[];
  /** Link `n` is `links[n]`; the lines show it as `[n: text]`. */
  readonly links: readonly PageLink[];
}

/** Elements without readable content. */
const SKIPPED = new Set([
  'script', 'style', 'noscript', 'template', 'svg', 'iframe', 'object', 'title', 'select', 'nav',
]);
/** Elements that start and end a line. */
const BLOCKS = new Set(
  (
    'address article aside blockquote body br button caption center dd details dialog div dl dt fieldset figcaption ' +
    'figure footer form h1 h2 h3 h4 h5 h6 header hr li main menu ol option p pre section summary table tbody td ' +
    'tfoot th thead tr ul'
  ).split(' '),
);
const ENTITIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'",
    nbsp: ' ',
    ndash: '–',
    mdash: '—',
    hellip: '…',
    copy: '©',
    reg: '®',
    trade: '™',
    laquo: '«',
    raquo: '»',
    ldquo: '“',
    rdquo: '”',
    lsquo: '‘',
    rsquo: '’',
    bull: '•',
    middot: '·',
    times: '×',
    euro: '€',
    deg: '°',
  }),
);

/** Longer lines are wrapped at a space, so that a line number identifies a short passage. */
const LINE_LENGTH = 400;
const MAX_LINKS = 500;
const MAX_TITLE = 300;

/** @param type the media type: HTML tags are stripped, all other text keeps its lines */
export function readPage(url: string, type: string, text: string): ReadablePage {
  if (type !== 'text/html' && type !== 'application/xhtml+xml') {
    return { url, title: '', lines: wrap(text.split(/\r\n|\r|\n/)), links: [] };
  }
  const reader = new HtmlReader(url);
  reader.read(text);
  return reader.page();
}

/** Walks over tags and text without backtracking: the cost is linear in the size of the page. */
class HtmlReader {
  private readonly lines: string[] = [];
  private readonly links: PageLink[] = [];
  private line: string[] = [];
  private title: string | undefined;
  private readonly unclosed = new Set<string>();
  private anchor: { readonly url: string; readonly from: number } | undefined;

  constructor(private readonly url: string) {}

  read(html: string): void {
    let at = 0;
    while (at < html.length) {
      const open = html.indexOf('<', at);
      if (open === -1) return this.text(html.slice(at));
      if (open > at) this.text(html.slice(at, open));
      at = this.tag(html, open);
    }
  }

  page(): ReadablePage {
    this.endAnchor();
    this.endLine();
    return { url: this.url, title: this.title ?? '', lines: wrap(this.lines), links: this.links };
  }

  /** Processes the markup at `open`. @returns the position after it */
  private tag(html: string, open: number): number {
    if (html.startsWith('<!--', open)) return after(html, '-->', open + 4);
    const match = /^<(\/?)([a-z][a-z0-9]*)|^<[!?]/i.exec(html.slice(open, open + 40));
    if (!match) {
      this.text('<');
      return open + 1;
    }
    const next = after(html, '>', open);
    const name = match[2]?.toLowerCase();
    if (name === undefined) return next;
    if (match[1] !== '/') return this.openElement(name, html, open, next);
    this.closeElement(name);
    return next;
  }

  private openElement(name: string, html: string, open: number, next: number): number {
    if (name === 'title') this.title ??= collapseSpace(decodeEntities(html.slice(next, endOf(html, next))));
    if (SKIPPED.has(name) && html[next - 2] !== '/') return this.skipElement(name, html, next);
    if (BLOCKS.has(name)) this.endLine();
    if (name === 'li') this.line.push('- ');
    if (name === 'a') this.startAnchor(html.slice(open, next));
    return next;
  }

  /** Skips nothing if the element is never closed; this is searched for only once per element name. */
  private skipElement(name: string, html: string, from: number): number {
    if (this.unclosed.has(name)) return from;
    const close = new RegExp(`</${name}[\\s>/]`, 'gi');
    close.lastIndex = from;
    const match = close.exec(html);
    if (match) return after(html, '>', match.index);
    this.unclosed.add(name);
    return from;
  }

  private closeElement(name: string): void {
    if (name === 'a') this.endAnchor();
    if (BLOCKS.has(name)) this.endLine();
  }

  private startAnchor(tag: string): void {
    this.endAnchor();
    const href = /\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i.exec(tag);
    const target = href && resolveUrl(decodeEntities(href[1] ?? href[2] ?? href[3] ?? ''), this.url);
    if (target) this.anchor = { url: target, from: this.line.length };
  }

  private endAnchor(): void {
    const { anchor } = this;
    this.anchor = undefined;
    if (!anchor || this.links.length >= MAX_LINKS) return;
    const text = collapseSpace(this.line.slice(anchor.from).join(''));
    if (text === '') return;
    this.line.splice(anchor.from, Infinity, `[${this.links.length}: ${text}]`);
    this.links.push({ text, url: anchor.url });
  }

  private text(text: string): void {
    this.line.push(decodeEntities(text));
  }

  private endLine(): void {
    // A link around several blocks ends after its first line.
    if (this.line.length > 0) this.endAnchor();
    const line = collapseSpace(this.line.join(''));
    this.line = [];
    if (line !== '' && line !== '-') this.lines.push(line);
  }
}

function after(html: string, mark: string, from: number): number {
  const at = html.indexOf(mark, from);
  return at === -1 ? html.length : at + mark.length;
}

/** Finds the end of a title, which contains only text. */
function endOf(html: string, from: number): number {
  const end = html.slice(from, from + MAX_TITLE).indexOf('<');
  return from + (end === -1 ? MAX_TITLE : end);
}

const collapseSpace = (text: string): string => text.replace(/\s+/g, ' ').trim();

function resolveUrl(href: string, base: string): string | undefined {
  try {
    const url = new URL(href, base);
    url.hash = '';
    return /^https?:$/.test(url.protocol) && !href.startsWith('#') ? url.href : undefined;
  } catch {
    return undefined;
  }
}

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi,
    (entity, decimal, hex, name: string | undefined) => {
      if (name !== undefined) return ENTITIES.get(name) ?? entity;
      const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : entity;
    },
  );
}

function wrap(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => {
    const pieces: string[] = [];
    let rest = line.trimEnd();
    while (rest.length > LINE_LENGTH) {
      const space = rest.lastIndexOf(' ', LINE_LENGTH);
      const end = space > LINE_LENGTH / 2 ? space : LINE_LENGTH;
      pieces.push(rest.slice(0, end));
      rest = rest.slice(end).trimStart();
    }
    return rest === '' && pieces.length === 0 ? [] : [...pieces, ...(rest === '' ? [] : [rest])];
  });
}
