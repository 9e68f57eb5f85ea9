/** The fuzzer: its cases are the same on every machine, a few hundred of them pass, and it finds defects. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Bridge, Turn } from '../../src/bridge/bridge';
import { createCase, FUZZ_KEY } from './fuzz/cases';
import { createWorld } from './fuzz/world';

const LIMIT = { timeout: 300_000 } as const;
const SEED = 2;

/** Runs cases until one fails. @returns what was wrong with it; undefined if none failed */
async function findProblem(count: number, wrap?: (bridge: Bridge) => Bridge): Promise<string | undefined> {
  const world = await createWorld(wrap);
  try {
    for (let number = 0; number < count; number += 1) {
      const fuzzCase = createCase(SEED, number);
      const problems = await world.run(fuzzCase);
      if (problems.length > 0) return `case ${number} (${fuzzCase.name}): ${problems.join('; ')}`;
    }
    return undefined;
  } finally {
    await world.close();
  }
}

test('400 cases pass; npm run fuzz runs more', LIMIT, async () => {
  assert.equal(await findProblem(400), undefined);
});

test('the same seed and number give the same case, and another seed gives another case', () => {
  for (const number of [0, 1, 77, 19_999]) assert.deepEqual(createCase(SEED, number), createCase(SEED, number));
  assert.notDeepEqual(createCase(SEED, 5), createCase(SEED + 1, 5));
  const cases = Array.from({ length: 300 }, (_, number) => createCase(SEED, number));
  for (const wire of ['chat', 'responses']) assert.ok(cases.some((each) => each.wire === wire));
  assert.ok(cases.some(({ answer }) => answer.http !== undefined));
  assert.deepEqual(Object.keys(Object.prototype), []);
});

/** A bridge with a defect in its turns. */
const withTurns = (change: (turn: Turn) => Partial<Turn>) => (bridge: Bridge): Bridge => ({
  ...bridge,
  async start(...args) {
    const turn = await bridge.start(...args);
    return { ...turn, keepAlive: () => turn.keepAlive(), fail: (error) => turn.fail(error), ...change(turn) };
  },
});

async function* changeFrames(turn: Turn, change: (frame: string) => string): AsyncGenerator<string> {
  for await (const frame of turn.frames()) yield change(frame);
}

const DEFECTS: Readonly<Record<string, readonly [change: (turn: Turn) => Partial<Turn>, found: RegExp]>> = {
  'a stream that throws': [
    () => ({ frames: async function* () { throw new TypeError('a defect'); } }), /has an error|defect shows/,
  ],
  'a stream without an end': [
    (turn) => ({ frames: () => changeFrames(turn, (frame) => frame.replace(/completed|failed|incomplete/g, 'x')) }),
    /breaks rules/,
  ],
  'a stream that repeats an event': [
    (turn) => ({ frames: () => changeFrames(turn, (frame) => frame + frame) }), /breaks rules/,
  ],
  'an answer with the key': [
    (turn) => ({ collect: async () => ({ ...(await turn.collect()), body: `{"id":"${FUZZ_KEY}"}` }) }),
    /contains the key/,
  ],
  'an answer that is not JSON': [
    (turn) => ({ collect: async () => ({ ...(await turn.collect()), body: 'undefined' }) }), /not a JSON object/,
  ],
};

describe('the fuzzer finds', () => {
  for (const [name, [change, found]] of Object.entries(DEFECTS)) {
    test(name, LIMIT, async () => {
      assert.match((await findProblem(300, withTurns(change))) ?? 'nothing', found);
    });
  }
});
