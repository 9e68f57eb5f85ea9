/** Quotes words of a command line that users can paste. */

/**
 * Quotes a word for POSIX shells and fish: in single quotes, if necessary. Quotes and backslashes are outside, because
 * within single quotes only fish reads `\'` and `\\` as escapes.
 */
export function quoteShellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/['\\]/g, "'\\$&'")}'`;
}

/** Quotes a word for PowerShell, always in single quotes (about_Quoting_Rules). */
export function quotePowerShellWord(word: string): string {
  return `'${word.replace(/['\u2018-\u201b]/g, '$&$&')}'`;
}

/** Quotes a word for Windows programs, if necessary. */
export function quoteWindowsWord(word: string): string {
  return /^[\w:\\./+=,-]+$/.test(word) ? word : quoteArgument(word);
}

/** Always quotes a word, as CommandLineToArgvW expects: backslashes are doubled before a quote, and only there. */
export function quoteArgument(word: string): string {
  return `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}
