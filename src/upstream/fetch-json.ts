/** Fetches a JSON document with limits on time and size. For optional data, not for turns. */
import { renderDuration } from '../base/quantities';
import { parseJson } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import { classifyNetworkError } from '../errors/network-error';
import type { Connection } from './connect';
import { closeEngine, openEngine } from './engine';

export interface JsonDownload {
  readonly url: string;
  /** The provider with its host, for errors. */
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Time limit for the whole response. */
  readonly timeoutMs: number;
  /** Longer responses are rejected. */
  readonly maxBytes: number;
  /** How to connect; absent for Node's default. */
  readonly connection?: Connection | undefined;
}

/** @throws BridgeError if there is no response in time, its status is not 200, or its body is too long or not JSON */
export async function fetchJson(
  { url, name, headers, timeoutMs, maxBytes, connection }: JsonDownload,
): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs);
  let text;
  let dispatcher;
  try {
    dispatcher = openEngine(url, timeoutMs, connection);
    const init: RequestInit = { headers: { ...headers }, redirect: 'manual', signal };
    const response = await fetch(url, Object.assign(init, dispatcher && { dispatcher }));
    text = await Promise.race([read(response, name, maxBytes), rejectOnAbort(signal)]);
  } catch (cause) {
    if (cause instanceof BridgeError) throw cause;
    throw signal.aborted
      ? new BridgeError('timeout', `${name} did not answer within ${renderDuration(timeoutMs)}.`)
      : classifyNetworkError(cause, name);
  } finally {
    closeEngine(dispatcher);
  }
  const value = parseJson(text);
  if (value === undefined) throw new BridgeError('bad_answer', `${name} did not answer with JSON.`);
  return value;
}

/** Rejects on abort, because an abort does not end every read of a body (answer-body.ts). */
function rejectOnAbort(signal: AbortSignal): Promise<never> {
  const end = new Promise<never>((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );
  end.catch(() => undefined);
  return end;
}

async function read(response: Response, name: string, maxBytes: number): Promise<string> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new BridgeError('upstream_rejected', `${name} answered ${response.status}.`, {
      upstreamStatus: response.status,
    });
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) throw new BridgeError('bad_answer', `${name} answered with more than ${maxBytes} bytes.`);
  }
  return Buffer.concat(chunks).toString('utf8');
}
