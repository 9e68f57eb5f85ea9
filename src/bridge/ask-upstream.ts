/** Calls the provider until an answer begins: repairs rejected requests and retries temporary failures. */
import { BridgeError, toBridgeError } from '../errors/bridge-error';
import { classifyHttpFailure, hideKey } from '../errors/classify';
import type { FailureSource } from '../errors/error-rule';
import { ERRORS, type ErrorKind } from '../errors/error-table';
import { readRetryAfter } from '../errors/retry-after';
import { REQUEST_ID_HEADERS } from '../providers/catalog';
import type { AnswerStream } from '../stream/answer-stream';
import { allowedCalls, retryWait, type RetryLimits } from '../upstream/call-limits';
import { MOST_CALLS, RepairSession } from '../upstream/learned-repairs';
import type { RequestBytes } from '../upstream/request-bytes';
import type { UpstreamAnswer } from '../upstream/transport';
import type { ChatRequest } from '../wire/chat';
import type { Caller } from './bridge';
import type { Endpoint } from './endpoint';
import type { Prepared } from './prepare';
import { readOutputs, type Answer } from './stream-turn';
import type { TurnContext } from './turn-context';

/** The request to send. May contain megabytes of messages, so callers release it once the answer has begun. */
export interface Question<Output> {
  readonly prepared: Prepared;
  readonly caller: Caller;
  readonly context: TurnContext;
  /** Key for counting calls: the client's turn id, or an id of this request alone. */
  readonly turn: string;
  /** Creates a new answer stream for each attempt. */
  readonly createStream: () => AnswerStream<Output>;
  /** Buffers the whole answer: nothing is shown before it is complete, so a truncated answer can be retried. */
  readonly whole: boolean;
}

/** @throws BridgeError if retrying will not help; its message states the number of attempts */
export async function askUpstream<Output>(question: Question<Output>): Promise<Answer<Output>> {
  const { prepared: { endpoint, chat }, context } = question;
  const asking: Asking = { repairs: new RepairSession(context.learned, endpoint.source.host, chat), calls: 0 };
  for (;;) {
    try {
      const answer = await attempt(question, asking);
      asking.repairs.succeed();
      return answer;
    } catch (cause) {
      const error = toBridgeError(cause);
      if (!repair(error, question, asking)) await waitForNext(error, question, asking);
    }
  }
}

/** The state that changes from call to call. */
interface Asking {
  readonly repairs: RepairSession;
  /** Number of calls made. */
  calls: number;
}

/** Makes one call and reads until it yields output. An earlier failure is thrown, like a rejected call. */
async function attempt<Output>(question: Question<Output>, asking: Asking): Promise<Answer<Output>> {
  const { caller, context, createStream, whole } = question;
  const upstream = await call(question, asking);
  const stream = createStream();
  const { record } = caller;
  record?.follow(stream, findRequestId(upstream, question.prepared.endpoint.source));
  const outputs: Output[] = [];
  for (let first = true; !stream.finished && (outputs.length === 0 || whole); first = false) {
    outputs.push(...(await readOutputs(upstream, stream, first, context.tap)));
    if (stream.begun || (outputs.length > 0 && stream.error === undefined)) record?.begin();
  }
  if (stream.finished) upstream.cancel(stream.error === undefined);
  if (stream.error) throw stream.error;
  return { upstream, stream, outputs };
}

/** Repairs the request if the error says how. @returns whether another call is worthwhile */
function repair(error: BridgeError, { prepared, caller, context }: Question<unknown>, asking: Asking): boolean {
  if (caller.abort.aborted) return false;
  const found = asking.repairs.learn(error, asking.calls);
  if (!found) return false;
  const { name, dialect } = found;
  const hint = dialect === undefined ? '' : `; the dialect field ${dialect} would avoid this`;
  context.log.debug(`learned that ${prepared.chat.model} needs "${name}"${hint}`, { refusal: String(error) });
  caller.record?.repair(dialect === undefined ? name : `${name}, dialect ${dialect}`);
  prepared.notes.add(`sent again with "${name}", because the model rejected the original request${hint}`);
  return true;
}

/** @throws BridgeError for an error status, a redirect, or no response */
async function call(question: Question<unknown>, asking: Asking): Promise<UpstreamAnswer> {
  const { prepared, caller, context } = question;
  const { endpoint } = prepared;
  const { runtime, rejections } = context;
  const { url, headers } = endpoint;
  const body = await renderBody(question, asking);
  const key = headers['authorization'] ?? '';
  const known = rejections.find(body, key);
  if (known) {
    caller.record?.remember();
    throw known;
  }
  asking.calls += 1;
  caller.record?.call();
  const answer = await runtime.transport({ url, headers, body, abort: caller.abort });
  if (answer.status >= 200 && answer.status < 300) return answer;
  const error = await readFailure(answer, endpoint, runtime.clock());
  if (isPermanent(error)) rejections.remember(body, key, error);
  throw error;
}

