/** Every stream fixture: its events, the grammar of the stream, any re-chunking, and a cut at every byte. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseJson } from '../../src/base/json';
import { SseEncoder, SSE_DONE } from '../../src/stream/sse-encoder';
import type { ResponsesEvent } from '../../src/wire/responses-events';
import { createAnswerStream, runReads, type AnswerStreamCase } from '../support/answer-streams';
import { listFixtures, type Fixture } from '../support/fixtures';
import { assertGoodStream } from '../support/stream-grammar';

const TERMINAL = ['response.completed', 'response.incomplete', 'response.failed'];
const RANDOM_CHUNKINGS = 40;

const render = (events: readonly ResponsesEvent[]): string => events.map((event, sequence_number) => `${JSON.stringify({ ...event, sequence_number })}\n`).join('');

for (const fixture of listFixtures('streams')) {
  describe(`streams/${fixture.name}`, () => {
    const options = fixture.options as AnswerStreamCase;
    const run = (reads: readonly Uint8Array[]): string => render(runReads(options, reads));

    it('gives the expected events', () => {
      fixture.expect('events.jsonl', render(runWhole(fixture, options)));
    });

    it('keeps the grammar of a Responses stream', () => {
      assertGoodStream(new SseEncoder('').encode(runWhole(fixture, options)) + SSE_DONE, { fullResponse: false, warnings: false });
    });

    if (!fixture.has('upstream.sse')) return;
    const bytes = fixture.bytes('upstream.sse');

    it('gives the same events however the bytes are split', () => {
      const whole = run([bytes]);
      for (let cut = 1; cut < bytes.length; cut += 1) {
        assert.equal(run([bytes.subarray(0, cut), bytes.subarray(cut)]), whole, `split at byte ${cut}`);
      }
      assert.equal(run([...bytes].map((byte) => Uint8Array.of(byte))), whole, 'byte by byte');
      const random = createRandom(1);
      for (let round = 0; round < RANDOM_CHUNKINGS; round += 1) assert.equal(run(splitAtRandom(bytes, random)), whole, `random ${round}`);
    });

    it('ends exactly once wherever it is cut, and completed only if upstream had finished', () => {
      for (let cut = 0; cut < bytes.length; cut += 1) {
        const prefix = bytes.subarray(0, cut);
        const ends = runReads(options, [prefix]).filter((event) => TERMINAL.includes(event.type));
        assert.equal(ends.length, 1, `cut at byte ${cut}`);
        if (!saysFinished(prefix.toString('utf8'))) assert.equal(ends[0]?.type, 'response.failed', `cut at byte ${cut}`);
      }
    });
  });
}

function runWhole(fixture: Fixture, options: AnswerStreamCase): readonly ResponsesEvent[] {
  if (fixture.has('upstream.sse')) return runReads(options, [fixture.bytes('upstream.sse')]);
  const stream = createAnswerStream(options);
  return [...stream.start(), ...stream.completion(fixture.json('upstream.json'))];
}

/** Whether a reader of plain lines sees upstream say that its answer is over: the oracle is simpler than the machine. */
function saysFinished(text: string): boolean {
  return text.split('\n').some((line) => {
    const data = line.trim().replace(/^data:\s*/, '');
    return data === '[DONE]' || /"finish_reason":\s*"[^"]/.test(parseJson(data) === undefined ? '' : data);
  });
}

function splitAtRandom(bytes: Buffer, random: () => number): readonly Buffer[] {
  const reads: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = start + 1 + Math.floor(random() * 24);
    reads.push(bytes.subarray(start, end));
    start = end;
  }
  return reads;
}

/** A seeded generator (mulberry32), so that a failure can be repeated. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
