/** Limits for provider responses: length and number of calls of an answer, and nesting of a chunk. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/base/json';
import { ChatReader } from '../../src/stream/chat-reader';
import type { Signal } from '../../src/stream/signal';
import { MAX_ANSWER_LENGTH, MAX_CALLS } from '../../src/stream/tool-calls';
import type { ResponsesEvent } from '../../src/wire/responses-output';
import { runReads } from '../support/stream/answer-streams';

const sse = (delta: JsonObject): Buffer => Buffer.from(`data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`);
const toolCall = (index: number): JsonObject =>
  ({ index, id: `call_${index}`, function: { name: 'run', arguments: '{"a":1}' } });
const calls = (count: number): readonly JsonObject[] => Array.from({ length: count }, (_, index) => toolCall(index));

const FINISH = Buffer.from('data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}]}\n\ndata: [DONE]\n\n');

function failureOf(events: readonly ResponsesEvent[]): string {
  const last = events.at(-1);
  assert.equal(last?.type, 'response.failed');
  assert.equal(events.filter(({ type }) => TERMINAL.test(type)).length, 1);
  return last.response.error?.message ?? '';
}

const TERMINAL = /^response\.(?:completed|incomplete|failed)$/;

const countCalls = (events: readonly ResponsesEvent[]): number =>
  events.filter(({ type }) => type === 'response.output_item.added').length;

describe('the number of calls in one answer is limited', () => {
  it(`${MAX_CALLS} calls are fine`, () => {
    const events = runReads({}, [...calls(MAX_CALLS).map((one) => sse({ tool_calls: [one] })), FINISH]);
    assert.equal(events.at(-1)?.type, 'response.completed');
    assert.equal(countCalls(events), MAX_CALLS);
  });

  it('one more fails, with the limit in the message', () => {
    const events = runReads({}, [...calls(MAX_CALLS + 1).map((one) => sse({ tool_calls: [one] })), FINISH]);
    assert.match(failureOf(events), /more than 1000 tool calls/);
  });

  it('100,000 in one chunk fail within ten seconds of CPU', () => {
    const chunk = sse({ tool_calls: calls(100_000) as JsonValue[] });
    const before = process.cpuUsage();
    const events = runReads({}, [chunk, FINISH]);
    const { user, system } = process.cpuUsage(before);
    assert.match(failureOf(events), /more than 1000 tool calls/);
    assert.ok(countCalls(events) <= MAX_CALLS);
    assert.ok(user + system < 10_000_000, `${user + system} microseconds of CPU`);
  });
});

describe('the length of one answer is limited', () => {
  const MEGABYTE = 'x'.repeat(1024 * 1024);
  const MAX_PIECES = MAX_ANSWER_LENGTH / MEGABYTE.length;
  // All pieces share one string, so that the test needs little memory.
  const chunk = (delta: JsonObject): { readonly type: undefined; readonly data: string } =>
    ({ type: undefined, data: JSON.stringify({ choices: [{ delta }] }) });
  const messageOf = (signals: readonly Signal[]): string =>
    signals.map((signal) => (signal.type === 'error' ? signal.error.message : '')).join('');

  const PIECES: Readonly<Record<string, JsonObject>> = {
    text: { content: MEGABYTE },
    reasoning: { reasoning_content: MEGABYTE },
    arguments: { tool_calls: [{ index: 0, function: { arguments: MEGABYTE } }] },
  };
  for (const [name, delta] of Object.entries(PIECES)) {
    it(name, () => {
      const reader = new ChatReader({ makeId: () => 'id', firstCallOnly: false });
      const start = { tool_calls: [{ index: 0, id: 'call_1', function: { name: 'run', arguments: '' } }] };
      if (name === 'arguments') reader.readEvent(chunk(start));
      const piece = chunk(delta);
      for (let count = 0; count < MAX_PIECES; count += 1) assert.equal(messageOf(reader.readEvent(piece).signals), '');
      assert.match(messageOf(reader.readEvent(piece).signals), /longer than 64 MB/);
    });
  }
});

describe('a deeply nested chunk never breaks the stream', () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const PLACES: Readonly<Record<string, (value: string) => string>> = {
    'an unused field': (value) => `"extra":${value}`,
    text: (value) => `"content":${value}`,
    'the list of calls': (value) => `"tool_calls":${value}`,
    arguments: (value) => `"tool_calls":[{"index":0,"id":"c","function":{"name":"run","arguments":${value}}}]`,
    'the text of arguments': (value) =>
      `"tool_calls":[{"index":0,"id":"c","function":{"name":"run","arguments":"{\\"a\\":${value}}"}}]`,
    'reasoning details': (value) => `"reasoning_details":${value}`,
    'the signature of a call': (value) =>
      `"tool_calls":[{"index":0,"id":"c","extra_content":{"a":${value}},"function":{"name":"run","arguments":"{}"}}]`,
  };
  for (const depth of [300, 5_000, 100_000]) {
    for (const [name, place] of Object.entries(PLACES)) {
      it(`${depth} levels in ${name}`, () => {
        const events = runReads({}, [
          sse({ content: 'Hello.' }),
          Buffer.from(`data: {"choices":[{"delta":{${place(nested(depth))}}}]}\n\n`),
          FINISH,
        ]);
        const ends = events.filter(({ type }) => TERMINAL.test(type));
        assert.equal(ends.length, 1);
        assert.equal(ends[0], events.at(-1));
        if (ends[0]?.type === 'response.failed') assert.notEqual(failureOf(events), '');
        for (const event of events) assert.doesNotThrow(() => JSON.stringify(event));
      });
    }
  }
});
