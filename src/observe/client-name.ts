/** The name of the program that asks, short enough for a log line: `codex_exec`, `codex-tui`, `openai-python`. */

/** Words that begin with a letter, up to the first version or comment: `OpenAI/Python` of `OpenAI/Python 2.8.0`. */
const NAME = /^[a-z][\w.-]*(?:[/ ]+[a-z][\w.-]*)*/i;
const LONGEST = 40;

/**
 * @param headers inbound headers, names in lower case
 * @returns the `originator` of Codex, or else the product of `user-agent`, without its version; `unknown` where neither
 *   names one
 */
export function readClientName(headers: Readonly<Record<string, string>>): string {
  return nameOf(headers['originator']) ?? nameOf(headers['user-agent']) ?? 'unknown';
}

function nameOf(text: string | undefined): string | undefined {
  const name = NAME.exec(text?.trim() ?? '')?.[0];
  return name?.replace(/[/ ]+/g, '-').toLowerCase().slice(0, LONGEST);
}
