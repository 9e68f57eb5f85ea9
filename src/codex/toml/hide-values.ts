/** Hides in messages about config.toml what may be a secret: keys may stand in it, under any name. */
import { renderKey } from './value';

/** Lines with one of these settings, whose values are no secrets, are shown. */
const PLAIN_SETTING =
  /^\s*(?:name|profile|wire_api|web_search|approval_policy|sandbox_mode|(?:review_)?model(?:_[a-z_]+)?)\s*=/;

/** The beginning of any other line that is shown: a key, or a table header. */
const LINE_HEAD = /^\s*(?:[\w.-]+\s*=|\[[\w.\s[\]-]*$)/;

const looksLikeKey = (text: string): boolean => /\bsk-/i.test(text);

/** Whether a line of config.toml may be shown with its value. */
export const isPlainLine = (line: string): boolean => PLAIN_SETTING.test(line) && !looksLikeKey(line);

/** Replaces each character of a line that may belong to a secret by an asterisk, so that the columns stay. */
export function hideValues(line: string): string {
  if (isPlainLine(line)) return line;
  const head = LINE_HEAD.exec(line)?.[0] ?? '';
  const shown = looksLikeKey(head) ? '' : head;
  return shown + line.slice(shown.length).replace(/[^\s"'{}[\],=]/g, '*');
}

/** Renders a dotted key for a message; a part that looks like an API key becomes an ellipsis. */
export const showKey = (path: readonly string[]): string =>
  renderKey(path.map((part) => (looksLikeKey(part) ? '…' : part)));
