/** Starts turns for clients other than Codex: Chat Completions, and POST /responses/compact. */
import type { MakeId } from '../base/clock';
import type { JsonObject } from '../base/json';
import { renderErrorBody } from '../errors/error-body';
import { ChatAssembler, ChatCollector, toUsageObject, type ChatOutput } from '../stream/chat-assembler';
import { CompactionAssembler } from '../stream/compaction-assembler';
import { SSE_DONE, SSE_KEEP_ALIVE } from '../stream/sse';
import { toSummaryRequest } from '../translate/request';
import type { ChatUsageObject } from '../wire/chat';
import { readChatRequest } from '../wire/read-chat-request';
import { readResponsesRequest } from '../wire/read-responses';
import type { ResponsesEvent } from '../wire/responses-output';
import type { ContentPart, InputItem, MessageItem } from '../wire/responses-request';
import type { Caller, Turn } from './bridge';
import { prepare } from './prepare';
import { createResponsesProtocol, type ClientProtocol } from './stream-turn';
import { createAssemblerFactory, readKept, startTurn } from './turn';
import type { TurnContext } from './turn-context';

/** Starts a turn for POST /responses/compact: reduces the input to its user messages and a summary. Never streams. */
export async function startCompaction(body: unknown, caller: Caller, context: TurnContext): Promise<Turn> {
  const kept = await readKept(body, caller.client, context);
  const request = kept?.request ?? readResponsesRequest(body);
  const prepared = await prepare(toSummaryRequest(request), caller, context);
  const create = createAssemblerFactory(request, caller, context);
  const { makeId } = context.runtime;
  return startTurn({
    stream: false,
    beginsAtOnce: false,
    holdsRequest: true,
    createAssembler: (finalizeError, sent) => new CompactionAssembler(create(finalizeError, sent), makeId),
    protocol: createCompactionProtocol(request.input, makeId),
  }, prepared, caller, context);
}

/** Starts a turn for a Chat Completions body, which is read as the equivalent Responses request. */
export async function startChatTurn(body: unknown, caller: Caller, context: TurnContext): Promise<Turn> {
  const { request, includeUsage } = readChatRequest(body);
  const prepared = await prepare(request, caller, context, { overChat: true });
  const { clock, makeId } = context.runtime;
  const options = {
    id: makeId('chatcmpl'),
    created: Math.floor(clock() / 1_000),
    model: request.model ?? prepared.chat.model,
    includeUsage,
    hideReasoning: context.settings.suppressReasoningText,
  };
  let assembler: ChatAssembler | undefined;
  return startTurn<ChatOutput>({
    stream: request.stream,
    beginsAtOnce: false,
    holdsRequest: false,
    createAssembler: (finalizeError, { tools }) =>
      (assembler = new ChatAssembler({ ...options, finalizeError, tools })),
    protocol: createChatProtocol(() => assembler?.usage && toUsageObject(assembler.usage)),
  }, prepared, caller, context);
}

/**
 * Writes the compaction object: the user's messages unchanged, then one item that summarizes everything else.
 * Spec: Responses API, compact.
 */
function createCompactionProtocol(input: readonly InputItem[], makeId: MakeId): ClientProtocol<ResponsesEvent> {
  const responses = createResponsesProtocol('', 'generic');
  let last: ResponsesEvent | undefined;
  return {
    ...responses,
    collect(events) {
      last = events.at(-1) ?? last;
    },
    body() {
      if (!last || !('response' in last)) return '{}';
      const { created_at, usage, output } = last.response;
      const kept = input.flatMap((item) =>
        item.type === 'message' && item.role === 'user' ? [toWireMessage(item, makeId)] : [],
      );
      return JSON.stringify({
        id: makeId('resp'),
        object: 'response.compaction',
        created_at,
        output: [...kept, ...output],
        usage,
      });
    },
  };
}

/** @param getUsage returns the token usage, once known, for the JSON body; a stream includes it only on request */
function createChatProtocol(getUsage: () => ChatUsageObject | undefined): ClientProtocol<ChatOutput> {
  const collector = new ChatCollector();
  return {
    encode: (outputs) => outputs.map((output) => `data: ${JSON.stringify(output)}\n\n`).join(''),
    fail: (error) => `data: ${JSON.stringify(renderErrorBody(error))}\n\n`,
    done: SSE_DONE,
    collect: (outputs) => outputs.forEach((output) => collector.push(output)),
    body: () => collector.body(getUsage()),
    keepAlive: () => SSE_KEEP_ALIVE,
  };
}

/** Converts a message of the request back to a wire item. Spec: Responses API, input message. */
function toWireMessage(item: MessageItem, makeId: MakeId): JsonObject {
  const content = item.content.map(toWirePart);
  return { type: 'message', id: makeId('msg'), role: item.role, status: 'completed', content };
}

function toWirePart(content: ContentPart): JsonObject {
  switch (content.type) {
    case 'text':
      return { type: 'input_text', text: content.text };
    case 'image':
      return { type: 'input_image', image_url: content.url, detail: content.detail ?? 'auto' };
    case 'file':
      return {
        type: 'input_file',
        filename: content.filename,
        file_data: content.data,
        file_url: content.url,
        file_id: content.fileId,
      };
    case 'audio':
      return { type: 'input_audio', input_audio: { data: content.data, format: content.format } };
    case 'unrecognized':
      return content.raw;
    default:
      return content satisfies never;
  }
}
