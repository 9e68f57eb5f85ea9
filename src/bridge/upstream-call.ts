/** How a translated request goes upstream: address, headers, key. Everything that is not a success becomes a BridgeError. */
import type { ProviderSettings } from './settings';
import { BridgeError } from '../errors/bridge-error';
import type { FailureSource } from '../errors/error-rule';
import { ERRORS, type ErrorKind } from '../errors/error-table';
import { classifyHttpFailure } from '../errors/classify';
import { readRetryAfter } from '../errors/retry-after';
import { REQUEST_ID_HEADERS } from '../providers/catalog';
import type { UpstreamAnswer } from '../upstream/transport';
import type { ChatRequest } from '../wire/chat';
import type { Caller } from './bridge';
import type { TurnContext } from './turn-context';
import type { Endpoint } from './endpoint';

/** Error bodies longer than this are cut: they go into a message. */
const LONGEST_ERROR_BODY = 64 * 1024;

/** @throws BridgeError for a refusal, a redirect, or no answer at all. */
export async function callUpstream(
  endpoint: Endpoint,
  chat: ChatRequest,
  caller: Caller,
  { runtime, refusals }: TurnContext,
): Promise<UpstreamAnswer> {
  const { url, source } = endpoint;
  const { headers, body, key } = renderCall(endpoint, chat, caller);
  const known = refusals.find(body, key);
  if (known) {
    caller.record?.remember();
    throw known;
  }
  caller.record?.call();
  const answer = await runtime.transport({ url, headers, body, abort: caller.abort });
  if (answer.status >= 200 && answer.status < 300) return answer;
  const error = await refusal(answer, source, runtime.clock());
  if (isPermanent(error)) refusals.remember(body, key, error);
  throw error;
}

/** The last word on a request that was asked often enough: a client that repeats it by itself spends no more calls. */
export function rememberLastWord(
  error: BridgeError, endpoint: Endpoint, chat: ChatRequest, caller: Caller, { refusals }: TurnContext,
): void {
  if (CHEAP.has(error.kind)) return;
  const { body, key } = renderCall(endpoint, chat, caller);
  refusals.remember(body, key, error);
}

/** Nothing of a plan was spent: there was no connection, or no call at all, and it may be cured a moment later. */
const CHEAP: ReadonlySet<ErrorKind> = new Set(['network', 'internal', 'shutting_down']);

function renderCall(endpoint: Endpoint, chat: ChatRequest, caller: Caller) {
  const headers = upstreamHeaders(caller, endpoint.access);
  return {
    headers,
    body: Buffer.from(JSON.stringify(endpoint.render(chat)), 'utf8'),
    key: headers['authorization'] ?? '',
  };
}

/** Asking again with the same words brings the same answer. */
const isPermanent = (error: BridgeError): boolean => ERRORS[error.kind].codexCode === 'invalid_prompt';

async function refusal(answer: UpstreamAnswer, source: FailureSource, now: number): Promise<BridgeError> {
  // A body that breaks off takes nothing from what the status says.
  const body = await answer.text(LONGEST_ERROR_BODY).catch(() => '');
  const location = answer.header('location');
  if (answer.status < 400) {
    return new BridgeError(
      'upstream_rejected',
      `${source.host} answered ${answer.status} and points to ${location ?? 'nowhere'}: check AI_API_BASE, redirects are not followed.`,
    );
  }
  const retryAfterMs = readRetryAfter(answer.header('retry-after'), answer.header('retry-after-ms'), now);
  const requestId = findRequestId(answer);
  return classifyHttpFailure({
    ...source,
    status: answer.status,
    body,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(requestId !== undefined && { requestId }),
  });
}

/** What the provider's support asks for, where a header tells it. */
export function findRequestId(answer: UpstreamAnswer): string | undefined {
  for (const name of REQUEST_ID_HEADERS) {
    const id = answer.header(name);
    if (id !== undefined) return id;
  }
  return undefined;
}

/** The key of the environment by default; the inbound token only when FORCE_ENV_AUTH is off. */
export function upstreamHeaders(
  caller: Pick<Caller, 'authorization' | 'userAgent'>,
  settings: ProviderSettings,
): Readonly<Record<string, string>> {
  const key = settings.aiApiKey === undefined ? undefined : `Bearer ${settings.aiApiKey}`;
  const authorization = settings.forceEnvAuth ? key : (caller.authorization ?? key);
  const userAgent = settings.userAgent ?? caller.userAgent;
  return {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    // Compressed streams cost a zlib thread hop per event (performance.md, section 4).
    'accept-encoding': 'identity',
    ...(authorization !== undefined && { authorization }),
    ...(userAgent !== undefined && { 'user-agent': userAgent }),
  };
}
