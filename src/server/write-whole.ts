/** Sends an answer that is known as a whole, also when the request's body was not read. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { hasUnreadBody } from './read-body';

/** How long a client may go on sending a body that was refused, before its connection is closed. */
const LINGER_MS = 1_000;

/** Sends `text` and ends the response; does nothing when the client is gone. */
export function writeWhole(
  response: ServerResponse<IncomingMessage>,
  status: number,
  headers: OutgoingHttpHeaders,
  text: string,
): void {
  if (response.destroyed || response.writableEnded) return;
  const lingers = hasUnreadBody(response.req);
  const length = Buffer.byteLength(text);
  response.writeHead(status, { ...headers, 'content-length': length, ...(lingers ? { connection: 'close' } : {}) });
  if (!lingers) {
    response.end(text);
    return;
  }
  response.write(text);
  endAfterBody(response);
}

/**
 * Throws the rest of the body away before the connection is closed. Closing a socket with unread bytes resets the
 * connection, and a client that is still sending then loses the answer (RFC 9112, 9.6).
 */
function endAfterBody(response: ServerResponse<IncomingMessage>): void {
  const { req: request } = response;
  const end = (): void => {
    clearTimeout(timer);
    request.off('end', end).off('close', end);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.on('end', end).on('close', end).resume();
}
