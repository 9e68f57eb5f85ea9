/** Quotes words of a command line for people to paste. */

/** A word for POSIX shells and fish: unquoted when that is safe, otherwise in single quotes. */
export function quoteShellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A word for PowerShell, always in single quotes (about_Quoting_Rules). */
export function quotePowerShellWord(word: string): string {
  return `'${word.replace(/['\u2018-\u201b]/g, '$&$&')}'`;
}

/** A word for programs on Windows: unquoted when that is safe, otherwise in quotes. */
export function quoteWindowsWord(word: string): string {
  return /^[\w:\\./+=,-]+$/.test(word) ? word : quoteArgument(word);
}

/** Always in quotes, as CommandLineToArgvW reads it: backslashes are doubled before a quote, and only there. */
export function quoteArgument(word: string): string {
  return `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}
