/** Streams frames to a client no faster than it reads them. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** Headers of every stream; `x-accel-buffering` keeps a reverse proxy from collecting it. */
export const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
} as const;

/**
 * Writes each frame with one `write` and ends the response. The next frame is asked for only when the client has taken
 * enough of the earlier ones; when the client goes away, no further frame is asked for.
 * @param headers beside those of every stream
 * @throws what `frames` throws, and an Error when there was no frame at all; nothing has been sent then
 */
export async function writeSse(
  response: ServerResponse, frames: AsyncIterable<string>, pace: Pace, headers: OutgoingHttpHeaders = {},
): Promise<void> {
  const pulse = startPulse(response, pace);
  try {
    for await (const frame of frames) {
      if (response.destroyed) return;
      if (!response.headersSent) response.writeHead(200, { ...SSE_HEADERS, ...headers });
      pulse?.refresh();
      if (!response.write(frame)) await waitForDrain(response, pace.stallMs);
      if (response.destroyed) return;
    }
  } finally {
    clearInterval(pulse);
  }
  if (!response.headersSent && !response.destroyed) throw new Error('The stream ended before its first frame.');
  response.end();
}

/** What happens while nothing is sent, and while nothing is taken. */
export interface Pace {
  /** Milliseconds without a frame after which a pulse is written; 0 writes none. */
  readonly keepAliveMs: number;
  readonly pulse: () => string;
  /** Milliseconds after which a client that does not read is dropped. */
  readonly stallMs: number;
}

function startPulse(response: ServerResponse, { keepAliveMs, pulse }: Pace): NodeJS.Timeout | undefined {
  if (keepAliveMs === 0) return undefined;
  const timer = setInterval(() => {
    if (response.destroyed || response.writableEnded) clearInterval(timer);
    else if (response.headersSent && !response.writableNeedDrain) response.write(pulse());
  }, keepAliveMs);
  return timer.unref();
}

function waitForDrain(response: ServerResponse, stallMs: number): Promise<void> {
  if (response.destroyed || !response.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const stalled = setTimeout(() => response.destroy(), stallMs);
    const settle = (): void => {
      clearTimeout(stalled);
      response.off('drain', settle).off('close', settle);
      resolve();
    };
    response.on('drain', settle).on('close', settle);
  });
}
