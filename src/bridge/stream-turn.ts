/**
 * Streams an answer: creates its reader and stages, runs the one loop that turns each upstream read into at most one
 * write to the client, and encodes the client's protocol.
 */
import { parseJson } from '../base/json';
import type { Notes } from '../base/notes';
import { BridgeError, toBridgeError } from '../errors/bridge-error';
import { renderStreamError, type ClientKind } from '../errors/error-body';
import type { FailureSource } from '../errors/error-rule';
import { readErrorText } from '../errors/provider-error';
import type { Dialect } from '../providers/dialect';
import type { AnswerStream, AnswerStreamOptions } from '../stream/answer-stream';
import { ChatReader } from '../stream/chat-reader';
import { JsonCheckStage, JsonFenceStage, type JsonCheckOptions } from '../stream/json-answer';
import { CallFilterStage, CumulativeStage, type CallRules } from '../stream/small-stages';
import { encodeResponse, SSE_DONE, SSE_KEEP_ALIVE, SseEncoder } from '../stream/sse';
import { ThinkTagStage } from '../stream/think-tags';
import { ToolMarkupStage } from '../stream/tool-markup';
import { TypedArgumentsStage } from '../stream/typed-arguments';
import { callIdOf } from '../tools/kinds';
import type { ToolSet } from '../tools/tool-set';
import { forbidsCall } from '../translate/request';
import { wantsSeveralChoices } from '../translate/settings';
import type { UpstreamAnswer } from '../upstream/transport';
import type { ChatRequest } from '../wire/chat';
import type { ResponsesEvent } from '../wire/responses-output';
import type { ResponsesRequest } from '../wire/responses-request';
import type { TurnContext } from './turn-context';

/** An answer that has begun. */
export interface Answer<Output> {
  readonly upstream: UpstreamAnswer;
  readonly stream: AnswerStream<Output>;
  /** The outputs of the reads so far; never a failure. */
  readonly outputs: readonly Output[];
  /** What has been changed or dropped so far in the request and its answer. */
  readonly notes: Notes;
}

/** A turn whose answer is read when its stream or its body is requested. */
export interface RunningTurn<Output> {
  readonly protocol: ClientProtocol<Output>;
  /** Set if the answer had to begin before the stream could. */
  readonly opened?: Answer<Output> | undefined;
  /** Resolves when the answer has begun. */
  readonly open: () => Promise<Answer<Output>>;
  /** A stream without input: it starts the response, and ends it if the answer never begins. */
  readonly blank: AnswerStream<Output>;
  /** Receives each upstream read, for LOG_STREAM_RAW. */
  readonly tap: ((bytes: Uint8Array) => void) | undefined;
  /** Stores the answer before the client gets the last outputs; absent if it is not stored. */
  readonly keep: ((outputs: readonly Output[]) => Promise<void>) | undefined;
  /** Called once, at the end, unless the client stops reading or `collect` throws. */
  readonly onEnd: (error: BridgeError | undefined) => void;
  /** Called if a bug in the bridge broke the stream. */
  readonly onBug: (cause: unknown) => void;
}

/**
 * Yields the stream as SSE text, one string per write. Uses one generator and one await per read: at token rate, each
 * layer of promises costs more than the translation (test/bench). Throws only if there is a bug in the bridge.
 */
export async function* streamTurn<Output>(turn: RunningTurn<Output>): AsyncGenerator<string, void, undefined> {
  const { protocol, blank } = turn;
  let answer = turn.opened;
  try {
    yield protocol.encode(blank.assembler.start());
    answer ??= await turn.open();
    const { upstream, stream } = answer;
    for (let { outputs } = answer; ; outputs = await readOutputs(upstream, stream, false, turn.tap)) {
      if (stream.assembler.finished) turn.onEnd(stream.assembler.error);
      if (stream.assembler.finished && turn.keep) await turn.keep(outputs);
      if (stream.assembler.finished) yield protocol.encode(outputs) + protocol.done;
      else if (outputs.length > 0) yield protocol.encode(outputs);
      if (stream.assembler.finished) return;
    }
  } catch (cause) {
    if (answer) {
      turn.onBug(cause);
      throw cause;
    }
    const error = toBridgeError(cause);
    turn.onEnd(error);
    const outputs = blank.fail(error);
    if (turn.keep) await turn.keep(outputs);
    yield protocol.encode(outputs) + protocol.done;
  } finally {
    answer?.upstream.cancel(answer.stream.assembler.finished && answer.stream.assembler.error === undefined);
  }
}

