/** Identifies the client of a request: its headers, the kind of client, and the name of the program. */
import type { IncomingMessage } from 'node:http';
import { asText, parseJsonObject } from '../base/json';
import type { ClientKind } from '../errors/error-body';
import type { Asked } from '../observe/turn-record';

/** The client of a request. */
export interface Client {
  /** Names in lower case, repeated headers joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly kind: ClientKind;
  /** Short enough for a log line: `codex_exec`, `codex-tui`, `openai-python`; `unknown` if no header names it. */
  readonly program: string;
  /** The client's turn id, shared by all its requests for one prompt. */
  readonly turn: string | undefined;
  /** Whether Codex requests a title for a new thread. */
  readonly isTitle: boolean;
  /** Codex's own names for the request, for the turn's log line. */
  readonly names: Pick<Asked, 'request' | 'thread'>;
}

/** Reads the headers of `request`, once. */
export function readClient(request: IncomingMessage): Client {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return { headers, kind: findClientKind(headers), program: readProgram(headers), ...readCodexMetadata(headers) };
}

function readCodexMetadata(headers: Readonly<Record<string, string>>): Pick<Client, 'turn' | 'isTitle' | 'names'> {
  const metadata = parseJsonObject(headers['x-codex-turn-metadata'] ?? '') ?? {};
  // The TUI requests a title for each new thread in parallel with its first turn (fixture 38).
  const isTitle = metadata['thread_source'] === 'thread_title';
  // Versions before 0.125 send only a conversation id.
  const conversation = headers['conversation_id'] ?? headers['session-id'];
  return {
    turn: asText(metadata['turn_id']) ?? asText(conversation),
    isTitle,
    names: {
      request: isTitle ? 'title' : plainWord(metadata['request_kind']),
      thread: plainWord(metadata['thread_id'] ?? headers['thread-id'] ?? conversation),
    },
  };
}

/** Ids and single words: no user text reaches the log. */
const plainWord = (value: unknown): string | undefined => /^[\w-]{1,64}$/.exec(asText(value) ?? '')?.[0];

/**
 * Headers that identify Codex. `originator` and `user-agent` are `codex_exec`, `codex-tui`, `codex_cli_rs`, … in 0.80
 * to 0.169. A program that embeds Codex may set its own name there, but the `x-codex-…` headers remain.
 */
const CODEX_NAME = /^codex/i;
const CODEX_HEADER = /^x-codex-/;

/**
 * Finds the kind of client: Codex gets failures inside the stream, every other client as an HTTP status.
 * @param headers names in lower case
 */
export function findClientKind(headers: Readonly<Record<string, string>>): ClientKind {
  if (CODEX_NAME.test(headers['originator'] ?? '') || CODEX_NAME.test(headers['user-agent'] ?? '')) return 'codex';
  return Object.keys(headers).some((name) => CODEX_HEADER.test(name)) ? 'codex' : 'generic';
}

/** Words that begin with a letter, up to the first version or comment: `OpenAI/Python` in `OpenAI/Python 2.8.0`. */
const PROGRAM = /^[a-z][\w.-]*(?:[/ ]+[a-z][\w.-]*)*/i;
const LONGEST_PROGRAM = 40;

/**
 * @param headers names in lower case
 * @returns Codex's `originator`, or the product in `user-agent` without its version
 */
export function readProgram(headers: Readonly<Record<string, string>>): string {
  const named = [headers['originator'], headers['user-agent']].map((text) => PROGRAM.exec(text?.trim() ?? '')?.[0]);
  const program = named.find((name) => name !== undefined) ?? 'unknown';
  return program.replace(/[/ ]+/g, '-').toLowerCase().slice(0, LONGEST_PROGRAM);
}
