/**
 * Decides what follows a failed call: a retry after a wait, a repaired request, or an error for the client. Loaded at
 * the first failure.
 */
import { renderDuration } from '../base/quantities';
import { remember } from '../base/remember';
import { BridgeError, toBridgeError } from '../errors/bridge-error';
import { classifyHttpFailure, hideKey } from '../errors/classify';
import { ERRORS, type ErrorKind } from '../errors/error-table';
import { readRetryAfter } from '../errors/retry-after';
import type { AnswerStream } from '../stream/answer-stream';
import { allowedCalls, computeWait, FailureBudget, RejectionCache, type RetryLimits } from '../upstream/call-limits';
import { LearnedRepairs, MAX_REPAIR_CALLS, RepairSession } from '../upstream/learned-repairs';
import type { RequestBytes } from '../upstream/request-bytes';
import type { UpstreamAnswer } from '../upstream/transport';
import type { ChatRequest } from '../wire/chat';
import type { Caller } from './bridge';
import { describeSent, toCountedRequest, type Endpoint, type Prepared } from './prepare';
import type { FailureMemory, TurnContext } from './turn-context';

/** What is needed to send a request. May hold megabytes of messages: callers release it once the answer has begun. */
export interface Question<Output> {
  prepared: Prepared;
  readonly caller: Caller;
  readonly context: TurnContext;
  /** Key for counting failed calls: the client's turn id, or an id for this request only. */
  readonly turn: string;
  /** Creates the answer stream of an attempt; `prepared` may be a substitute's. */
  readonly createStream: (prepared: Prepared) => AnswerStream<Output>;
  /** Whether the answer is read to its end before any of it is used, so that a truncated one can be retried. */
  readonly isBuffered: boolean;
  /** Called when a call has to wait in its provider's queue. */
  readonly onQueued?: () => void;
}

/** The state that changes from call to call. */
export interface CallState {
  /** The request to send, with all repairs. */
  chat: ChatRequest;
  /** `chat` as the bytes to send, once rendered. */
  body?: RequestBytes | undefined;
  /** Number of calls made. */
  calls: number;
  /** Absent before the first failure. */
  repairs?: RepairSession;
}

function openMemory({ failures, settings, runtime }: TurnContext): FailureMemory {
  return (failures.memory ??= {
    repairs: new LearnedRepairs(),
    budget: new FailureBudget(),
    rejections: new RejectionCache(settings.refusalCacheMs, runtime.clock),
    chatOnly: new Map(),
  });
}

/** Switches to Chat Completions, repairs the request, or waits. @throws BridgeError if no call is left, or on abort */
export async function prepareNextCall(
  error: BridgeError, question: Question<unknown>, state: CallState,
): Promise<void> {
  const { prepared: { endpoint }, caller, context } = question;
  if (error.kind === 'rate_limit') context.traffic.loadLimits().learn(toCountedRequest(endpoint, caller), error);
  if (await switchToChat(error, question, state) || repair(error, question, state)) return;
  await waitForNext(error, question, state);
}

/** Switches to Chat Completions if a gateway in front of the provider, or the model, has no Responses endpoint. */
async function switchToChat(error: BridgeError, question: Question<unknown>, state: CallState): Promise<boolean> {
  const { prepared, caller: { record }, context } = question;
  const { endpoint: { host, model, headers, isNativeOptional }, notes, prepareAgain } = prepared;
  if (!isNativeOptional || !prepareAgain || !lacksEndpoint(error)) return false;
  const { chatOnly, repairs } = openMemory(context);
  remember(chatOnly, `${host} ${model}`, true, MAX_CHAT_ONLY);
  // Keep the headers and the notice: the key may be a substitute's, and the notice may come from a fallback.
  const { endpoint, ...chat } = await prepareAgain({ overChat: true, notes });
  const { notice } = prepared;
  question.prepared = { ...chat, endpoint: { ...endpoint, headers }, ...(notice !== undefined && { notice }) };
  state.chat = repairs.apply(host, question.prepared.chat);
  state.body = undefined;
  delete state.repairs;
  record?.send(describeSent(question.prepared));
  record?.repair('Chat Completions instead of Responses');
  notes.add(`sent again over Chat Completions, because ${host} has no Responses endpoint for the model`);
  return true;
}

/** Maximum number of remembered pairs of host and model: clients choose the names, so there may be many. */
const MAX_CHAT_ONLY = 500;

const NO_ENDPOINT_STATUSES: ReadonlySet<number> = new Set([404, 405, 501]);

function lacksEndpoint({ kind, details: { upstreamStatus = 0, providerText = '' } }: BridgeError): boolean {
  if (NO_ENDPOINT_STATUSES.has(upstreamStatus)) return true;
  // "model glm-4.7 is not supported by the Responses API".
  return kind === 'upstream_rejected' && /\bresponses (api|endpoint|protocol)\b/i.test(providerText);
}

/** Repairs the request if a known repair matches the error, and undoes one that failed. @returns whether to retry */
function repair(error: BridgeError, { prepared, caller, context }: Question<unknown>, state: CallState): boolean {
  state.repairs ??= new RepairSession(openMemory(context).repairs, prepared.endpoint.host, state.chat);
  const found = state.repairs.learn(error, state.calls);
  if (state.chat !== state.repairs.chat) {
    state.chat = state.repairs.chat;
    state.body = undefined;
  }
  if (!found) return false;
  const { name, dialect } = found;
  const hint = dialect === undefined ? '' : `; the dialect field ${dialect} would avoid this`;
  context.log.debug(`learned that ${prepared.chat.model} needs "${name}"${hint}`, { rejection: String(error) });
  caller.record?.repair(dialect === undefined ? name : `${name}, dialect ${dialect}`);
  prepared.notes.add(`sent again with "${name}", because the model rejected the original request${hint}`);
  return true;
}

