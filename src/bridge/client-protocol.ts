/** The two protocols a client may speak, as the turn needs them: how outputs become text. */
import { ChatCollector, type ChatOutput } from '../stream/chat-assembler';
import type { ClientKind } from '../errors/error-body';
import type { ChatUsageObject } from '../wire/chat';
import type { MakeId } from '../base/clock';
import { userMessage } from './user-message';
import type { InputItem } from '../wire/responses-request';
import { encodeResponse, SseEncoder, SSE_DONE, SSE_KEEP_ALIVE } from '../stream/sse-encoder';
import type { ResponsesEvent } from '../wire/responses-output';

export interface ClientProtocol<Output> {
  /** The SSE text of what one upstream read became. */
  encode(outputs: readonly Output[]): string;
  /** Ends the stream. */
  readonly done: string;
  /** Folds the outputs of a finished turn into its JSON body. */
  collect(outputs: readonly Output[]): void;
  body(): string;
  /** A keep-alive while the provider is silent. */
  pulse(): string;
}

/** @param echo request fields that every Response repeats, as text (see encodeEcho) */
export function responsesProtocol(echo: string, client: ClientKind): ClientProtocol<ResponsesEvent> {
  const encoder = new SseEncoder(echo);
  let last: ResponsesEvent | undefined;
  let progress: readonly ResponsesEvent[] = [];
  return {
    encode(events) {
      if (progress.length === 0) progress = events.filter((event) => event.type === 'response.in_progress');
      return encoder.encode(events);
    },
    // Only data events reset Codex's idle timer (codex-protocol.md, rule 9); SDK clients have none, a comment suffices.
    pulse: () => (client === 'codex' ? encoder.encode(progress) : SSE_KEEP_ALIVE),
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

/** @param usage what the answer cost, once it is known: a whole completion states it, a stream only when asked */
export function chatProtocol(usage: () => ChatUsageObject | undefined): ClientProtocol<ChatOutput> {
  const collector = new ChatCollector();
  return {
    encode: (outputs) => outputs.map((output) => `data: ${JSON.stringify(output)}\n\n`).join(''),
    done: SSE_DONE,
    collect: (outputs) => outputs.forEach((output) => collector.push(output)),
    body: () => collector.body(usage()),
    pulse: () => SSE_KEEP_ALIVE,
  };
}
