/** Decides how commands style text: whether they use colors, and which symbols the terminal can show. */
import type { Environment } from '../config/resolve';

/** Select Graphic Rendition codes of ECMA-48: on and off. */
const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type Style = keyof typeof STYLES;

export interface TerminalStyle {
  readonly pass: string;
  readonly fail: string;
  /** The frames of a spinner, each one character wide; empty if a line cannot be overwritten. */
  readonly spinner: readonly string[];
  /** Returns the text in a style, or unchanged if colors are off. */
  paint(style: Style, text: string): string;
  /** Returns the text in characters that the terminal can show. */
  spell(text: string): string;
}

/** @param isTerminal whether the output is a terminal */
export function createTerminalStyle(
  isTerminal: boolean, env: Environment, platform: NodeJS.Platform = process.platform,
): TerminalStyle {
  const isColored = usesColors(isTerminal, env);
  const isUnicode = canShowUnicode(isTerminal, env, platform);
  return {
    pass: isUnicode ? '✓' : 'ok  ',
    fail: isUnicode ? '✗' : 'FAIL',
    spinner: env['TERM'] === 'dumb' || isOn(env['CI']) ? [] : [...(isUnicode ? '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏' : '|/-\\')],
    paint(style, text) {
      const [begin, end] = STYLES[style];
      return isColored && text !== '' ? `\u001b[${begin}m${text}\u001b[${end}m` : text;
    },
    spell: (text) => (isUnicode ? text : text.replaceAll('…', '...').replace(/[^\n\x20-\x7e]/gu, '?')),
  };
}

/**
 * FORCE_COLOR overrides all other variables, as in Node (node(1), ENVIRONMENT): a supported value, including an empty
 * one, turns colors on; any other turns them off. NO_COLOR follows no-color.org, CLICOLOR_FORCE bixense.com/clicolors.
 */
function usesColors(isTerminal: boolean, env: Environment): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return ['', '1', 'true', '2', '3'].includes(forced);
  if (env['NO_COLOR']) return false;
  return isOn(env['CLICOLOR_FORCE']) || (isTerminal && env['TERM'] !== 'dumb');
}

const isOn = (text: string | undefined): boolean => text !== undefined && !['', '0', 'false'].includes(text);

/**
 * The locale decides (POSIX, section 8.2: the first variable that is set), except on the Linux console, whose fonts
 * have at most 512 glyphs (console_codes(4)). Without a locale, as on Windows, the terminal decides: modern terminals
 * have the glyphs, the old console lacks the symbols, and the reader of a pipe assumes the system code page.
 */
function canShowUnicode(isTerminal: boolean, env: Environment, platform: NodeJS.Platform): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  if (locale !== '') return /utf-?8/i.test(locale) && env['TERM'] !== 'linux';
  const isModern = env['WT_SESSION'] !== undefined || env['TERM_PROGRAM'] === 'vscode';
  return isModern && (isTerminal || platform !== 'win32');
}
