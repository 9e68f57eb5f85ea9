/** Which client asks: Codex is told of failures inside the stream, everyone else by the HTTP status. */
import type { IncomingMessage } from 'node:http';
import type { Caller } from '../bridge/bridge';
import type { ClientKind } from '../errors/error-body';

/**
 * Headers by which Codex is known. `originator` and `user-agent` are `codex_exec`, `codex-tui`, `codex_cli_rs`, … in
 * 0.80 to 0.169; `x-codex-…` headers remain where a program that embeds Codex puts its own name there.
 */
const CODEX_NAME = /^codex/i;
const CODEX_HEADER = /^x-codex-/;

/** @param headers inbound headers, names in lower case */
export function findClientKind(headers: Readonly<Record<string, string>>): ClientKind {
  if (CODEX_NAME.test(headers['originator'] ?? '') || CODEX_NAME.test(headers['user-agent'] ?? '')) return 'codex';
  return Object.keys(headers).some((name) => CODEX_HEADER.test(name)) ? 'codex' : 'generic';
}

/** What the bridge needs to know of `request`; `abort` is the signal of its turn. */
export function readCaller(request: IncomingMessage, abort: AbortSignal): Caller {
  const headers = readHeaders(request);
  const authorization = headers['authorization'];
  const userAgent = headers['user-agent'];
  return {
    client: findClientKind(headers),
    ...(authorization === undefined ? {} : { authorization }),
    ...(userAgent === undefined ? {} : { userAgent }),
    headers,
    abort,
  };
}

/** The headers of `request`, repeated ones joined. */
export function readHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return headers;
}
