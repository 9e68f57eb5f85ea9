/** How the demo looks: colours on a terminal that wants them, marks and letters that the terminal can show. */
import type { Environment } from '../../config/resolve';

/** Line width that fits every terminal. */
export const WIDTH = 80;

/** Select Graphic Rendition codes of ECMA-48: how to begin and how to end. */
const STYLES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], cyan: [36, 39] } as const;

export type Style = keyof typeof STYLES;

export interface Look {
  readonly pass: string;
  readonly fail: string;
  /** The text in a style, or as it is where there are no colours. */
  paint(style: Style, text: string): string;
  /** The text in letters that can be shown. */
  spell(text: string): string;
}

/** @param isTerminal whether the output ends at a terminal; NO_COLOR as on no-color.org */
export function createLook(isTerminal: boolean, env: Environment): Look {
  const isColoured = isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  const isUnicode = canShowUnicode(env);
  return {
    pass: isUnicode ? '✓' : 'ok  ',
    fail: isUnicode ? '✗' : 'FAIL',
    paint(style, text) {
      const [begin, end] = STYLES[style];
      return isColoured && text !== '' ? `\u001b[${begin}m${text}\u001b[${end}m` : text;
    },
    spell: (text) => (isUnicode ? text : text.replace(/[^\x20-\x7e]/gu, '?')),
  };
}

/** The locale tells (POSIX, section 8.2: the first one that is set decides); on Windows the modern terminal does. */
function canShowUnicode(env: Environment): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return /utf-?8/i.test(locale) || env['WT_SESSION'] !== undefined;
}
