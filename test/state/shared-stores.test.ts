/** Stores of several replicas that share a location: each immediately sees what the others store, add and delete. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { itemsIn, renderConversationRecord } from '../../src/state/record';
import { NEEDS_REDIS, REDIS_MISSING } from '../support/state/redis';
import { append, createSharedFolder, createSharedRedis, put } from '../support/state/stores';

const LOCATIONS = [
  { kind: 'folder', create: createSharedFolder, options: {} },
  { kind: `Redis server${REDIS_MISSING}`, create: createSharedRedis, options: NEEDS_REDIS },
] as const;

const response = (id: string, ...items: readonly string[]): string =>
  JSON.stringify({
    kind: 'response', id, input: [], response: { id, output: items.map((item) => ({ id: item, type: 'message' })) },
  });
const conversation = (id: string): string => renderConversationRecord({ id, createdAt: 0, metadata: {}, items: [] });

for (const { kind, create, options } of LOCATIONS) {
  describe(`stores that share a ${kind}`, options, () => {
    it("immediately see each other's new, replaced and deleted records", async (context) => {
      const location = await create(context);
      const [one, two] = [location.open(), location.open()];
      assert.equal(await two.get('resp_1'), undefined);
      assert.ok(await put(one, 'resp_1', response('resp_1', 'msg_1'), ['msg_1']));
      assert.deepEqual(await two.get('resp_1'), JSON.parse(response('resp_1', 'msg_1')));
      assert.ok(await put(two, 'resp_1', response('resp_1', 'msg_2'), ['msg_2']));
      assert.deepEqual(await one.get('resp_1'), JSON.parse(response('resp_1', 'msg_2')));
      assert.equal(await one.delete('resp_1'), true);
      assert.equal(await two.get('resp_1'), undefined);
      assert.equal(await two.delete('resp_1'), false);
      assert.deepEqual(location.warnings, []);
    });

    it("find each other's items", async (context) => {
      const location = await create(context);
      const [one, two] = [location.open(), location.open()];
      assert.equal(await two.holderOf('msg_1'), undefined);
      await put(one, 'resp_1', response('resp_1', 'msg_1'), ['msg_1']);
      await put(one, 'conv_1', conversation('conv_1'));
      assert.equal(await two.holderOf('msg_1'), 'resp_1');
      await append(one, 'conv_1', [{ id: 'msg_2' }], ['msg_2']);
      assert.equal(await two.holderOf('msg_2'), 'conv_1');
      await append(two, 'conv_1', [{ id: 'msg_3' }], ['msg_3']);
      assert.equal(await one.holderOf('msg_3'), 'conv_1');
      await one.delete('conv_1');
      assert.equal(await two.holderOf('msg_3'), undefined);
    });

    it('add lines to one record, and every reader sees the same order', async (context) => {
      const location = await create(context);
      const [one, two] = [location.open(), location.open()];
      assert.equal(await append(one, 'conv_1', [1]), 'absent');
      await put(one, 'conv_1', conversation('conv_1'));
      for (const [store, line] of [[one, 'a'], [two, 'b'], [one, 'c']] as const) {
        assert.equal(await append(store, 'conv_1', line), 'kept');
      }
      for (const store of [one, two, location.open()]) {
        assert.deepEqual(await store.lines('conv_1'), ['a', 'b', 'c']);
        assert.deepEqual([await store.lines('conv_1', 2), await store.lines('conv_1', -1)], [['c'], ['c']]);
        assert.deepEqual(await store.lines('conv_none'), []);
      }
      await one.delete('conv_1');
      assert.equal(await append(two, 'conv_1', 'd'), 'absent');
      assert.deepEqual(await two.lines('conv_1'), []);
      await put(two, 'conv_1', conversation('conv_1'));
      assert.deepEqual(await one.lines('conv_1'), []);
    });

    it('lose none of 50 concurrent lines', async (context) => {
      const location = await create(context);
      const stores = Array.from({ length: 5 }, () => location.open());
      await put(location.open(), 'conv_1', conversation('conv_1'));
      const numbers = Array.from({ length: 50 }, (_, index) => index);
      const written = await Promise.all(numbers.map((number) => {
        const store = stores[number % stores.length] ?? location.open();
        return append(store, 'conv_1', [{ id: `msg_${number}` }], [`msg_${number}`]);
      }));
      assert.deepEqual(new Set(written), new Set(['kept']));
      const orders = await Promise.all(stores.map((store) => store.lines('conv_1')));
      const [order = []] = orders;
      for (const other of orders) assert.deepEqual(other, order);
      const ids = order.flatMap(itemsIn).map(({ id }) => id);
      assert.deepEqual([...ids].sort(), numbers.map((number) => `msg_${number}`).sort());
      // The lines of one writer keep their order.
      for (const first of [0, 1, 2, 3, 4]) {
        const own = ids.filter((id) => Number(String(id).slice(4)) % 5 === first);
        assert.deepEqual(own, numbers.filter((number) => number % 5 === first).map((number) => `msg_${number}`));
      }
    });

    it('share the limits: the least recently used record is evicted, whichever store used it', async (context) => {
      const location = await create(context);
      const [one, two] = [location.open({ records: 3 }), location.open({ records: 3 })];
      for (const id of ['resp_1', 'resp_2', 'resp_3']) {
        await put(one, id, response(id));
        await pause();
      }
      await two.get('resp_1');
      await pause();
      await put(one, 'resp_4', response('resp_4'));
      assert.deepEqual(await one.get('resp_2'), undefined);
      for (const id of ['resp_1', 'resp_3', 'resp_4']) assert.ok(await two.get(id), id);
      assert.equal(await append(two, 'resp_1', 'x'.repeat(1_000_000)), 'refused');
      assert.ok(await one.get('resp_1'));
    });
  });
}

/** Waits longer than the precision of the time of last use. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