/** A retry sends the same bytes: rendering again would keep several copies of megabytes in memory. */
const rendered = new WeakMap<ChatRequest, RequestBytes>();

async function renderBody(question: Question<unknown>, { repairs: { chat } }: Asking): Promise<RequestBytes> {
  const { prepared: { render }, context: { serializer } } = question;
  const body = rendered.get(chat) ?? (await serializer.serialize(render(chat)));
  rendered.set(chat, body);
  return body;
}

/** Sending the same request again would fail in the same way. */
const isPermanent = (error: BridgeError): boolean => ERRORS[error.kind].codexCode === 'invalid_prompt';

/** Error bodies longer than this are truncated: they go into a message. */
const LONGEST_ERROR_BODY = 64 * 1024;

async function readFailure(answer: UpstreamAnswer, { source }: Endpoint, now: number): Promise<BridgeError> {
  // The status remains valid if the body breaks off.
  const body = await answer.text(LONGEST_ERROR_BODY).catch(() => '');
  const { status } = answer;
  if (status < 400) {
    const target = hideKey(answer.header('location') ?? 'nowhere', source);
    return new BridgeError(
      'upstream_rejected',
      `${source.host} answered ${status} and redirects to ${target}. Redirects are not followed: check AI_API_BASE.`,
    );
  }
  const retryAfterMs = readRetryAfter(answer.header('retry-after'), answer.header('retry-after-ms'), now);
  const requestId = findRequestId(answer, source);
  return classifyHttpFailure({
    ...source,
    status,
    body,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(requestId !== undefined && { requestId }),
  });
}

/** The id that the provider's support asks for, if a header contains it. */
function findRequestId(answer: UpstreamAnswer, source: FailureSource): string | undefined {
  for (const name of REQUEST_ID_HEADERS) {
    const id = answer.header(name);
    if (id !== undefined) return hideKey(id, source);
  }
  return undefined;
}

/** Waits until the next call is due. @throws BridgeError if no call is left */
async function waitForNext(error: BridgeError, question: Question<unknown>, asking: Asking): Promise<void> {
  const { turn, caller, context } = question;
  const { budget, runtime, log } = context;
  const limits = limitsOf(context);
  if (caller.abort.aborted) throw error;
  const failed = budget.fail(turn);
  // Codex itself retries a truncated stream more often than the bridge may.
  const allowed = Math.min(allowedCalls(error.kind, limits), limits.calls);
  const isSpent = asking.calls >= Math.max(limits.calls, MOST_CALLS);
  const wait = failed < allowed && !isSpent ? retryWait(error, failed, limits, runtime.random()) : undefined;
  if (wait === undefined) {
    budget.succeed(turn);
    const last = finalError(error, failed);
    // With UPSTREAM_CALLS=1, retries are left to the client, unless the provider demands a long wait.
    if (failed > 1 || error.details.retryAfterMs !== undefined) await rememberFailure(last, question, asking);
    throw last;
  }
  log.debug('upstream failed, retrying', { kind: error.kind, error: error.message, failed, waitMs: Math.round(wait) });
  caller.record?.retry(error, wait);
  await runtime.sleep(wait, caller.abort);
  if (caller.abort.aborted) throw toBridgeError(caller.abort.reason);
}

/** Caches the failure once the attempts are used up, so that retries by the client cost no more calls. */
async function rememberFailure(error: BridgeError, question: Question<unknown>, asking: Asking): Promise<void> {
  if (CHEAP.has(error.kind)) return;
  const { prepared: { endpoint }, context } = question;
  context.rejections.remember(await renderBody(question, asking), endpoint.headers['authorization'] ?? '', error);
}

/** Kinds that cost nothing, because there was no connection or no call. A later attempt may succeed. */
const CHEAP: ReadonlySet<ErrorKind> = new Set(['network', 'internal', 'shutting_down']);

/**
 * Returns the error for the client if an answer fails after it began. The client retries on its own, unless the turn
 * has used up its calls.
 */
export function finalizeLateFailure(error: BridgeError, { turn }: Caller, context: TurnContext): BridgeError {
  if (turn === undefined) return error;
  const failed = context.budget.fail(turn);
  if (failed < allowedCalls(error.kind, limitsOf(context))) return error;
  context.budget.succeed(turn);
  return finalError(error, failed);
}

/** `final` makes Codex stop; otherwise it retries every temporary kind. */
function finalError(error: BridgeError, failed: number): BridgeError {
  const tries = failed > 1 ? ` Tried ${failed} times; not retrying.` : '';
  const last = new BridgeError(error.kind, `${error.message}${tries}`, { ...error.details, final: true });
  if (error.cause !== undefined) last.cause = error.cause;
  return last;
}

const limitsOf = ({ settings }: TurnContext): RetryLimits => ({
  calls: settings.upstreamCalls,
  longestWaitMs: settings.retryWaitMs,
});
