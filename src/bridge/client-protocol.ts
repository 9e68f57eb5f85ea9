/** The two protocols a client may speak, as the turn needs them: how outputs become text. */
import { ChatCollector } from '../stream/chat-collector';
import type { ChatAssembler, ChatOutput } from '../stream/chat-assembler';
import { encodeEvents, encodeResponse, SSE_DONE } from '../stream/sse-encoder';
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
  let last: ResponsesEvent | undefined;
  return {
    encode: (events) => encodeEvents(events, echo),
    done: SSE_DONE,
    collect(events) {
      last = events.at(-1) ?? last;
    },
    body: () => (last && 'response' in last ? encodeResponse(last.response, echo) : '{}'),
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
