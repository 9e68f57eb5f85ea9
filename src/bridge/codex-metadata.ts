/** What Codex says of a request in its own header. */
import { parseJsonObject } from '../base/json';

/**
 * The TUI asks for a title of each new thread beside its first turn (fixture 38): `thread_source` is `thread_title`
 * in `x-codex-turn-metadata`.
 * @param headers inbound headers, names in lower case
 */
export function isThreadTitle(headers: Readonly<Record<string, string>>): boolean {
  return parseJsonObject(headers['x-codex-turn-metadata'] ?? '')?.['thread_source'] === 'thread_title';
}
