/** What Codex says of a request in its own header. */
import { parseJsonObject, type JsonObject } from '../base/json';
import { asText } from '../base/narrow';

/**
 * The TUI asks for a title of each new thread beside its first turn (fixture 38): `thread_source` is `thread_title`
 * in `x-codex-turn-metadata`.
 * @param headers inbound headers, names in lower case
 */
export function isThreadTitle(headers: Headers): boolean {
  return metadata(headers)?.['thread_source'] === 'thread_title';
}

/**
 * What Codex calls this turn: all requests that it makes on its own for one prompt share it. Versions before 0.125 name
 * only the conversation.
 */
export function turnName(headers: Headers): string | undefined {
  return asText(metadata(headers)?.['turn_id']) ?? asText(headers['conversation_id']) ?? asText(headers['session-id']);
}

type Headers = Readonly<Record<string, string>>;

const metadata = (headers: Headers): JsonObject | undefined => parseJsonObject(headers['x-codex-turn-metadata'] ?? '');
