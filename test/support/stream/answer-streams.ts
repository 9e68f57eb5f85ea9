/** Answer streams for tests: the real machine with sequential ids and a fixed clock. */
import { createCountingIds } from '../../../src/base/clock';
import type { JsonObject } from '../../../src/base/json';
import { resolveModel, findProvider } from '../../../src/providers/catalog';
import { ChatReader } from '../../../src/stream/chat-reader';
import { AnswerStream } from '../../../src/stream/answer-stream';
import { CumulativeStage } from '../../../src/stream/small-stages';
import { JsonFenceStage } from '../../../src/stream/json-answer';
import { NativeReader } from '../../../src/stream/native-reader';
import { ResponsesAssembler } from '../../../src/stream/responses-assembler';
import type { ReasoningOutput } from '../../../src/stream/item-writers';
import { ThinkTagStage, type ThinkTags } from '../../../src/stream/think-tags';
import { ToolMarkupStage } from '../../../src/stream/tool-markup';
import { collectTools } from '../../../src/translate/request';
import { readResponsesRequest } from '../../../src/wire/read-responses';
import type { ResponsesEvent } from '../../../src/wire/responses-output';

/** 2026-01-01T00:00:00Z. */
export const STANDING_CLOCK = (): number => 1_767_225_600_000;

export interface AnswerStreamCase {
  /** The upstream protocol. Default: Chat Completions. */
  readonly wire?: 'chat' | 'responses';
  readonly client?: 'codex' | 'generic';
  readonly reasoning?: ReasoningOutput;
  readonly firstCallOnly?: boolean;
  readonly thinkTags?: ThinkTags;
  readonly toolMarkup?: boolean;
  /** The request asked for JSON. */
  readonly jsonFence?: boolean;
  readonly cumulative?: boolean;
  readonly sendsFinishReason?: boolean;
  /** Ids of the calls in the conversation so far. */
  readonly callIds?: ReadonlySet<string>;
  /** Tools of the request, as on the wire. */
  readonly tools?: readonly JsonObject[];
}

/** A new stream machine; the same case always gives the same ids and times. */
export function createAnswerStream(options: AnswerStreamCase): AnswerStream<ResponsesEvent> {
  const makeId = createCountingIds();
  const thinkTags = options.thinkTags ?? 'leading';
  const request = readResponsesRequest({ input: 'x', tools: options.tools ?? [] });
  const { dialect } = resolveModel(findProvider(undefined, 'http://127.0.0.1/v1'), undefined, undefined);
  const tools = collectTools(request, dialect, new Set<string>());
  return new AnswerStream({
    assembler: new ResponsesAssembler({
      responseId: 'resp_1',
      createdAt: STANDING_CLOCK() / 1_000,
      model: 'test-model',
      client: options.client ?? 'generic',
      clock: STANDING_CLOCK,
      makeId,
      reasoning: options.reasoning ?? 'both',
      tools,
      notes: new Set(),
    }),
    reader: new (options.wire === 'responses' ? NativeReader : ChatReader)({
      makeId,
      ...(options.callIds && { callIds: options.callIds }),
      firstCallOnly: options.firstCallOnly ?? false,
      sendsFinishReason: options.sendsFinishReason ?? true,
    }),
    stages: [
      ...(options.cumulative === true ? [new CumulativeStage()] : []),
      ...(thinkTags === 'off' ? [] : [new ThinkTagStage(thinkTags)]),
      ...(options.toolMarkup === false ? [] : [new ToolMarkupStage({ tools: tools.offered, makeId })]),
      ...(options.jsonFence === true ? [new JsonFenceStage()] : []),
    ],
  });
}

/** All events of an answer that arrives in these reads and then ends. */
export function runReads(options: AnswerStreamCase, reads: readonly Uint8Array[]): readonly ResponsesEvent[] {
  const stream = createAnswerStream(options);
  return [...stream.assembler.start(), ...reads.flatMap((read) => stream.push(read)), ...stream.end()];
}
