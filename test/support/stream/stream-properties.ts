/**
 * What holds for every stream fixture, whatever upstream's protocol: its events, their grammar, any re-chunking, any
 * cut.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SSE_DONE, SseDecoder, SseEncoder } from '../../../src/stream/sse';
import type { ResponsesEvent } from '../../../src/wire/responses-output';
import { createAnswerStream, runReads, type AnswerStreamCase } from './answer-streams';
import { listFixtures, type Fixture } from '../fixtures';
import { IS_LONG } from '../long-tests';
import { assertGoodStream } from './stream-grammar';
import { createRandom } from '../random';

const TERMINAL = ['response.completed', 'response.incomplete', 'response.failed'];
const RANDOM_CHUNKINGS = 20;
/** Outside long runs, the complete machine runs for one position in this many. */
const STEP = IS_LONG ? 1 : 7;
const CLOSERS = [...Buffer.from('}]')];

export interface StreamProtocol {
  readonly wire: NonNullable<AnswerStreamCase['wire']>;
  /**
   * Whether a reader of plain text sees upstream say that its answer is over: the oracle is simpler than the machine.
   */
  readonly saysFinished: (text: string) => boolean;
}

const render = (events: readonly ResponsesEvent[]): string =>
  events.map((event, sequence_number) => `${JSON.stringify({ ...event, sequence_number })}\n`).join('');

/** Declares the tests of every fixture of an area. */
export function describeStreams(area: string, { wire, saysFinished }: StreamProtocol): void {
  for (const fixture of listFixtures(area)) {
    describe(`${area}/${fixture.name}`, () => {
      const options: AnswerStreamCase = { ...fixture.options, wire };

      it('gives the expected events', () => {
        fixture.expect('events.jsonl', render(runWhole(fixture, options)));
      });

      it('keeps the grammar of a Responses stream', () => {
        assertGoodStream(new SseEncoder('').encode(runWhole(fixture, options)) + SSE_DONE, {
          fullResponse: false,
          warnings: false,
        });
      });

      if (fixture.has('upstream.sse')) describeBytes(fixture.bytes('upstream.sse'), options, saysFinished);
    });
  }
}

function describeBytes(bytes: Buffer, options: AnswerStreamCase, saysFinished: StreamProtocol['saysFinished']): void {
  const run = (reads: readonly Uint8Array[]): string => render(runReads(options, reads));

  it('gives the same events however the bytes are split', () => {
    const whole = run([bytes]);
    const decoded = decode([bytes]);
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const reads = [bytes.subarray(0, cut), bytes.subarray(cut)];
      // Only the decoder sees bytes: the whole machine runs for one split in eight at most, and byte by byte below.
      assert.equal(decode(reads), decoded, `decoded, split at byte ${cut}`);
      if (cut % (8 * STEP) === 0) assert.equal(run(reads), whole, `split at byte ${cut}`);
    }
    assert.equal(run([...bytes].map((byte) => Uint8Array.of(byte))), whole, 'byte by byte');
    const random = createRandom(1);
    for (let round = 0; round < RANDOM_CHUNKINGS; round += 1)
      assert.equal(run(splitAtRandom(bytes, random)), whole, `random ${round}`);
  });

  it('ends exactly once wherever it is cut, and completed only if upstream had finished', () => {
    let finished = false;
    for (let cut = 0; cut < bytes.length; cut += 1) {
      const prefix = bytes.subarray(0, cut);
      // Upstream can only have said it with the last byte of an object or of [DONE].
      const isClosed = CLOSERS.includes(bytes[cut - 1] ?? 0);
      finished ||= isClosed && saysFinished(prefix.toString('utf8'));
      if (!isClosed && cut % STEP !== 0) continue;
      const ends = runReads(options, [prefix]).filter((event) => TERMINAL.includes(event.type));
      assert.equal(ends.length, 1, `cut at byte ${cut}`);
      if (!finished) assert.equal(ends[0]?.type, 'response.failed', `cut at byte ${cut}`);
    }
  });
}

/** The SSE events of these reads, as text. */
function decode(reads: readonly Uint8Array[]): string {
  const decoder = new SseDecoder();
  return JSON.stringify([...reads.flatMap((read) => decoder.push(read)), ...decoder.end()]);
}

function runWhole(fixture: Fixture, options: AnswerStreamCase): readonly ResponsesEvent[] {
  if (fixture.has('upstream.sse')) return runReads(options, [fixture.bytes('upstream.sse')]);
  const stream = createAnswerStream(options);
  return [...stream.assembler.start(), ...stream.readCompletion(fixture.json('upstream.json'))];
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
