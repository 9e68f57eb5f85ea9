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

/** Elements that contain only text up to their end tag, whatever it looks like. All but the title is dropped. */
const RAW = new Set(['script', 'style', 'noscript', 'noembed', 'noframes', 'iframe', 'title']);
/** Other elements without readable content. */
const SKIPPED = new Set(['template', 'svg', 'object', 'select', 'nav']);
/** Elements that start and end a line. */
const BLOCKS = new Set(
  (
    'address article aside blockquote body br button caption center dd details dialog div dl dt fieldset figcaption ' +
    'figure footer form h1 h2 h3 h4 h5 h6 header hr li main menu nav ol option p pre section summary table tbody td ' +
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
  const reader = new HtmlReader(url, type === 'application/xhtml+xml');
  reader.read(text);
  return reader.finish();
}

/**
 * Walks over tags and text as browsers do (HTML Standard, section 13.2.5, Tokenization), without backtracking: the cost
 * is linear in the size of the page.
 */
class HtmlReader {
  private readonly lines: string[] = [];
  private readonly links: PageLink[] = [];
  private line: string[] = [];
  private title: string | undefined;
  /** The open element whose content is skipped; `depth` counts it and the elements of the same name inside it. */
  private skipped: { readonly name: string; readonly from: number; depth: number } | undefined;
  /** Names of elements that are not skipped, because one of them is never closed. */
  private readonly unclosed = new Set<string>();
  private anchor: { readonly url: string; readonly from: number } | undefined;

  constructor(private readonly url: string, private readonly isXml: boolean) {}

  read(html: string): void {
    let at = 0;
    while (at < html.length || this.skipped) {
      if (at >= html.length && this.skipped) {
        // The skipped element is never closed: go back and keep its content. This happens once for each element name.
        this.unclosed.add(this.skipped.name);
        at = this.skipped.from;
        this.skipped = undefined;
        continue;
      }
      const open = html.indexOf('<', at);
      this.addText(html.slice(at, open === -1 ? html.length : open));
      at = open === -1 ? html.length : this.readMarkup(html, open);
    }
  }

  finish(): ReadablePage {
    this.endAnchor();
    this.endLine();
    return { url: this.url, title: this.title ?? '', lines: wrap(this.lines), links: this.links };
  }

  /** Reads the markup at `open`. @returns the position after it */
  private readMarkup(html: string, open: number): number {
    const [start = '', slash, name] = matchAt(TAG_START, html, open) ?? [];
    if (name !== undefined) {
      const tag = readTag(html, open + start.length);
      if (slash === '/') this.closeElement(name.toLowerCase());
      else return this.openElement(name.toLowerCase(), html, tag);
      return tag.end;
    }
    if (html.startsWith('<!--', open)) return findEnd(html, COMMENT_END, open + 2);
    if (html.startsWith('<![CDATA[', open) && this.isForeign('')) return this.readCdata(html, open + 9);
    if (matchAt(BOGUS_COMMENT, html, open)) return findEnd(html, TAG_END, open);
    this.addText('<');
    return open + 1;
  }

  /** Whether XML rules apply to an element: `<name/>` is closed, and CDATA sections are text. */
  private isForeign(name: string): boolean {
    return this.isXml || name === 'svg' || this.skipped?.name === 'svg';
  }

  private readCdata(html: string, from: number): number {
    const end = findEnd(html, CDATA_END, from);
    if (!this.skipped) this.line.push(html.slice(from, end).replace(/\]\]>$/, ''));
    return end;
  }

  private openElement(name: string, html: string, { end, isSelfClosing, href }: Tag): number {
    const isClosed = isSelfClosing && this.isForeign(name);
    if (RAW.has(name)) return isClosed ? end : this.skipText(name, html, end);
    if (this.skipped) {
      if (this.skipped.name === name && !isClosed) this.skipped.depth += 1;
      return end;
    }
    if (BLOCKS.has(name)) this.endLine();
    if (isClosed) return end;
    if (SKIPPED.has(name) && !this.unclosed.has(name)) this.skipped = { name, from: end, depth: 1 };
    if (name === 'li') this.line.push('- ');
    if (name === 'a') this.startAnchor(href);
    return end;
  }

  private skipText(name: string, html: string, from: number): number {
    const close = new RegExp(`</${name}[\\t\\n\\f\\r />]`, 'gi');
    close.lastIndex = from;
    const end = close.exec(html)?.index ?? html.length;
    if (name === 'title' && !this.skipped) {
      this.title ??= collapseSpace(decodeEntities(html.slice(from, Math.min(end, from + MAX_TITLE))));
    }
    return findEnd(html, TAG_END, end);
  }

  private closeElement(name: string): void {
    if (this.skipped) {
      if (this.skipped.name === name) this.skipped.depth -= 1;
      if (this.skipped.depth === 0) this.skipped = undefined;
      return;
    }
    if (name === 'a') this.endAnchor();
    if (BLOCKS.has(name)) this.endLine();
  }

  private startAnchor(href: string | undefined): void {
    this.endAnchor();
    const target = href === undefined ? undefined : resolveUrl(decodeEntities(href.trim()), this.url);
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

  private addText(text: string): void {
    if (text !== '' && !this.skipped) this.line.push(decodeEntities(text));
  }

  private endLine(): void {
    // A link around several blocks ends after its first line.
    if (this.line.length > 0) this.endAnchor();
    const line = collapseSpace(this.line.join(''));
    this.line = [];
    if (line !== '' && line !== '-') this.lines.push(line);
  }
}

