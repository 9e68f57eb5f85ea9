/** The two protocols a client may speak, as the turn needs them: how outputs become text. */
import { ChatCollector } from '../stream/chat-collector';
import type { ChatAssembler, ChatOutput } from '../stream/chat-assembler';
import type { MakeId } from '../base/clock';
import { userMessage } from './user-message';
import type { InputItem } from '../wire/responses-items';
import { encodeResponse, SseEncoder, SSE_DONE } from '../stream/sse-encoder';
import type { ResponsesEvent } from '../wire/responses-events';

export interface ClientProtocol<Output> {
  /** The SSE text of what one upstream read became. */
  encode(outputs: readonly Output[]): string;
  /** Ends the stream. */
  readonly done: string;
  /** Folds the outputs of a finished turn into its JSON body. */
  collect(outputs: readonly Output[]): void;
  body(): string;
}

/** @param echo request fields that every Response repeats, as text (see encodeEcho) */
export function responsesProtocol(echo: string): ClientProtocol<ResponsesEvent> {
  const encoder = new SseEncoder(echo);
  let last: ResponsesEvent | undefined;
  return {
    encode: (events) => encoder.encode(events),
    done: SSE_DONE,
    collect(events) {
      last = events.at(-1) ?? last;
    },
    body: () => (last && 'response' in last ? encodeResponse(last.response, echo) : '{}'),
  };
}

/**
 * The compaction object: the user's messages as they were, then the one item that stands for everything else.
 * Spec: Responses API, compact.
 */
export function compactionProtocol(input: readonly InputItem[], makeId: MakeId): ClientProtocol<ResponsesEvent> {
  const responses = responsesProtocol('');
  let last: ResponsesEvent | undefined;
  return {
    ...responses,
    collect(events) {
      last = events.at(-1) ?? last;
    },
    body() {
      if (!last || !('response' in last)) return '{}';
      const { created_at, usage, output } = last.response;
      const kept = input.flatMap((item) => (item.type === 'message' && item.role === 'user' ? [userMessage(item, makeId)] : []));
      return JSON.stringify({ id: makeId('resp'), object: 'response.compaction', created_at, output: [...kept, ...output], usage });
    },
  };
}

/** @param assembler the turn's own: it knows the usage a whole completion states */
export function chatProtocol(assembler: ChatAssembler): ClientProtocol<ChatOutput> {
  const collector = new ChatCollector();
  return {
    encode: (outputs) => outputs.map((output) => `data: ${JSON.stringify(output)}\n\n`).join(''),
    done: SSE_DONE,
    collect: (outputs) => outputs.forEach((output) => collector.push(output)),
    body: () => collector.body(assembler.usage),
  };
}
