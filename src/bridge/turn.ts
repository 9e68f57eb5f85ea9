/** One request, from the client's words to a running answer: read, translate, send, assemble. */
import { BridgeError, toBridgeError } from '../errors/bridge-error';
import { AnswerStream, type AnswerStreamOptions } from '../stream/answer-stream';
import type { Assembler, Judge } from '../stream/signal';
import { ChatAssembler, toUsageObject, type ChatOutput } from '../stream/chat-assembler';
import { CompactionAssembler } from '../stream/compaction-assembler';
import { ResponsesAssembler } from '../stream/responses-assembler';
import { encodeEcho } from '../stream/sse-encoder';
import { createCallWriter } from '../tools/kinds';
import { asksForCompaction, toSummaryRequest } from '../translate/request';
import { readChatRequest } from '../wire/read-chat-request';
import { readResponsesRequest } from '../wire/read-responses';
import type { ResponsesRequest } from '../wire/responses-request';
import type { Caller, Turn } from './bridge';
import { turnName } from './codex-metadata';
import { chatProtocol, compactionProtocol, responsesProtocol, type ClientProtocol } from './client-protocol';
import { answerPreload, isPreload } from './preload';
import { judgeLateFailure, openAnswer, type Opened, type OpeningJob } from './open-answer';
import { prepare, type Prepared } from './prepare';
import { readKept, readRequest } from './read-request';
import { readOrThrow } from './read-or-throw';
import { collect, frames, type RunningTurn } from './run-turn';
import { createStages } from './stages';
import type { TurnContext } from './turn-context';

/** @throws BridgeError before the stream starts: a bad request, a refusal of the provider. */
export async function startResponsesTurn(body: unknown, caller: Caller, context: TurnContext): Promise<Turn> {
  const kept = readKept(body, caller.client, context);
  const request = kept?.request ?? readOrThrow(() => readResponsesRequest(body));
  if (isPreload(request)) {
    caller.record?.ask({ request: 'preload' });
    return answerPreload(request, context.runtime);
  }
  const compaction = asksForCompaction(request);
  const prepared = prepare(compaction ? toSummaryRequest(request) : request, caller, context);
  const create = responsesAssemblers(request, caller, context, prepared);
  const { makeId } = context.runtime;
  const echo = caller.client === 'codex' ? '' : encodeEcho(request.echo);
  const protocol = responsesProtocol(echo, caller.client);
  return run({
    stream: request.stream,
    beginsAtOnce: caller.client === 'codex' || kept?.background === true,
    createAssembler: compaction ? (judge) => new CompactionAssembler(create(judge), makeId) : create,
    protocol: kept?.watch(protocol, echo) ?? protocol,
  }, prepared, caller, context);
}

/** POST /responses/compact: the whole input becomes its user messages and one compaction item. Never streams. */
export async function startCompaction(body: unknown, caller: Caller, context: TurnContext): Promise<Turn> {
  const request = readRequest(body, caller.client, context);
  const prepared = prepare(toSummaryRequest(request), caller, context);
  const create = responsesAssemblers(request, caller, context, prepared);
  const { makeId } = context.runtime;
  return run({
    stream: false,
    beginsAtOnce: false,
    createAssembler: (judge) => new CompactionAssembler(create(judge), makeId),
    protocol: compactionProtocol(request.input, makeId),
  }, prepared, caller, context);
}

/** The same as a Responses turn for a Chat Completions body: read as the Responses request it stands for. */
export async function startChatTurn(body: unknown, caller: Caller, context: TurnContext): Promise<Turn> {
  const { request, includeUsage } = readOrThrow(() => readChatRequest(body));
  const prepared = prepare(request, caller, context);
  const { tools } = prepared;
  const { clock, makeId } = context.runtime;
  const options = {
    id: makeId('chatcmpl'),
    created: Math.floor(clock() / 1_000),
    model: request.model ?? prepared.chat.model,
    includeUsage,
    hideReasoning: context.settings.suppressReasoningText,
    findTarget: (name: string) => tools.find(name),
  };
  let assembler = new ChatAssembler(options);
  return run<ChatOutput>({
    stream: request.stream,
    beginsAtOnce: false,
    createAssembler: (judge) => (assembler = new ChatAssembler({ ...options, judge })),
    protocol: chatProtocol(() => assembler.usage && toUsageObject(assembler.usage)),
  }, prepared, caller, context);
}

