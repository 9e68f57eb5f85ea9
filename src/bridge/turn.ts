/** One request, from the client's words to a running answer: read, translate, send, assemble. */
import { BridgeError } from '../errors/bridge-error';
import { AnswerStream } from '../stream/answer-stream';
import type { Assembler } from '../stream/assembler';
import { ChatAssembler, type ChatOutput } from '../stream/chat-assembler';
import { CompactionAssembler } from '../stream/compaction-assembler';
import { CumulativeStage } from '../stream/cumulative';
import { ResponsesAssembler } from '../stream/responses-assembler';
import type { Stage } from '../stream/signal';
import { encodeEcho } from '../stream/sse-encoder';
import { ThinkTagStage } from '../stream/think-tags';
import { ToolMarkupStage } from '../stream/tool-markup';
import { createCallWriter } from '../tools/codecs';
import { asksForCompaction, toSummaryRequest } from '../translate/compaction';
import { readChatRequest } from '../wire/read-chat-request';
import { UnreadableField } from '../wire/read-edge';
import { readResponsesRequest } from '../wire/read-responses';
import type { ResponsesRequest } from '../wire/responses-request';
import type { Caller, Turn } from './bridge';
import { chatProtocol, compactionProtocol, responsesProtocol, type ClientProtocol } from './client-protocol';
import { answerPreload, isPreload } from './preload';
import { collect, frames, type RunningTurn } from './run-turn';
import { send, type Sent } from './send';
import type { TurnContext } from './turn-context';

/** @throws BridgeError before the stream starts: a bad request, a refusal of the provider. */
export async function startResponsesTurn(body: unknown, caller: Caller, context: TurnContext): Promise<Turn> {
  const request = readOrThrow(() => readResponsesRequest(body));
  if (isPreload(request)) return answerPreload(request, context.runtime);
  const compaction = asksForCompaction(request);
  const sent = await send(compaction ? toSummaryRequest(request) : request, caller, context);
  const assembler = createResponsesAssembler(request, caller, context, sent);
  const echo = caller.client === 'codex' ? '' : encodeEcho(request.echo);
  const shaped = compaction ? new CompactionAssembler(assembler, context.runtime.makeId) : assembler;
  return run(request.stream, sent, shaped, responsesProtocol(echo), context);
}

/** POST /responses/compact: the whole input becomes its user messages and one compaction item. Never streams. */
export async function startCompaction(body: unknown, caller: Caller, context: TurnContext): Promise<Turn> {
  const request = readOrThrow(() => readResponsesRequest(body));
  const sent = await send(toSummaryRequest(request), caller, context);
  const { makeId } = context.runtime;
  const assembler = new CompactionAssembler(createResponsesAssembler(request, caller, context, sent), makeId);
  return run(false, sent, assembler, compactionProtocol(request.input, makeId), context);
}

/** The same as a Responses turn for a Chat Completions body: read as the Responses request it stands for. */
export async function startChatTurn(body: unknown, caller: Caller, context: TurnContext): Promise<Turn> {
  const { request, includeUsage } = readOrThrow(() => readChatRequest(body));
  const sent = await send(request, caller, context);
  const { clock, makeId } = context.runtime;
  const assembler = new ChatAssembler({
    id: makeId('chatcmpl'),
    model: request.model ?? sent.model,
    clock,
    includeUsage,
    hideReasoning: context.settings.suppressReasoningText,
    findTarget: (name) => sent.tools.find(name),
  });
  return run<ChatOutput>(request.stream, sent, assembler, chatProtocol(assembler), context);
}

function createResponsesAssembler(request: ResponsesRequest, caller: Caller, context: TurnContext, sent: Sent): ResponsesAssembler {
  const { settings, runtime } = context;
  return new ResponsesAssembler({
    responseId: runtime.makeId('resp'),
    model: request.model ?? sent.model,
    client: caller.client,
    clock: runtime.clock,
    makeId: runtime.makeId,
    reasoning: settings.suppressReasoningText ? 'hidden' : settings.reasoningOutput,
    findTarget: (name) => sent.tools.find(name),
    createCallWriter,
    note: (text) => sent.notes.add(text),
  });
}

function run<Output>(stream: boolean, sent: Sent, assembler: Assembler<Output>, protocol: ClientProtocol<Output>, context: TurnContext): Turn {
  const { settings, runtime, tap } = context;
  const turn: RunningTurn<Output> = {
    answer: sent.answer,
    stream: new AnswerStream({
      assembler,
      calls: { makeId: runtime.makeId, single: !settings.allowMultiToolCalls },
      stages: createStages(sent, context),
    }),
    protocol,
    ...(tap && { tap }),
  };
  return {
    stream,
    get notes() {
      return sent.notes.list();
    },
    frames: () => frames(turn),
    collect: () => collect(turn),
  };
}

/** Think tags first: tool markup may stand inside the reasoning they enclose. */
function createStages({ dialect, offered }: Sent, { settings, runtime }: TurnContext): readonly Stage[] {
  const thinking = dialect.thinkTags === 'off' ? [] : [new ThinkTagStage(dialect.thinkTags)];
  const markup = settings.toolMarkup ? [new ToolMarkupStage({ tools: offered, makeId: runtime.makeId })] : [];
  return [...(dialect.cumulative ? [new CumulativeStage()] : []), ...thinking, ...markup];
}

function readOrThrow<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof UnreadableField)) throw cause;
    throw new BridgeError('invalid_request', cause.message, cause.path === '' ? {} : { param: cause.path });
  }
}
