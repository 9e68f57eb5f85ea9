/** Parses the environment file named by `--config-file`. */

export interface EnvFileError {
  /** Counted from 1. */
  readonly line: number;
  readonly problem: string;
}

export type ParsedEnvFile =
  | { readonly ok: true; readonly values: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly errors: readonly EnvFileError[] };

/**
 * Parses lines of `NAME=VALUE`. Ignores empty lines, lines that start with `#` or `;`, and `export ` before a name; if
 * a name occurs more than once, the last value applies. Spaces around an unquoted value are dropped, 'single quotes'
 * preserve them, and "double quotes" also support \n, \", \\, \$ and \`.
 *
 * systemd reads such files the same way (systemd.exec(5), EnvironmentFile=), except that newer versions drop
 * backslashes from unquoted values and do not support \n. Here a value never spans lines, so a missing quote is
 * reported on its own line.
 *
 * @returns the values, or every error; messages never quote a line, because it may contain a key
 */
export function parseEnvFile(text: string): ParsedEnvFile {
  // PowerShell 5 and Notepad write UTF-16 for "Unicode".
  if (text.includes('\0')) return { ok: false, errors: [{ line: 1, problem: UTF_16 }] };
  const values: [string, string][] = [];
  const errors: EnvFileError[] = [];
  for (const [index, line] of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/).entries()) {
    const read = readLine(line.trim());
    if (read === undefined) continue;
    if ('problem' in read) errors.push({ line: index + 1, problem: read.problem });
    else values.push([read.name, read.value]);
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, values: Object.fromEntries(values) };
}

const UTF_16 = 'save the file as UTF-8: it contains NUL characters';

type ReadLine = { readonly name: string; readonly value: string } | { readonly problem: string } | undefined;

function readLine(line: string): ReadLine {
  if (line === '' || line.startsWith('#') || line.startsWith(';')) return undefined;
  const sign = line.indexOf('=');
  if (sign === -1) return { problem: 'expected NAME=VALUE: there is no equals sign' };
  const name = line.slice(0, sign).replace(/^export\s+/, '').trimEnd();
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    return { problem: 'expected a name of letters, digits and _ before the equals sign, with no digit first' };
  }
  const read = readValue(line.slice(sign + 1).trimStart());
  return typeof read === 'string' ? { name, value: read } : read;
}

function readValue(text: string): string | { readonly problem: string } {
  const quote = text[0];
  if (quote !== "'" && quote !== '"') return text;
  const quoted = quote === "'" ? /^'([^']*)'/.exec(text) : /^"((?:[^"\\]|\\.)*)"/.exec(text);
  if (quoted === null) return { problem: `the value starts with ${quote} but does not end with it` };
  const [whole, inner = ''] = quoted;
  if (whole !== text) return { problem: `there is text after the closing ${quote}` };
  return quote === "'"
    ? inner
    : inner.replace(/\\([n"\\$`])/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}
