/** How commands look: colours on a terminal that wants them, marks and letters that the terminal can show. */
import type { Environment } from '../config/resolve';

/** Line width that fits every terminal. */
export const WIDTH = 80;

/** Select Graphic Rendition codes of ECMA-48: how to begin and how to end. */
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
  /** The pictures of something that turns, each one letter wide; none where a line cannot be written over. */
  readonly spinner: readonly string[];
  /** The text in a style, or as it is where there are no colours. */
  paint(style: Style, text: string): string;
  /** The text in letters that can be shown. */
  spell(text: string): string;
}

/** @param isTerminal whether the output ends at a terminal */
export function createTerminalStyle(isTerminal: boolean, env: Environment, platform: NodeJS.Platform = process.platform): TerminalStyle {
  const isColoured = wantsColours(isTerminal, env);
  const isUnicode = canShowUnicode(isTerminal, env, platform);
  return {
    pass: isUnicode ? '✓' : 'ok  ',
    fail: isUnicode ? '✗' : 'FAIL',
    spinner: env['TERM'] === 'dumb' || isOn(env['CI']) ? [] : [...(isUnicode ? '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏' : '|/-\\')],
    paint(style, text) {
      const [begin, end] = STYLES[style];
      return isColoured && text !== '' ? `\u001b[${begin}m${text}\u001b[${end}m` : text;
    },
    spell: (text) => (isUnicode ? text : text.replaceAll('…', '...').replace(/[^\n\x20-\x7e]/gu, '?')),
  };
}

/** NO_COLOR as on no-color.org, which wins; CLICOLOR_FORCE as on bixense.com/clicolors, FORCE_COLOR as Node has it. */
function wantsColours(isTerminal: boolean, env: Environment): boolean {
  if (env['NO_COLOR']) return false;
  if (isOn(env['FORCE_COLOR']) || isOn(env['CLICOLOR_FORCE'])) return true;
  return isTerminal && env['FORCE_COLOR'] === undefined && env['TERM'] !== 'dumb';
}

const isOn = (text: string | undefined): boolean => text !== undefined && !['', '0', 'false'].includes(text);

/**
 * The locale tells (POSIX, section 8.2: the first one that is set decides), except for the kernel's console, whose fonts
 * have 512 letters at most (console_codes(4)). Without one, as on Windows, the terminal does: the modern ones have the
 * letters, the old console has fonts without marks, and whoever reads a pipe takes it for the code page of the system.
 */
function canShowUnicode(isTerminal: boolean, env: Environment, platform: NodeJS.Platform): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  if (locale !== '') return /utf-?8/i.test(locale) && env['TERM'] !== 'linux';
  const isModern = env['WT_SESSION'] !== undefined || env['TERM_PROGRAM'] === 'vscode';
  return isModern && (isTerminal || platform !== 'win32');
}
