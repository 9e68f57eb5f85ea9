/** Starts a turn from a request body: reads and translates the request, sends it, and assembles the answer. */
import { isRecord } from '../base/json';
import { toBridgeError } from '../errors/bridge-error';
import type { ClientKind } from '../errors/error-body';
import type { KeptTurn } from '../state/kept-turn';
import { AnswerStream } from '../stream/answer-stream';
import type { Assembler, FinalizeError } from '../stream/signal';
import { CompactionAssembler } from '../stream/compaction-assembler';
import { ResponsesAssembler } from '../stream/responses-assembler';
import { encodeEcho } from '../stream/sse';
import { asksForCompaction, toSummaryRequest } from '../translate/request';
import { readResponsesRequest, usesState } from '../wire/read-responses';
import type { ResponsesEvent } from '../wire/responses-output';
import type { ResponsesRequest } from '../wire/responses-request';
import type { Question } from './after-failure';
import { askUpstream, loadAfterFailure } from './ask-upstream';
import type { Caller, Turn } from './bridge';
import { describeSent, prepare, type Prepared } from './prepare';
import {
  collectTurn, createResponsesProtocol, streamTurn, type Answer, type ClientProtocol, type RunningTurn,
} from './stream-turn';
import type { TurnContext } from './turn-context';

/** @throws BridgeError before the stream starts: an invalid request, or an error from the provider */
export async function startResponsesTurn(body: unknown, caller: Caller, context: TurnContext): Promise<Turn> {
  const kept = await readKept(body, caller.client, context);
  const request = kept?.request ?? readResponsesRequest(body);
  // With an empty request for one token, `codex --oss` makes LM Studio load a model (fixture 27).
  if (request.input.length === 0 && request.maxOutputTokens === 1 && request.instructions === undefined) {
    caller.record?.describeRequest({ request: 'preload' });
    const { answerPreload }: typeof import('./local-answer') = require('./local-answer');
    return answerPreload(request, context.runtime);
  }
  const isCompaction = asksForCompaction(request);
  const prepared = await prepare(isCompaction ? toSummaryRequest(request) : request, caller, context);
  const create = createAssemblerFactory(request, caller, context);
  const { makeId } = context.runtime;
  const echo = caller.client === 'codex' ? '' : encodeEcho(request.echo);
  const protocol = createResponsesProtocol(echo, caller.client);
  return startTurn({
    stream: request.stream,
    beginsAtOnce: caller.client === 'codex' || kept?.background === true,
    holdsRequest: caller.client !== 'codex' || kept !== undefined,
    createAssembler: isCompaction
      ? (finalizeError, sent) => new CompactionAssembler(create(finalizeError, sent), makeId)
      : (finalizeError, sent) => withNotice(create(finalizeError, sent), sent.notice),
    protocol,
    ...(kept && { keep: (events: readonly ResponsesEvent[]) => kept.keep(events, echo) }),
  }, prepared, caller, context);
}

/** Reads a request that refers to stored items or is stored itself; returns undefined for any other. */
export function readKept(body: unknown, client: ClientKind, { state }: TurnContext): Promise<KeptTurn> | undefined {
  if (!usesState(body, client)) return undefined;
  const { readKeptTurn }: typeof import('../state/kept-turn') = require('../state/kept-turn');
  return readKeptTurn(isRecord(body) ? body : {}, client, state);
}

/** Returns a function that creates the assembler of each attempt; all of them continue the same Response. */
export function createAssemblerFactory(
  request: ResponsesRequest, caller: Caller, context: TurnContext,
): (finalizeError: FinalizeError, prepared: Prepared) => ResponsesAssembler {
  const { settings, runtime } = context;
  const options = {
    responseId: runtime.makeId('resp'),
    createdAt: Math.floor(runtime.clock() / 1_000),
    client: caller.client,
    clock: runtime.clock,
    makeId: runtime.makeId,
    reasoning: settings.suppressReasoningText ? ('hidden' as const) : settings.reasoningOutput,
    // Codex sends reasoning text back, so the envelope needs no copy of it; other clients may keep only the envelope.
    sealReasoning: caller.client !== 'codex' && request.include.includes('reasoning.encrypted_content'),
  };
  return (finalizeError, { chat, tools, notes, endpoint: { origin } }) => new ResponsesAssembler({
    ...options,
    finalizeError,
    model: request.model ?? chat.model,
    origin,
    tools,
    notes,
  });
}

