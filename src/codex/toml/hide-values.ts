/** Hides possible secrets in messages about config.toml, which may contain API keys under any name. */
import { renderKey } from './value';

/** Matches lines that are shown, because the values of these settings are not secret. */
const PLAIN_SETTING =
  /^\s*(?:name|profile|wire_api|web_search|approval_policy|sandbox_mode|(?:review_)?model(?:_[a-z_]+)?)\s*=/;

/** The part of any other line that is shown: a key and its equals sign, or a table header. */
const LINE_HEAD = /^\s*(?:[\w.-]+\s*=|\[[\w.\s[\]-]*$)/;

const looksLikeApiKey = (text: string): boolean => /\bsk-/i.test(text);

/** Whether a line of config.toml may be shown with its value. */
export const isPlainLine = (line: string): boolean => PLAIN_SETTING.test(line) && !looksLikeApiKey(line);

/** Replaces each character of a line that may belong to a secret with an asterisk, so that columns stay the same. */
export function hideValues(line: string): string {
  if (isPlainLine(line)) return line;
  const head = LINE_HEAD.exec(line)?.[0] ?? '';
  const shown = looksLikeApiKey(head) ? '' : head;
  return shown + line.slice(shown.length).replace(/[^\s"'{}[\],=]/g, '*');
}

/** Renders a dotted key for a message; a part that looks like an API key becomes an ellipsis. */
export const showKey = (path: readonly string[]): string =>
  renderKey(path.map((part) => (looksLikeApiKey(part) ? '…' : part)));