const TAG_START = /<(\/?)([a-z][^\t\n\f\r />]*)/iy;
/** `<!doctype`, `<?xml`, `</>`: all up to the next `>` is ignored. */
const BOGUS_COMMENT = /<(?:[!?]|\/(?!$))/y;
const TAG_END = />/g;
const COMMENT_END = /--!?>/g;
const CDATA_END = /\]\]>/g;

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Finds the position after the next match; the end of the text if there is none. */
const findEnd = (html: string, mark: RegExp, from: number): number =>
  matchAt(mark, html, from) ? mark.lastIndex : html.length;

interface Tag {
  /** Position after the `>`. */
  readonly end: number;
  readonly isSelfClosing: boolean;
  readonly href: string | undefined;
}

const SPACE = /[\t\n\f\r ]*/y;
const BETWEEN_ATTRIBUTES = /[\t\n\f\r /]*/y;
const ATTRIBUTE_NAME = /[^\t\n\f\r />=]*/y;
const UNQUOTED_VALUE = /[^\t\n\f\r >]*/y;

/**
 * Reads a tag from the end of its name: `>` ends it, but not inside a quoted value. A quote that is never closed is an
 * ordinary character.
 */
function readTag(html: string, from: number): Tag {
  let href: string | undefined;
  for (let at = from; ; ) {
    const begin = findEnd(html, BETWEEN_ATTRIBUTES, at);
    if (begin >= html.length || html[begin] === '>') {
      return { end: Math.min(begin + 1, html.length), isSelfClosing: begin > at && html[begin - 1] === '/', href };
    }
    // The first character may be `=`.
    const nameEnd = findEnd(html, ATTRIBUTE_NAME, begin + 1);
    const equals = findEnd(html, SPACE, nameEnd);
    at = nameEnd;
    if (html[equals] !== '=') continue;
    const value = findEnd(html, SPACE, equals + 1);
    const quote = html[value] === '"' || html[value] === "'" ? html.indexOf(String(html[value]), value + 1) : -1;
    const [start, end] = quote === -1 ? [value, findEnd(html, UNQUOTED_VALUE, value)] : [value + 1, quote];
    if (nameEnd - begin === 4 && html.slice(begin, nameEnd).toLowerCase() === 'href') href ??= html.slice(start, end);
    at = quote === -1 ? end : quote + 1;
  }
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
