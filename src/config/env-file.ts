/** Reads a file of environment variables: the text that `--env-file` names, as names and values. */

export interface EnvFileMistake {
  /** From 1. */
  readonly line: number;
  readonly problem: string;
}

export type ParsedEnvFile =
  | { readonly ok: true; readonly values: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly mistakes: readonly EnvFileMistake[] };

/**
 * Takes lines of `NAME=VALUE`; empty ones and those that begin with `#` or `;` are passed over, `export ` in front of a
 * name too, and of the same name given twice the last value counts. A bare value is taken as it stands, without the
 * spaces around it; 'single quotes' keep theirs; "double quotes" know \n, \", \\, \$ and \` besides.
 *
 * systemd reads such a file in the same way (systemd.exec(5), EnvironmentFile=), except for backslashes: its newer
 * versions drop them from bare values and have no \n. Nor does a value go on in the next line here, so that a forgotten
 * quote is found where it stands.
 *
 * @returns the values, or every mistake; a problem never repeats what the line holds, which may be a key
 */
export function parseEnvFile(text: string): ParsedEnvFile {
  // PowerShell 5 and the Editor of Windows write UTF-16 when told "Unicode".
  if (text.includes('\0')) return { ok: false, mistakes: [{ line: 1, problem: UTF_16 }] };
  const values: [string, string][] = [];
  const mistakes: EnvFileMistake[] = [];
  for (const [index, line] of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/).entries()) {
    const read = readLine(line.trim());
    if (read === undefined) continue;
    if ('problem' in read) mistakes.push({ line: index + 1, problem: read.problem });
    else values.push([read.name, read.value]);
  }
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, values: Object.fromEntries(values) };
}

const UTF_16 = 'save the file as UTF-8, it has NUL characters';

type ReadLine = { readonly name: string; readonly value: string } | { readonly problem: string } | undefined;

function readLine(line: string): ReadLine {
  if (line === '' || line.startsWith('#') || line.startsWith(';')) return undefined;
  const sign = line.indexOf('=');
  if (sign === -1) return { problem: 'expected NAME=VALUE, there is no equals sign' };
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
  if (quoted === null) return { problem: `the value begins with ${quote} and does not end with it` };
  const [whole, inner = ''] = quoted;
  if (whole !== text) return { problem: `something stands behind the closing ${quote}` };
  return quote === "'"
    ? inner
    : inner.replace(/\\([n"\\$`])/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}
