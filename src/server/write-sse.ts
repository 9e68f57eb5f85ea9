/** Streams frames to a client no faster than it reads them. */
import type { ServerResponse } from 'node:http';

/** Headers of every stream; `x-accel-buffering` keeps a reverse proxy from collecting it. */
export const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
} as const;

/**
 * Writes each frame with one `write` and ends the response. The next frame is asked for only when the client has taken
 * enough of the earlier ones; when the client goes away, no further frame is asked for.
 * @throws what `frames` throws, and an Error when there was no frame at all; nothing has been sent then
 */
export async function writeSse(response: ServerResponse, frames: AsyncIterable<string>): Promise<void> {
  for await (const frame of frames) {
    if (response.destroyed) return;
    if (!response.headersSent) response.writeHead(200, SSE_HEADERS);
    if (!response.write(frame)) await waitForDrain(response);
    if (response.destroyed) return;
  }
  if (!response.headersSent && !response.destroyed) throw new Error('The stream ended before its first frame.');
  response.end();
}

function waitForDrain(response: ServerResponse): Promise<void> {
  if (response.destroyed || !response.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off('drain', settle).off('close', settle);
      resolve();
    };
    response.on('drain', settle).on('close', settle);
  });
}
