/** Background runs of another process: following and cancelling them, with concurrent reads and writes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { isRecord } from '../../src/base/json';
import { BackgroundRun } from '../../src/state/background-run';
import { BridgeError } from '../../src/errors/bridge-error';
import { renderRunRecord } from '../../src/state/record';
import { createMemoryStore, type ResponseStore } from '../../src/state/response-store';
import { findSharedRun, RunPublisher } from '../../src/state/shared-run';
import { append, put, WIDE_LIMITS } from '../support/state/stores';

// The timers of runs are unreferenced; without this one, the process would exit while a test waits for them.
const keepRunning = setInterval(() => undefined, 60_000);
after(() => clearInterval(keepRunning));

const RESPONSE = { id: 'resp_1', status: 'queued', created_at: 1_700_000_000 };
const event = (number: number): string => `event: e\ndata: {"sequence_number":${number}}\n\n`;
const line = (from: number, next: number, fields = {}): object => {
  const events = Array.from({ length: next - from }, (_, index) => event(from + index)).join('');
  return { at: Date.now(), from, next, events, begun: true, end: false, cancel: false, ...fields };
};

/** Creates a store in which the owner of a run has written one event. @param onRead called after each read of lines */
async function createScene(onRead: (store: ResponseStore, from: number, found: number) => Promise<unknown>) {
  const memory = createMemoryStore(WIDE_LIMITS, Date.now);
  const store: ResponseStore = {
    ...memory,
    shared: true,
    async lines(id, from = 0) {
      const found = await memory.lines(id, from);
      await onRead(memory, from, found.length);
      return found;
    },
  };
  await put(memory, 'run_1', renderRunRecord({ id: 'run_1', response: RESPONSE }));
  await append(memory, 'run_1', line(0, 1));
  const run = await findSharedRun(store, Date.now, 'resp_1');
  assert.ok(run);
  return { run, store };
}

async function readAll(frames: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const frame of frames) text += frame;
  return text;
}

describe('a follower of a run', () => {
  it('does not mistake lines that are added between its reads for a gap', async () => {
    let isAdded = false;
    const { run } = await createScene(async (store, from, found) => {
      if (from < 0 || found > 0 || isAdded) return;
      isAdded = true;
      for (const added of [line(1, 2), line(2, 3), line(3, 4, { end: true })]) await append(store, 'run_1', added);
    });
    assert.equal(await readAll(run.follow(-1)), `${[0, 1, 2, 3].map(event).join('')}data: [DONE]\n\n`);
    assert.equal(await readAll(run.follow(2)), `${event(3)}data: [DONE]\n\n`);
  });

  it('gets each event once, even if a write is repeated', async () => {
    const { run, store } = await createScene(async () => undefined);
    const [first, again] = [line(1, 3), line(1, 4, { end: true })];
    for (const added of [first, again]) await append(store, 'run_1', added);
    assert.equal(await readAll(run.follow(-1)), `${[0, 1, 2, 3].map(event).join('')}data: [DONE]\n\n`);
  });

  it('gets an error if events are no longer buffered, or the run is deleted', async () => {
    const isGone = (error: unknown): boolean =>
      error instanceof BridgeError && /no longer buffered/.test(error.message);
    let step = 0;
    const { run } = await createScene(async (store, from, found) => {
      if (from < 0 || found > 0) return;
      step += 1;
      if (step > 1) return;
      // The owner starts over, because its events are too long for the store.
      await put(store, 'run_1', renderRunRecord({ id: 'run_1', response: RESPONSE }));
      await append(store, 'run_1', line(9, 9));
    });
    await assert.rejects(readAll(run.follow(-1)), isGone);
    const { run: deleted } = await createScene(async (store, from, found) => {
      if (from >= 0 && found === 0) await store.delete('run_1');
    });
    await assert.rejects(readAll(deleted.follow(-1)), isGone);
  });
});

describe('the Response of a run', () => {
  it('is read from its events if it was too large to be stored', async () => {
    const { run, store } = await createScene(async () => undefined);
    const response = { ...RESPONSE, status: 'incomplete', output: ['long'] };
    const events = `event: response.incomplete\ndata: ${JSON.stringify({ sequence_number: 1, response })}\n\n`;
    await append(store, 'run_1', line(1, 2, { events, end: true }));
    assert.deepEqual(await run.readResponse(), response);
  });

  it('has failed if its owner crashed, and its stream ends with response.failed', async () => {
    const { run, store } = await createScene(async () => undefined);
    await append(store, 'run_1', line(1, 3, { at: Date.now() - 60_000 }));
    const failed = await run.readResponse();
    assert.equal(failed['status'], 'failed');
    const text = await readAll(run.follow(1));
    assert.match(text, /"sequence_number":2[^]*event: response\.failed\ndata: .*"sequence_number":3,[^]*\[DONE\]/);
    assert.deepEqual(await run.readResponse(), failed);
  });
});

describe('a cancelled run', () => {
  it('that ends at the same moment is not ended again', async () => {
    let isAdded = false;
    const { run, store } = await createScene(async (memory, from) => {
      if (from >= 0 || isAdded) return;
      isAdded = true;
      await append(memory, 'run_1', line(1, 2, { end: true }));
    });
    await run.cancel();
    const ends = (await store.lines('run_1')).filter((each) => isRecord(each) && each['end'] === true);
    assert.equal(ends.length, 1);
    assert.equal(await readAll(run.follow(-1)), `${[0, 1].map(event).join('')}data: [DONE]\n\n`);
  });
});

describe('a run whose owner crashed, in a full store', () => {
  it("ends a follower's stream with response.failed", async () => {
    const { run, store } = await createScene(async () => undefined);
    await append(store, 'run_1', line(1, 3, { at: Date.now() - 60_000 }));
    let writes = 0;
    store.write = async (changes) => {
      writes += 1;
      assert.ok(writes < 10, 'the follower does not retry forever');
      return changes.map(() => 'refused' as const);
    };
    const text = await readAll(run.follow(1));
    assert.match(text, /"sequence_number":2[^]*event: response\.failed\ndata: .*"sequence_number":3,[^]*\[DONE\]/);
    assert.equal((await run.readResponse())['status'], 'failed');
  });
});

describe('the owner of a run', () => {
  it('sees a request to cancel that is sorted before its own last lines', async () => {
    let isCancelled = false;
    const memory = createMemoryStore(WIDE_LIMITS, Date.now);
    const store: ResponseStore = {
      ...memory,
      shared: true,
      async lines(id, from = 0) {
        const [first, ...rest] = await memory.lines(id);
        return (isCancelled ? [first, line(0, 0, { cancel: true }), ...rest] : [first, ...rest]).slice(from);
      },
    };
    const controller = new AbortController();
    async function* frames(): AsyncGenerator<string> {
      yield event(1);
      await once(controller.signal, 'abort');
    }
    const publisher = new RunPublisher(store, Date.now, RESPONSE);
    await publisher.open();
    const run = new BackgroundRun(event(0), frames(), controller);
    const following = publisher.follow(run);
    while ((await memory.lines('run_1')).length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    isCancelled = true;
    await following;
    assert.ok(controller.signal.aborted);
  });
});
