/** Renders the output of a program as an SVG picture of a terminal window. */

/** Foreground colors by SGR code (ECMA-48), readable on the dark background. */
const COLORS: Readonly<Record<string, string>> = {
  31: '#f7768e', 32: '#9ece6a', 33: '#e0af68', 34: '#7aa2f7', 35: '#bb9af7', 36: '#7dcfff', 90: '#787c99',
};

const [SIZE, LINE, COLUMN, MARGIN, BAR] = [14, 20, 8.43, 16, 32];

/** Matches an SGR sequence, text, or another escape sequence. */
const TOKENS = /(?:\u001b\[([\d;]*)m)|([^\u001b]+)|\u001b(?:\[[\d;?]*[A-Za-z]|\][^\u0007]*\u0007)?/g;

interface Span {
  readonly text: string;
  readonly column: number;
  readonly style: string;
}

/**
 * Renders the picture.
 *
 * @param text the output of a program; escape sequences other than SGR are dropped
 * @param columns the width of the terminal, at which long lines are wrapped
 */
export function renderTerminalSvg(text: string, title: string, columns = 100): string {
  const lines = text.trimEnd().split(/\r?\n/).flatMap((line) => wrap(readSpans(line), columns));
  const [width, height] = [Math.ceil(columns * COLUMN) + 2 * MARGIN, lines.length * LINE + BAR + MARGIN];
  const rows = lines.map((spans, row) => spans.map((span) => renderSpan(span, row)).join(''));
  const size = `width="${width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${width} ${height}" role="img">
<title>${escape(title)}</title>
<rect ${size} rx="8" fill="#1a1b26"/>
${[31, 33, 32].map((code, dot) => `<circle cx="${20 + dot * 20}" cy="16" r="6" fill="${COLORS[code]}"/>`).join('')}
<g font-family="ui-monospace,Menlo,Consolas,monospace" font-size="${SIZE}" fill="#c0caf5" xml:space="preserve">
${rows.filter((row) => row !== '').join('\n')}
</g>
</svg>
`;
}

/** Splits a line at its SGR sequences. Text before a carriage return is dropped, because it is overwritten. */
function readSpans(line: string): readonly Span[] {
  const spans: Span[] = [];
  let [column, style] = [0, ''];
  for (const [, codes, text = ''] of (line.split('\r').at(-1) ?? '').matchAll(TOKENS)) {
    if (codes !== undefined) style = codes.split(';').reduce(applyCode, style);
    else if (text !== '') {
      spans.push({ text, column, style });
      column += [...text].length;
    }
  }
  return spans;
}

/** Applies an SGR code to SVG attributes; ignores an unknown code. */
function applyCode(style: string, code: string): string {
  if (code === '' || code === '0') return '';
  if (code === '1') return `${style} font-weight="bold"`;
  if (code === '2') return `${style} opacity="0.65"`;
  if (code === '22') return style.replace(/ (?:font-weight|opacity)="[^"]*"/g, '');
  if (code === '39') return style.replace(/ fill="[^"]*"/, '');
  const color = COLORS[code];
  return color === undefined ? style : `${style.replace(/ fill="[^"]*"/, '')} fill="${color}"`;
}

function wrap(spans: readonly Span[], columns: number): readonly (readonly Span[])[] {
  const rows: Span[][] = [[]];
  for (const { text, column, style } of spans) {
    for (const [index, character] of [...text].entries()) {
      const [row, at] = [Math.floor((column + index) / columns), (column + index) % columns];
      const list = (rows[row] ??= []);
      const last = list.at(-1);
      if (last?.style === style) list[list.length - 1] = { ...last, text: last.text + character };
      else list.push({ text: character, column: at, style });
    }
  }
  return rows;
}

const renderSpan = ({ text, column, style }: Span, row: number): string =>
  text.trim() === ''
    ? ''
    : `<text x="${MARGIN + Math.round(column * COLUMN)}" y="${BAR + SIZE + row * LINE}"${style}>${escape(text)}</text>`;

const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