/**
 * Returns the whole answer as JSON text.
 * @throws BridgeError if the answer failed: nothing was sent yet, so the client gets the real HTTP status
 */
export async function collectTurn<Output>(
  turn: RunningTurn<Output>,
): Promise<{ readonly status: number; readonly body: string }> {
  turn.protocol.collect(turn.blank.assembler.start());
  const { outputs } = await turn.open();
  turn.protocol.collect(outputs);
  turn.onEnd(undefined);
  if (turn.keep) await turn.keep(outputs);
  return { status: 200, body: turn.protocol.body() };
}

/** Limit of a complete answer in bytes of JSON: its text may be 64 MB (stream/tool-calls.ts). */
const MAX_COMPLETION_BYTES = 80 * 1024 * 1024;

/**
 * Returns the outputs of the next read. Never throws: a failure becomes the stream's terminal output.
 * @param isFirst whether this is the first read of the answer
 * @param tap receives each read, for LOG_STREAM_RAW
 */
export async function readOutputs<Output>(
  answer: UpstreamAnswer, stream: AnswerStream<Output>, isFirst: boolean, tap: RunningTurn<Output>['tap'],
): Promise<readonly Output[]> {
  try {
    if (isFirst && JSON_TYPE.test(answer.header('content-type') ?? '')) return await readCompletion(answer, stream);
    const bytes = await answer.read();
    if (bytes === undefined) return stream.end();
    tap?.(bytes);
    if (isFirst) rejectPage(bytes);
    return stream.push(bytes);
  } catch (cause) {
    return stream.fail(toBridgeError(cause));
  }
}

/** Some servers ignore `stream: true` and answer with one JSON object; `n > 1` requests one. */
const JSON_TYPE = /^application\/json\b/i;

async function readCompletion<Output>(
  answer: UpstreamAnswer, stream: AnswerStream<Output>,
): Promise<readonly Output[]> {
  const text = await answer.text(MAX_COMPLETION_BYTES);
  if (Buffer.byteLength(text) >= MAX_COMPLETION_BYTES) {
    const limit = `${MAX_COMPLETION_BYTES / 1024 / 1024} MB`;
    throw new BridgeError('bad_answer', `The provider's answer is longer than ${limit}.`);
  }
  const value = parseJson(text);
  // An event stream with a JSON content type: read it as an event stream.
  if (value === undefined) return [...stream.push(Buffer.from(text, 'utf8')), ...stream.end()];
  return stream.readCompletion(value);
}

/** Throws for a login page or a proxy's notice with status 200: a truncated answer would be retried more often. */
function rejectPage(bytes: Uint8Array): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (!/^\s*<(!doctype|html)/i.test(text)) return;
  throw new BridgeError(
    'bad_answer',
    `The provider answered with ${readErrorText(text).message} instead of an event stream. Check AI_API_BASE.`,
  );
}

/** Creates the reader and the stages of one answer. */
export type CreateAttempt = () => Omit<AnswerStreamOptions<never>, 'assembler'>;

/** The endpoint that an answer comes from. */
interface AnswerSource {
  readonly dialect: Dialect;
  readonly source: () => FailureSource;
  readonly native: Pick<typeof import('../stream/native-reader'), 'NativeReader'> | undefined;
}

/** What the request determines about how its answer is read and checked. */
export interface AnswerRules {
  /** Options for checking a JSON answer; undefined if it need not be JSON. */
  readonly json: JsonCheckOptions | undefined;
  /** Undefined if the request does not limit calls. */
  readonly calls: CallRules | undefined;
  /** Whether the request has `n > 1`. */
  readonly severalChoices: boolean;
  /** Ids of the calls in the input, which the answer must not repeat. */
  readonly callIds: ReadonlySet<string>;
}

