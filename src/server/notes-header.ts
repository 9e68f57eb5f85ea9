/** What was changed or dropped of a request, as a response header: for people who wonder why an option has no effect. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { ClientKind } from '../errors/error-body';

/** Node's own limit for all headers together is 16 kB on the client's side. */
const LONGEST = 2_000;

/**
 * @param notes one sentence each
 * @returns `x-bridge-notes` in printable ASCII; nothing without notes, and nothing for Codex, which shows no headers
 */
export function notesHeader(notes: readonly string[], client: ClientKind): OutgoingHttpHeaders {
  if (client === 'codex' || notes.length === 0) return {};
  const text = notes.join('; ').replace(/[^\x20-\x7e]/g, '?');
  return { 'x-bridge-notes': text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text };
}