function responsesAssemblers(
  request: ResponsesRequest,
  caller: Caller,
  context: TurnContext,
  prepared: Prepared,
): (judge: Judge) => ResponsesAssembler {
  const { settings, runtime } = context;
  const { tools, notes } = prepared;
  const options = {
    responseId: runtime.makeId('resp'),
    createdAt: Math.floor(runtime.clock() / 1_000),
    model: request.model ?? prepared.chat.model,
    client: caller.client,
    clock: runtime.clock,
    makeId: runtime.makeId,
    reasoning: settings.suppressReasoningText ? ('hidden' as const) : settings.reasoningOutput,
    // Codex always asks, and sends the text back as it is; other clients may keep nothing but the envelope.
    sealReasoning: caller.client !== 'codex' && request.include.includes('reasoning.encrypted_content'),
    findTarget: (name: string) => tools.find(name),
    createCallWriter,
    note: (text: string) => notes.add(text),
  };
  return (judge) => new ResponsesAssembler({ ...options, judge });
}

/** What differs between the kinds of turns. */
interface Shape<Output> {
  readonly stream: boolean;
  /** Whether the stream may begin before the answer does: its client then hears of a refusal inside it. */
  readonly beginsAtOnce: boolean;
  /** A new assembler for each attempt; all of them continue the same response. */
  readonly createAssembler: (judge: Judge) => Assembler<Output>;
  readonly protocol: ClientProtocol<Output>;
}

/**
 * Codex gets its stream at once: it understands failures inside it, and signs of life keep it waiting. Every other
 * streaming client waits for the answer to begin, and hears of a refusal by the HTTP status.
 */
async function run<Output>(
  shape: Shape<Output>,
  prepared: Prepared,
  caller: Caller,
  context: TurnContext,
): Promise<Turn> {
  const { chat, endpoint, notes } = prepared;
  const { record } = caller;
  record?.send({ model: chat.model, host: endpoint.source.host, tools: chat.tools?.length ?? 0 });
  const machine = machineOptions(prepared, context);
  let begun = false;
  const judge: Judge = (error) => (begun ? judgeLateFailure(error, caller, context) : error);
  const createStream = (): AnswerStream<Output> =>
    new AnswerStream({ ...machine(), assembler: shape.createAssembler(judge) });
  const turnId = turnName(caller.headers) ?? context.runtime.makeId('turn');
  let job: OpeningJob<Output> | undefined = {
    turn: turnId,
    chat,
    endpoint,
    caller,
    context,
    createStream,
    note: (text) => notes.add(text),
    whole: !shape.stream,
  };
  const open = async (): Promise<Opened<Output>> => {
    if (!job) throw new BridgeError('internal', 'A turn was opened twice.');
    const opening = openAnswer(job);
    // Megabytes of messages are not kept while the answer streams.
    job = undefined;
    const opened = await opening;
    begun = true;
    return opened;
  };
  const early = shape.stream && !shape.beginsAtOnce ? await open() : undefined;
  const turn: RunningTurn<Output> = {
    protocol: shape.protocol,
    open: early ? () => Promise.resolve(early) : open,
    blank: createStream(),
    tap: context.tap,
    ended: (error) => {
      if (!error) context.budget.succeed(turnId);
      if (error) record?.fail(error, caller.abort);
      else record?.answered();
    },
    broke: (cause) => record?.fail(toBridgeError(cause), caller.abort),
  };
  return {
    stream: shape.stream,
    get notes() {
      return notes.list();
    },
    pulse: () => shape.protocol.pulse(),
    frames: () => frames(turn),
    collect: () => collect(turn),
  };
}

/** The parts of a stream machine that do not depend on the client; new stages for each attempt. */
function machineOptions(
  prepared: Prepared,
  { settings, runtime }: TurnContext,
): () => Omit<AnswerStreamOptions<never>, 'assembler'> {
  const { dialect, rules, createReader } = prepared;
  const { makeId } = runtime;
  const markupTools = settings.toolMarkup ? (prepared.chat.tools ?? []) : [];
  const reader = { makeId, single: !settings.allowMultiToolCalls, source: prepared.endpoint.source };
  return () => ({ reader: createReader(reader), stages: createStages({ dialect, markupTools, makeId, rules }) });
}
