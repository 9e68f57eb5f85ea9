/** What Codex says of a request in its own header. */
import { parseJsonObject, type JsonObject } from '../base/json';
import { asText } from '../base/narrow';

/**
 * The TUI asks for a title of each new thread beside its first turn (fixture 38): `thread_source` is `thread_title`
 * in `x-codex-turn-metadata`.
 * @param headers inbound headers, names in lower case
 */
export function isThreadTitle(headers: Headers): boolean {
  return metadata(headers)?.['thread_source'] === THREAD_TITLE;
}

/**
 * What Codex calls this turn: all requests that it makes on its own for one prompt share it. Versions before 0.125 name
 * only the conversation.
 */
export function turnName(headers: Headers): string | undefined {
  return asText(metadata(headers)?.['turn_id']) ?? asText(headers['conversation_id']) ?? asText(headers['session-id']);
}

/** What Codex calls a request and its conversation. */
export interface RequestNames {
  /** `turn`, `compaction`, `prewarm`, in Codex's words; `title` for the title of a thread. */
  readonly request?: string | undefined;
  readonly thread?: string | undefined;
}

/** The names as far as Codex gives them; ids and single words, nothing that somebody wrote. */
export function readRequestNames(headers: Headers): RequestNames {
  const said = metadata(headers);
  const isTitle = said?.['thread_source'] === THREAD_TITLE;
  return {
    request: isTitle ? 'title' : plainWord(said?.['request_kind']),
    thread: plainWord(
      said?.['thread_id'] ?? headers['thread-id'] ?? headers['conversation_id'] ?? headers['session-id'],
    ),
  };
}

const plainWord = (value: unknown): string | undefined => /^[\w-]{1,64}$/.exec(asText(value) ?? '')?.[0];

const THREAD_TITLE = 'thread_title';

type Headers = Readonly<Record<string, string>>;

const metadata = (headers: Headers): JsonObject | undefined => parseJsonObject(headers['x-codex-turn-metadata'] ?? '');
