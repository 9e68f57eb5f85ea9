/** Words for cmd.exe, which reads them once itself and hands the line to a program that reads them again. */

/**
 * The arguments of `cmd.exe` that run a batch file with `words`, for `windowsVerbatimArguments`.
 *
 * Quotes are for the program: backslashes before them are doubled (the rules of CommandLineToArgvW). Carets are for
 * cmd.exe, twice, because a batch file that passes `%*` on is read a second time.
 */
export function renderCmdArguments(file: string, words: readonly string[]): readonly string[] {
  const line = [escape(file), ...words.map((word) => escape(escape(quote(word))))].join(' ');
  return ['/d', '/s', '/c', `"${line}"`];
}

const quote = (word: string): string => `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\*)$/, '$1$1')}"`;

const escape = (text: string): string => text.replace(/[()\][%!^"`<>&|;, *?]/g, '^$&');
