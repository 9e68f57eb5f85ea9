/** Words for cmd.exe, which reads them once itself and hands the line to a program that reads them again. */
import { quoteArgument } from '../base/shell-word';

/**
 * The arguments of `cmd.exe` that run a batch file with `words`, for `windowsVerbatimArguments`.
 *
 * Quotes are for the program. Carets are for cmd.exe, twice, because a batch file that passes `%*` on is read a second
 * time.
 */
export function renderCmdArguments(file: string, words: readonly string[]): readonly string[] {
  const line = [escape(file), ...words.map((word) => escape(escape(quoteArgument(word))))].join(' ');
  return ['/d', '/s', '/c', `"${line}"`];
}

const escape = (text: string): string => text.replace(/[()\][%!^"`<>&|;, *?]/g, '^$&');
