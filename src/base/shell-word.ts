/** Words of a command line as a person can paste them. */

/** A word for POSIX shells and fish: as it is where that is safe, else in single quotes. */
export function quoteShellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A word for PowerShell, always in single quotes (about_Quoting_Rules). */
export function quotePowerShellWord(word: string): string {
  return `'${word.replace(/['\u2018-\u201b]/g, '$&$&')}'`;
}

/** A word for programs on Windows: as it is where that is safe, else in quotes. */
export function quoteWindowsWord(word: string): string {
  return /^[\w:\\./+=,-]+$/.test(word) ? word : quoteArgument(word);
}

/** The same in quotes always, as CommandLineToArgvW reads it: backslashes count twice before a quote, and only there. */
export function quoteArgument(word: string): string {
  return `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}