/** Loaded only if other keys or models are configured. */
const askSubstitutes: typeof askUpstream = (question) => {
  const { askWithSubstitutes }: typeof import('./fallback') = require('./fallback');
  return askWithSubstitutes(question);
};

function withNotice(assembler: ResponsesAssembler, notice: string | undefined): Assembler<ResponsesEvent> {
  if (notice === undefined) return assembler;
  const { NoticeAssembler }: typeof import('../stream/notice-assembler') = require('../stream/notice-assembler');
  return new NoticeAssembler(assembler, notice);
}

/** What differs between the kinds of turns. */
interface TurnOptions<Output> {
  readonly stream: boolean;
  /** Whether the stream may start before the answer does; errors are then reported inside the stream. */
  readonly beginsAtOnce: boolean;
  /** Whether the request stays in memory until the end: it is stored, or the answer repeats parts of it. */
  readonly holdsRequest: boolean;
  /** Creates the assembler of each attempt; all of them continue the same response. */
  readonly createAssembler: (finalizeError: FinalizeError, prepared: Prepared) => Assembler<Output>;
  readonly protocol: ClientProtocol<Output>;
  /** Stores the answer; absent if it is not stored. */
  readonly keep?: (outputs: readonly Output[]) => Promise<void>;
}

/** Holds the callback for a request that has to wait in its provider's queue. */
interface QueueWatch {
  onQueued: () => void;
}

/** @returns undefined as soon as the request has to wait in a queue; it continues to wait there */
const openUnlessQueued = <Output>(open: () => Promise<Answer<Output>>, watch: QueueWatch) =>
  new Promise<Answer<Output> | undefined>((resolve, reject) => {
    watch.onQueued = () => resolve(undefined);
    open().then(resolve, reject);
  });

/**
 * Starts a turn. Codex gets its stream at once: it handles failures inside the stream, and keep-alive events keep it
 * from timing out. Other streaming clients wait until the answer has begun, and get earlier errors as an HTTP status.
 */
export async function startTurn<Output>(
  options: TurnOptions<Output>, prepared: Prepared, caller: Caller, context: TurnContext,
): Promise<Turn> {
  let { notes } = prepared;
  const { record } = caller;
  record?.send(describeSent(prepared));
  let begun = false;
  const finalizeError: FinalizeError = (error) =>
    begun ? loadAfterFailure().finalizeLateFailure(error, caller, context) : error;
  const createStream = (sent: Prepared): AnswerStream<Output> =>
    new AnswerStream({ ...sent.createAttempt(), assembler: options.createAssembler(finalizeError, sent) });
  const turnId = caller.turn ?? context.runtime.makeId('turn');
  const watch: QueueWatch = { onQueued: () => undefined };
  let question: Question<Output> | undefined = {
    prepared, caller, context, turn: turnId, createStream, isBuffered: !options.stream,
    onQueued: () => watch.onQueued(),
  };
  const begin = async (): Promise<Answer<Output>> => {
    if (!question) throw new Error('A turn was opened twice.');
    const asking = question.prepared.request ? askSubstitutes(question) : askUpstream(question);
    // Release megabytes of messages while the answer streams.
    question = undefined;
    const answer = await asking;
    ({ notes } = answer);
    begun = true;
    caller.onBegun?.(options.holdsRequest);
    return answer;
  };
  let opening: Promise<Answer<Output>> | undefined;
  const open = (): Promise<Answer<Output>> => (opening ??= begin());
  // The stream of a request that waits in a queue begins without its answer, to keep the client's connection alive.
  const opened = options.stream && !options.beginsAtOnce ? await openUnlessQueued(open, watch) : undefined;
  const turn: RunningTurn<Output> = {
    protocol: options.protocol,
    opened,
    open,
    blank: createStream(prepared),
    tap: context.tap,
    keep: options.keep,
    onEnd: (error) => {
      if (!error) context.failures.memory?.budget.succeed(turnId);
      if (error) record?.fail(error, caller.abort);
      else record?.answered();
    },
    onBug: (cause) => record?.fail(toBridgeError(cause), caller.abort),
  };
  return {
    stream: options.stream,
    get notes() {
      return [...notes];
    },
    keepAlive: () => options.protocol.keepAlive(),
    fail: (error) => options.protocol.fail(error) + options.protocol.done,
    frames: () => streamTurn(turn),
    collect: () => collectTurn(turn),
  };
}
