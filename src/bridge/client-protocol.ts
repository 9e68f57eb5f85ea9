/** Writes the output of a turn in the client's protocol: as SSE text, or as one JSON body. */
import { ChatCollector, type ChatOutput } from '../stream/chat-assembler';
import type { BridgeError } from '../errors/bridge-error';
import { renderErrorBody, renderStreamError, type ClientKind } from '../errors/error-body';
import type { ChatUsageObject } from '../wire/chat';
import type { MakeId } from '../base/clock';
import type { JsonObject } from '../base/json';
import type { ContentPart, InputItem, MessageItem } from '../wire/responses-request';
import { encodeResponse, SSE_DONE, SSE_KEEP_ALIVE, SseEncoder } from '../stream/sse';
import type { ResponsesEvent } from '../wire/responses-output';

export interface ClientProtocol<Output> {
  /** The SSE text for the outputs of one upstream read. */
  encode(outputs: readonly Output[]): string;
  /** Ends the stream. */
  readonly done: string;
  /** Folds the outputs of a finished turn into its JSON body. */
  collect(outputs: readonly Output[]): void;
  body(): string;
  /** A keep-alive while the provider is silent. */
  keepAlive(): string;
  /** The one terminal event of a stream that has begun and cannot continue; empty after a terminal event. */
  fail(error: BridgeError): string;
}

const TERMINAL: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/** @param echo request fields that every Response repeats, as text (see encodeEcho) */
export function responsesProtocol(echo: string, client: ClientKind): ClientProtocol<ResponsesEvent> {
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
    // Only data events reset Codex's idle timer (codex-protocol.md, rule 9).
    keepAlive: () => (client === 'codex' ? encoder.encode(progress) : SSE_KEEP_ALIVE),
    done: SSE_DONE,
    collect(events) {
      last = events.at(-1) ?? last;
    },
    body: () => (last && 'response' in last ? encodeResponse(last.response, echo) : '{}'),
  };
}

/**
 * The compaction object: the user's messages unchanged, then one item that summarizes everything else.
 * Spec: Responses API, compact.
 */
export function compactionProtocol(input: readonly InputItem[], makeId: MakeId): ClientProtocol<ResponsesEvent> {
  const responses = responsesProtocol('', 'generic');
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
        item.type === 'message' && item.role === 'user' ? [userMessage(item, makeId)] : [],
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

/** @param usage the token usage, once known: a whole completion always includes it, a stream only on request */
export function chatProtocol(usage: () => ChatUsageObject | undefined): ClientProtocol<ChatOutput> {
  const collector = new ChatCollector();
  return {
    encode: (outputs) => outputs.map((output) => `data: ${JSON.stringify(output)}\n\n`).join(''),
    fail: (error) => `data: ${JSON.stringify(renderErrorBody(error))}\n\n`,
    done: SSE_DONE,
    collect: (outputs) => outputs.forEach((output) => collector.push(output)),
    body: () => collector.body(usage()),
    keepAlive: () => SSE_KEEP_ALIVE,
  };
}

/** Converts a message of the request back to a wire item. Spec: Responses API, input message. */
function userMessage(item: MessageItem, makeId: MakeId): JsonObject {
  return { type: 'message', id: makeId('msg'), role: item.role, status: 'completed', content: item.content.map(part) };
}

function part(content: ContentPart): JsonObject {
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
