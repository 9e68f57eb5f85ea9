/** From a prepared request to an answer that has begun: tries again where that is worth a call, before anything was shown. */
import { BridgeError, toBridgeError } from '../errors/bridge-error';
import type { AnswerStream } from '../stream/answer-stream';
import { allowedCalls, retryWait, type RetryLimits } from '../upstream/retry-policy';
import type { UpstreamAnswer } from '../upstream/transport';
import type { ChatRequest } from '../wire/chat';
import type { Caller } from './bridge';
import { turnName } from './codex-metadata';
import { readOutputs } from './read-outputs';
import type { TurnContext } from './turn-context';
import { callUpstream, findRequestId, rememberLastWord } from './upstream-call';
import type { Endpoint } from './endpoint';

export interface OpeningJob<Output> {
  /** What calls are counted under: the client's name for its turn, or one for this request alone. */
  readonly turn: string;
  readonly chat: ChatRequest;
  readonly endpoint: Endpoint;
  readonly caller: Caller;
  readonly context: TurnContext;
  /** A new machine for each attempt. */
  readonly createStream: () => AnswerStream<Output>;
  readonly note: (text: string) => void;
  /** Hold the whole answer back: nothing of it is shown before it is whole, so a cut one is tried again too. */
  readonly whole: boolean;
}

/** An answer that has begun. */
export interface Opened<Output> {
  readonly answer: UpstreamAnswer;
  readonly stream: AnswerStream<Output>;
  /** What came of the reads so far; never a failure. */
  readonly outputs: readonly Output[];
}

/** @throws BridgeError when asking (again) is of no use; its message says how often it was tried. */
export async function openAnswer<Output>(job: OpeningJob<Output>): Promise<Opened<Output>> {
  for (;;) {
    try {
      return await attempt(job);
    } catch (cause) {
      await waitForNext(toBridgeError(cause), job);
    }
  }
}

/** One call, read until it says something. A failure before that is thrown, as if the call had been refused. */
async function attempt<Output>(job: OpeningJob<Output>): Promise<Opened<Output>> {
  const answer = await callAmended(job);
  const stream = job.createStream();
  const { record } = job.caller;
  record?.follow(stream, findRequestId(answer));
  const outputs: Output[] = [];
  for (let first = true; !stream.finished && (outputs.length === 0 || job.whole); first = false) {
    outputs.push(...(await readOutputs(answer, stream, first, job.context.tap)));
    if (stream.begun || (outputs.length > 0 && stream.error === undefined)) record?.begin();
  }
  if (stream.finished) answer.cancel(stream.error === undefined);
  if (stream.error) throw stream.error;
  return { answer, stream, outputs };
}

/** Sends the request without what its model is known to refuse; a refusal that names more of it is amended and tried again. */
async function callAmended({ chat, endpoint, caller, context, note }: OpeningJob<unknown>): Promise<UpstreamAnswer> {
  const { learned, log } = context;
  for (let current = learned.apply(chat); ; ) {
    try {
      return await callUpstream(endpoint, current, caller, context);
    } catch (cause) {
      const amendment = cause instanceof BridgeError ? learned.learn(cause, current) : undefined;
      if (!amendment) throw cause;
      log.debug(`learned that ${chat.model} needs "${amendment.name}"`, { refusal: String(cause) });
      caller.record?.amend(amendment.name);
      note(`sent again with "${amendment.name}": the model refused the request as it was`);
      current = amendment.amend(current);
    }
  }
}

async function waitForNext(error: BridgeError, job: OpeningJob<unknown>): Promise<void> {
  const { budget, runtime, log } = job.context;
  const limits = limitsOf(job.context);
  if (job.caller.abort.aborted) throw error;
  const failed = budget.fail(job.turn);
  // What Codex would spend on a cut stream by asking again itself, the bridge does not.
  const allowed = Math.min(allowedCalls(error.kind, limits), limits.calls);
  const wait = failed < allowed ? retryWait(error, failed, limits, runtime.random()) : undefined;
  if (wait === undefined) {
    budget.succeed(job.turn);
    const last = lastWord(error, failed);
    // With UPSTREAM_CALLS=1 asking again is left to the client, unless the provider asks for a long wait.
    const { endpoint, chat, caller, context } = job;
    if (failed > 1 || error.details.retryAfterMs !== undefined) {
      rememberLastWord(last, endpoint, context.learned.apply(chat), caller, context);
    }
    throw last;
  }
  log.debug('upstream failed, trying again', {
    kind: error.kind,
    error: error.message,
    failed,
    waitMs: Math.round(wait),
  });
  job.caller.record?.retry(error, wait);
  await runtime.sleep(wait, job.caller.abort);
  if (job.caller.abort.aborted) throw toBridgeError(job.caller.abort.reason);
}

/**
 * The failure of an answer that had begun, as the client is told: it will ask again by itself, unless the turn has used
 * up its calls.
 */
export function judgeLateFailure(error: BridgeError, caller: Caller, context: TurnContext): BridgeError {
  const turn = turnName(caller.headers);
  if (turn === undefined) return error;
  const failed = context.budget.fail(turn);
  if (failed < allowedCalls(error.kind, limitsOf(context))) return error;
  context.budget.succeed(turn);
  return lastWord(error, failed);
}

/** `final` makes Codex stop: it would ask again for every kind that may be cured by asking again. */
function lastWord(error: BridgeError, failed: number): BridgeError {
  const tries = failed > 1 ? ` Tried ${failed} times; not asking again.` : '';
  const last = new BridgeError(error.kind, `${error.message}${tries}`, { ...error.details, final: true });
  if (error.cause !== undefined) last.cause = error.cause;
  return last;
}

const limitsOf = ({ settings }: TurnContext): RetryLimits => ({
  calls: settings.upstreamCalls,
  longestWaitMs: settings.retryWaitMs,
});