/** Reads the rules; they retain only a few strings of `request`, which may be megabytes. */
export function readAnswerRules(
  request: ResponsesRequest, tools: ToolSet, client: ClientKind, notes: Notes,
): AnswerRules {
  const { format, toolChoice } = request;
  // Codex sends `parallel_tool_calls: false` for every model that is not in its catalog, but can run several calls.
  const maxCalls = request.parallelToolCalls === false && client !== 'codex' ? 1 : request.maxToolCalls;
  const isLimited = maxCalls !== undefined || toolChoice.mode === 'none' || toolChoice.mode === 'allowed';
  return {
    json: format !== undefined && format.type !== 'text' ? { failsAnswer: !request.stream, notes } : undefined,
    calls: isLimited ? { maxCalls, notes, allows: (name) => !forbidsCall(toolChoice, tools, name) } : undefined,
    severalChoices: wantsSeveralChoices(request),
    callIds: new Set(request.input.flatMap((item) => (item.type === 'call' ? callIdOf(item) : []))),
  };
}

/**
 * Returns a function that creates the reader and the stages of an answer. Think tags come before tool markup, which may
 * be inside reasoning; the call filter comes last, because markup becomes calls.
 * @param declared the tools in the request, not the whole request: its messages would stay in memory during the answer
 */
export function createAttemptFactory(
  { dialect, source, native }: AnswerSource,
  declared: ChatRequest['tools'],
  offered: ToolSet,
  rules: AnswerRules,
  context: TurnContext,
): CreateAttempt {
  const { settings, runtime } = context;
  const { makeId } = runtime;
  const tools = settings.toolMarkup ? (declared ?? []) : [];
  const { sendsFinishReason } = dialect;
  const { severalChoices, callIds } = rules;
  const firstCallOnly = !settings.allowMultiToolCalls;
  const options = { makeId, callIds, firstCallOnly, severalChoices, source, sendsFinishReason };
  return () => ({
    reader: native ? new native.NativeReader(options) : new ChatReader(options),
    stages: [
      ...(dialect.cumulative ? [new CumulativeStage()] : []),
      ...(dialect.thinkTags === 'off' ? [] : [new ThinkTagStage(dialect.thinkTags)]),
      ...(tools.length === 0 ? [] : [new ToolMarkupStage({ tools, makeId })]),
      ...(declared ? [new TypedArgumentsStage(offered)] : []),
      ...(rules.json ? [new JsonFenceStage(), new JsonCheckStage(rules.json)] : []),
      ...(rules.calls ? [new CallFilterStage(rules.calls)] : []),
    ],
  });
}

/** Writes the outputs of a turn for its client: as SSE text, or as one JSON body. */
export interface ClientProtocol<Output> {
  /** Returns the SSE text for the outputs of one upstream read. */
  encode(outputs: readonly Output[]): string;
  /** The text that ends the stream. */
  readonly done: string;
  /** Folds the outputs of a finished turn into its JSON body. */
  collect(outputs: readonly Output[]): void;
  /** Returns the JSON body of the collected outputs. */
  body(): string;
  /** Returns a keep-alive to send while the provider is silent. */
  keepAlive(): string;
  /** Returns the terminal event of a stream that cannot continue; empty if the protocol allows none at this point. */
  fail(error: BridgeError): string;
}

const TERMINAL: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/** @param echo request fields that every Response repeats, as text (see encodeEcho) */
export function createResponsesProtocol(echo: string, client: ClientKind): ClientProtocol<ResponsesEvent> {
  const encoder = new SseEncoder(echo);
  let last: ResponsesEvent | undefined;
  let progress: readonly ResponsesEvent[] = [];
  let isOver = false;
  return {
    encode(events) {
      if (progress.length === 0) progress = events.filter((event) => event.type === 'response.in_progress');
      const text = encoder.encode(events);
      isOver ||= TERMINAL.has(events.at(-1)?.type ?? '');
      return text;
    },
    fail(error) {
      const [begun] = progress;
      if (isOver || begun === undefined || !('response' in begun)) return '';
      isOver = true;
      const response = { ...begun.response, status: 'failed', error: renderStreamError(error, client) } as const;
      return encoder.encode([{ type: 'response.failed', response }]);
    },
    // Only data events reset Codex's idle timer (codex-protocol.md, section 0, rule 9).
    keepAlive: () => (client === 'codex' ? encoder.encode(progress) : SSE_KEEP_ALIVE),
    done: SSE_DONE,
    collect(events) {
      last = events.at(-1) ?? last;
    },
    body: () => (last && 'response' in last ? encodeResponse(last.response, echo) : '{}'),
  };
}
