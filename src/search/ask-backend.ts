/** Sends one request to the configured search service and parses its JSON response. */
import { parseJson } from '../base/json';
import { renderDuration } from '../base/quantities';
import { BridgeError } from '../errors/bridge-error';
import { classifyNetworkError } from '../errors/network-error';
import type { SearchRequest } from '../providers/search-backends';

const MAX_MS = 30_000;
const MAX_BYTES = 4 * 1024 * 1024;

interface BackendCall {
  readonly request: SearchRequest;
  /** Replaces the request's own body, for a service that accepts Codex's request unchanged. */
  readonly body: object | undefined;
  /** Passed to fetch as `dispatcher`; undefined if Node's default applies. */
  readonly dispatcher: object | undefined;
}

/** @throws BridgeError with a message for the model, which never contains the key */
export async function askBackend({ request, body, dispatcher }: BackendCall, abort: AbortSignal): Promise<object> {
  const { host } = new URL(request.url);
  const limit = AbortSignal.timeout(MAX_MS);
  const payload = body ?? request.body;
  let response;
  let text;
  try {
    const init: RequestInit = {
      method: payload === undefined ? 'GET' : 'POST',
      headers: { ...request.headers, ...(payload !== undefined && { 'content-type': 'application/json' }) },
      ...(payload !== undefined && { body: Buffer.from(JSON.stringify(payload), 'utf8') }),
      redirect: 'manual',
      signal: AbortSignal.any([abort, limit]),
    };
    response = await fetch(request.url, Object.assign(init, dispatcher && { dispatcher }));
    text = await readText(response, host);
  } catch (cause) {
    if (cause instanceof BridgeError) throw cause;
    if (limit.aborted) throw new BridgeError('timeout', `${host} did not answer within ${renderDuration(MAX_MS)}.`);
    throw classifyNetworkError(cause, host);
  }
  if (!response.ok)
    throw new BridgeError(
      'upstream_rejected',
      `${host} answered with status ${response.status}. ${advise(response.status)}`,
    );
  const value = parseJson(text);
  if (typeof value === 'object' && value !== null) return value;
  throw new BridgeError('bad_answer', `${host} answered with something other than JSON.`);
}

function advise(status: number): string {
  if (status === 401 || status === 403)
    return 'Check --search-key; for SearXNG, enable the json format in its settings.';
  if (status === 429) return 'Its rate limit or quota is exceeded; try again later.';
  return 'Check --search and --search-url.';
}

async function readText(response: Response, host: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES)
      throw new BridgeError('bad_answer', `${host} answered with more than ${MAX_BYTES / 1024 / 1024} MB.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
