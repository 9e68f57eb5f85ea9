/** Collects the bytes of a request body, up to a limit. */
import type { IncomingMessage } from 'node:http';
import { BridgeError } from '../errors/bridge-error';

const BYTES_PER_MB = 1024 * 1024;

/** The error of a body of more than `limit` bytes. */
export function tooLarge(limit: number): BridgeError {
  const megabytes = Math.round((limit / BYTES_PER_MB) * 100) / 100;
  return new BridgeError(
    'too_large',
    `The request body is larger than ${megabytes} MB, the most this bridge reads; --body-limit-mb raises it.`,
  );
}

/** True when `request` announces a body that has not been read to its end. */
export function hasUnreadBody(request: IncomingMessage): boolean {
  if (request.complete) return false;
  return request.headers['transfer-encoding'] !== undefined || declaredLength(request) > 0;
}

/**
 * Reads the whole body. A body over the limit is left unread: at once when its length is announced, else where it
 * crosses the limit.
 * @throws BridgeError for a body over `limit` bytes, or when the connection is lost before the end
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (declaredLength(request) > limit) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = (): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= limit) return;
      stop();
      request.pause();
      reject(tooLarge(limit));
    };
    const onEnd = (): void => {
      stop();
      const [first] = chunks;
      resolve(first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks, size));
    };
    const onClose = (): void => {
      stop();
      reject(new BridgeError('invalid_request', 'The connection was lost before the request body was complete.'));
    };
    if (request.destroyed) onClose();
    else request.on('data', onData).on('end', onEnd).on('close', onClose);
  });
}

function declaredLength(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}
