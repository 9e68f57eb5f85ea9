/** Listens to what the provider itself sends: whether it streams, and where its reasoning and its counts stand. */
import { isRecord, parseJson, type UnknownRecord } from '../base/json';
import { asArray, asRecord, asText } from '../base/narrow';
import { SseDecoder } from '../stream/sse-decoder';
import type { Transport, UpstreamAnswer } from '../upstream/transport';
import { REASONING_KEYS } from '../wire/read-chat';

/** What was heard of the last request. */
export interface Heard {
  /** Requests that were sent. */
  requests: number;
  /** The status of the last answer. */
  status: number | undefined;
  /** From the last request to the first byte of its answer. */
  firstByteMs: number | undefined;
  /** From the last request to the last byte so far. */
  lastByteMs: number | undefined;
  /** Events of the stream; one for an answer that is no stream. */
  events: number;
  /** The names of the fields that held reasoning. */
  reasoning: Set<string>;
  hasUsage: boolean;
}

/** Nothing yet. */
export const createHeard = (): Heard => ({
  requests: 0, status: undefined, firstByteMs: undefined, lastByteMs: undefined,
  events: 0, reasoning: new Set(), hasUsage: false,
});

/** A transport that notes down what passes through `inner`; `sent` is told of every request before it goes. */
export function listenTo(inner: Transport, heard: Heard, sent: () => void): Transport {
  return async (request) => {
    const start = performance.now();
    Object.assign(heard, createHeard(), { requests: heard.requests + 1 });
    sent();
    const answer = await inner(request);
    heard.status = answer.status;
    const decoder = new SseDecoder();
    return {
      status: answer.status,
      header: (name) => answer.header(name),
      cancel: (said) => answer.cancel(said),
      text: (limit) => answer.text(limit),
      read: async () => {
        const bytes = await answer.read();
        heard.lastByteMs = Math.round(performance.now() - start);
        heard.firstByteMs ??= heard.lastByteMs;
        note(bytes === undefined ? decoder.end() : decoder.push(bytes), heard);
        return bytes;
      },
    } satisfies UpstreamAnswer;
  };
}

function note(events: readonly { readonly data: string }[], heard: Heard): void {
  for (const { data } of events) {
    const value = parseJson(data);
    if (!isRecord(value)) continue;
    heard.events += 1;
    noteChat(value, heard);
    noteNative(value, heard);
  }
}

/** A chunk of Chat Completions. */
function noteChat(chunk: UnknownRecord, heard: Heard): void {
  const choices = (asArray(chunk['choices']) ?? []).filter(isRecord);
  if (isRecord(chunk['usage']) || choices.some((choice) => isRecord(choice['usage']))) heard.hasUsage = true;
  for (const choice of choices) {
    const delta = asRecord(choice['delta']) ?? asRecord(choice['message']) ?? {};
    for (const key of REASONING_KEYS) if (asText(delta[key]) !== undefined) heard.reasoning.add(key);
    if ((asArray(delta['reasoning_details']) ?? []).length > 0) heard.reasoning.add('reasoning_details');
  }
}

/** An event of the provider's own Responses endpoint. */
function noteNative(event: UnknownRecord, heard: Heard): void {
  const type = asText(event['type']) ?? '';
  if (/^response\.reasoning\w*\.delta$/.test(type)) heard.reasoning.add(type);
  if (isRecord(asRecord(event['response'])?.['usage'])) heard.hasUsage = true;
}
