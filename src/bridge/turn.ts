/** One request, from the client's words to a running answer: read, translate, send, assemble. */
import { Notes } from '../base/result';
import { BridgeError } from '../errors/bridge-error';
import type { Dialect } from '../providers/dialect';
import type { Provider } from '../providers/provider';
import { resolveModel } from '../providers/catalog';
import { AnswerStream } from '../stream/answer-stream';
import { ChatAssembler, type ChatOutput } from '../stream/chat-assembler';
import { ResponsesAssembler } from '../stream/responses-assembler';
import { encodeEcho } from '../stream/sse-encoder';
import type { Assembler } from '../stream/assembler';
import type { Stage } from '../stream/signal';
import { ThinkTagStage } from '../stream/think-tags';
import { ToolMarkupStage } from '../stream/tool-markup';
import { createCallWriter } from '../tools/codecs';
import { translateRequest, type TranslatedRequest } from '../translate/request';
import { readChatRequest } from '../wire/read-chat-request';
import { UnreadableField } from '../wire/read-edge';
import { readResponsesRequest } from '../wire/read-responses';
import type { ResponsesEvent } from '../wire/responses-events';
import type { ResponsesRequest } from '../wire/responses-request';
import type { Caller, Turn } from './bridge';
import { chatProtocol, responsesProtocol, type ClientProtocol } from './client-protocol';
import { collect, frames, type RunningTurn } from './run-turn';
import type { Runtime } from './runtime';
import type { BridgeSettings } from './settings';
import { callUpstream } from './upstream-call';

export interface TurnContext {
  readonly settings: BridgeSettings;
  readonly provider: Provider;
  readonly runtime: Runtime;
  /** Sees each upstream read when LOG_STREAM_RAW is on. */
  readonly tap?: (bytes: Uint8Array) => void;
}

/** @throws BridgeError before the stream starts: a bad request, a refusal of the provider. */
export async function startResponsesTurn(body: unknown, caller: Caller, context: TurnContext): Promise<Turn> {
  const request = readOrThrow(() => readResponsesRequest(body));
  const sent = await send(request, caller, context);
  const assembler = createResponsesAssembler(request, caller, context, sent);
  const echo = caller.client === 'codex' ? '' : encodeEcho(request.echo);
  return run(request.stream, sent, assembler, responsesProtocol(echo), context);
}

/** The same for a Chat Completions body: read as the Responses request it stands for. */
export async function startChatTurn(body: unknown, caller: Caller, context: TurnContext): Promise<Turn> {
  const { request, includeUsage } = readOrThrow(() => readChatRequest(body));
  const sent = await send(request, caller, context);
  const { clock, makeId } = context.runtime;
  const assembler = new ChatAssembler({
    id: makeId('chatcmpl'),
    model: request.model ?? sent.translated.chat.model,
    clock,
    includeUsage,
    hideReasoning: context.settings.suppressReasoningText,
    findTarget: (name) => sent.translated.tools.find(name),
  });
  return run<ChatOutput>(request.stream, sent, assembler, chatProtocol(assembler), context);
}

/** What went upstream, and the answer that is now coming. */
interface Sent {
  readonly translated: TranslatedRequest;
  readonly dialect: Dialect;
  readonly answer: Awaited<ReturnType<typeof callUpstream>>;
  readonly notes: Notes;
}

async function send(request: ResponsesRequest, caller: Caller, context: TurnContext): Promise<Sent> {
  const { settings, provider, runtime } = context;
  const model = resolveModel(provider, request.model, settings.defaultModel);
  const { value, notes } = translateRequest(request, {
    model: model.id,
    dialect: model.dialect,
    tools: TOOLS[settings.allowTools],
    system: settings.allowSystem,
    forwardReasoning: settings.forwardReasoning,
    multipleCalls: settings.allowMultiToolCalls,
  });
  const list = new Notes();
  notes.forEach((note) => list.add(note));
  return { translated: value, dialect: model.dialect, notes: list, answer: await callUpstream(value.chat, caller, settings, runtime.transport) };
}

const TOOLS = { auto: 'auto', '1': 'force', '0': 'off' } as const;

function createResponsesAssembler(request: ResponsesRequest, caller: Caller, context: TurnContext, sent: Sent): Assembler<ResponsesEvent> {
  const { settings, runtime } = context;
  return new ResponsesAssembler({
    responseId: runtime.makeId('resp'),
    model: request.model ?? sent.translated.chat.model,
    client: caller.client,
    clock: runtime.clock,
    makeId: runtime.makeId,
    reasoning: settings.suppressReasoningText ? 'hidden' : settings.reasoningOutput,
    findTarget: (name) => sent.translated.tools.find(name),
    createCallWriter,
    note: (text) => sent.notes.add(text),
  });
}

function run<Output>(wantsStream: boolean, sent: Sent, assembler: Assembler<Output>, protocol: ClientProtocol<Output>, context: TurnContext): Turn {
  const { settings, runtime, tap } = context;
  const stream = new AnswerStream({
    assembler,
    calls: { makeId: runtime.makeId, single: !settings.allowMultiToolCalls },
    stages: createStages(sent, context),
  });
  const turn: RunningTurn<Output> = { answer: sent.answer, stream, protocol, ...(tap && { tap }) };
  return {
    stream: wantsStream,
    get notes() {
      return sent.notes.list();
    },
    frames: () => frames(turn),
    collect: () => collect(turn),
  };
}

/** Think tags first: tool markup may stand inside the reasoning they enclose. */
function createStages({ dialect, translated }: Sent, { settings, runtime }: TurnContext): readonly Stage[] {
  const thinking = dialect.thinkTags === 'off' ? [] : [new ThinkTagStage(dialect.thinkTags)];
  const markup = settings.toolMarkup ? [new ToolMarkupStage({ tools: translated.chat.tools ?? [], makeId: runtime.makeId })] : [];
  return [...thinking, ...markup];
}

function readOrThrow<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof UnreadableField) {
      throw new BridgeError('invalid_request', cause.message, cause.path === '' ? {} : { param: cause.path });
    }
    throw cause;
  }
}