/** Whether a retry of the same request would fail in the same way. */
const isPermanent = (error: BridgeError): boolean => ERRORS[error.kind].codexCode === 'invalid_prompt';

/** Error bodies longer than this are truncated: they go into a message. */
const MAX_ERROR_BODY_BYTES = 64 * 1024;

/** Reads an error response or a redirect; caches a permanent error. @param sent the bytes of the request */
export async function readFailure(
  answer: UpstreamAnswer, requestId: string | undefined, endpoint: Endpoint, context: TurnContext, sent: RequestBytes,
): Promise<BridgeError> {
  // The status remains valid if the body breaks off.
  const body = await answer.text(MAX_ERROR_BODY_BYTES).catch(() => '');
  const { status } = answer;
  const source = endpoint.source();
  if (status < 400) {
    const target = hideKey(answer.header('location') ?? 'an unknown address', source);
    return new BridgeError(
      'upstream_rejected',
      `${endpoint.name} answered ${status} and redirects to ${target}. Redirects are not followed: check AI_API_BASE.`,
    );
  }
  const retryAfterMs =
    readRetryAfter(answer.header('retry-after'), answer.header('retry-after-ms'), context.runtime.clock());
  const error = classifyHttpFailure({
    ...source,
    status,
    body,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(requestId !== undefined && { requestId }),
  });
  if (isPermanent(error)) openMemory(context).rejections.remember({ ...endpoint, body: sent }, error);
  return error;
}

/** Waits until the next call is due. @throws BridgeError if no call is left, or on abort */
async function waitForNext(error: BridgeError, question: Question<unknown>, state: CallState): Promise<void> {
  const { turn, caller, context, prepared } = question;
  const { runtime, log } = context;
  const { budget, rejections } = openMemory(context);
  const limits = limitsOf(context);
  const failed = budget.fail(turn);
  // Codex itself retries a truncated stream more often than the bridge may.
  const allowed = Math.min(allowedCalls(error.kind, limits), limits.calls);
  const isSpent = state.calls >= Math.max(limits.calls, MAX_REPAIR_CALLS);
  const wait = failed < allowed && !isSpent ? computeWait(error, failed, limits, runtime.random()) : undefined;
  if (wait === undefined) {
    budget.succeed(turn);
    const last = markFinal(error, failed, limits);
    // The error is cached, so that retries by the client cost no calls; but if only one call failed, as with
    // UPSTREAM_CALLS=1, and the provider states no wait, retries are left to SDK clients.
    const isFinal = failed > 1 || error.details.retryAfterMs !== undefined;
    if (isFinal && !UNCACHED.has(last.kind)) {
      const body = state.body ?? (await context.serializer.serialize(prepared.render(state.chat)));
      rejections.remember({ ...prepared.endpoint, body }, last);
    }
    throw last;
  }
  log.debug('upstream failed, retrying', { kind: error.kind, error: error.message, failed, waitMs: Math.round(wait) });
  caller.record?.retry(error, wait);
  await runtime.sleep(wait, caller.abort);
  if (caller.abort.aborted) throw toBridgeError(caller.abort.reason);
}

/** Kinds that are not cached: no call was made, or the connection failed, so a retry may succeed. */
const UNCACHED: ReadonlySet<ErrorKind> = new Set(['network', 'internal', 'busy', 'shutting_down']);

/**
 * Returns the error for the client if an answer fails after it began. The client retries on its own, unless the turn
 * has used up its calls or the provider demands too long a wait: the error is then final.
 */
export function finalizeLateFailure(error: BridgeError, { turn }: Caller, context: TurnContext): BridgeError {
  if (turn === undefined) return error;
  const { budget } = openMemory(context);
  const failed = budget.fail(turn);
  const limits = limitsOf(context);
  if (failed < allowedCalls(error.kind, limits) && !isWaitTooLong(error, limits)) return error;
  budget.succeed(turn);
  return markFinal(error, failed, limits);
}

/** Whether the provider demands a longer wait than the user allows. */
const isWaitTooLong = ({ details: { retryAfterMs = 0 } }: BridgeError, { longestWaitMs }: RetryLimits): boolean =>
  retryAfterMs > longestWaitMs;

/**
 * Marks an error as final, and says why the bridge gave up. Codex then stops; otherwise it retries every temporary
 * kind, and waits silently for as long as the provider demands (codex-protocol.md, section 11).
 */
function markFinal(error: BridgeError, failed: number, limits: RetryLimits): BridgeError {
  const isWaitRejected = allowedCalls(error.kind, limits) > 1 && isWaitTooLong(error, limits);
  const longest = renderDuration(limits.longestWaitMs);
  const wait = isWaitRejected ? ` The bridge waits at most ${longest} (RETRY_WAIT_MS).` : '';
  const tries = failed > 1 ? ` Tried ${failed} times; not retrying.` : '';
  const last = new BridgeError(error.kind, `${error.message}${wait}${tries}`, { ...error.details, final: true });
  if (error.cause !== undefined) last.cause = error.cause;
  return last;
}

const limitsOf = ({ settings }: TurnContext): RetryLimits => ({
  calls: settings.upstreamCalls,
  longestWaitMs: settings.retryWaitMs,
});
