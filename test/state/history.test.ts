/** Chains of responses, item references, inputs as stored items, and pagination. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createCountingIds } from '../../src/base/clock';
import { BridgeError } from '../../src/errors/bridge-error';
import { readHistory, resolveReferences } from '../../src/state/history';
import { readPage } from '../../src/state/page';
import { idsOf, renderConversationRecord, renderResponseRecord, toRawItems } from '../../src/state/record';
import { createMemoryStore, type ResponseStore } from '../../src/state/response-store';
import { put } from '../support/state/stores';

const createStore = (): ResponseStore => createMemoryStore({ records: 5_000, bytes: 10_000_000, ageMs: 1 }, () => 0);

async function keep(
  store: ResponseStore,
  id: string,
  previous: string | undefined,
  output: readonly object[] = [{ id: `msg_${id}`, type: 'message' }],
): Promise<void> {
  const input = [{ id: `in_${id}`, type: 'message', role: 'user', future_field: [1] }];
  await put(store, id, renderResponseRecord({ id, previous, input }, JSON.stringify({ id, output })), [
    ...idsOf(input),
    `msg_${id}`,
  ]);
}

const isBridgeError = (kind: string, message: RegExp) => (error: unknown): boolean =>
  error instanceof BridgeError && error.kind === kind && message.test(error.message);

describe('readHistory', () => {
  it('returns input and output of every response in order, unchanged', async () => {
    const store = createStore();
    await keep(store, 'a', undefined);
    await keep(store, 'b', 'a');
    await keep(store, 'c', 'b');
    assert.deepEqual(idsOf(await readHistory(store, 'c')), ['in_a', 'msg_a', 'in_b', 'msg_b', 'in_c', 'msg_c']);
    assert.deepEqual((await readHistory(store, 'a'))[0]?.['future_field'], [1]);
  });

  it('names the missing response', async () => {
    const store = createStore();
    await keep(store, 'b', 'a');
    await assert.rejects(
      readHistory(store, 'x'),
      isBridgeError('previous_response_not_found', /^Previous response with id "x" not found/),
    );
    await assert.rejects(
      readHistory(store, 'b'),
      isBridgeError('previous_response_not_found', /^Cannot continue "b": "a", which it continues/),
    );
  });

  it('does not treat a conversation as a response', async () => {
    const store = createStore();
    await put(store, 'conv_1', renderConversationRecord({ id: 'conv_1', createdAt: 0, metadata: {}, items: [] }), []);
    await assert.rejects(readHistory(store, 'conv_1'), isBridgeError('previous_response_not_found', /"conv_1"/));
  });

  it('rejects a cycle, and a chain of more than 2000 responses', async () => {
    const store = createStore();
    await keep(store, 'a', 'b');
    await keep(store, 'b', 'a');
    await assert.rejects(readHistory(store, 'a'), isBridgeError('invalid_request', /more than 2000 responses/));
    for (let index = 0; index < 2_000; index += 1) {
      await keep(store, `r${index}`, index === 0 ? undefined : `r${index - 1}`);
    }
    assert.equal((await readHistory(store, 'r1999')).length, 4_000);
    await keep(store, 'r2000', 'r1999');
    await assert.rejects(readHistory(store, 'r2000'), isBridgeError('invalid_request', /more than 2000 responses/));
  });
});

describe('resolveReferences', () => {
  it('replaces each reference with its item, at the same position, and changes nothing else', async () => {
    const store = createStore();
    await keep(store, 'a', undefined);
    const message = { type: 'message', role: 'user', content: 'x' };
    const input = [
      'text',
      { type: 'item_reference', id: 'msg_a' },
      message,
      { id: 'in_a' },
      { type: 'item_reference' },
    ];
    assert.deepEqual(await resolveReferences(store, input), [
      'text',
      { id: 'msg_a', type: 'message' },
      message,
      { id: 'in_a', type: 'message', role: 'user', future_field: [1] },
      { type: 'item_reference' },
    ]);
    for (const other of ['text', undefined, 7, [message]]) assert.equal(await resolveReferences(store, other), other);
  });

  it('finds items of conversations, and names the path of an unknown item', async () => {
    const store = createStore();
    await put(
      store,
      'conv_1',
      renderConversationRecord({ id: 'conv_1', createdAt: 0, metadata: {}, items: [{ id: 'msg_1' }] }),
      ['msg_1'],
    );
    assert.deepEqual(await resolveReferences(store, [{ type: 'item_reference', id: 'msg_1' }]), [{ id: 'msg_1' }]);
    await assert.rejects(
      resolveReferences(store, ['x', { type: 'item_reference', id: 'msg_2' }]),
      (error: unknown) =>
        isBridgeError('not_found', /"msg_2"/)(error) &&
        error instanceof BridgeError &&
        error.details.param === 'input[1].id',
    );
  });
});

describe('toRawItems', () => {
  it('converts text to items, assigns missing ids, drops values that are not items, and changes nothing else', () => {
    const reasoning = { type: 'reasoning', id: 'rs_9', summary: [], encrypted_content: 'sealed' };
    const call = { type: 'function_call', call_id: 'c', name: 'n', arguments: '{"a": 1}' };
    const items = toRawItems(
      ['Hi', { role: 'assistant', content: 'Yes' }, reasoning, call, { type: 'mystery', x: 1 }, 7],
      createCountingIds(),
    );
    assert.deepEqual(items, [
      { type: 'message', id: 'msg_1', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
      {
        type: 'message',
        id: 'msg_2',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Yes', annotations: [] }],
      },
      reasoning,
      { ...call, id: 'fc_3' },
      { type: 'mystery', x: 1, id: 'item_4' },
    ]);
    assert.deepEqual(toRawItems('', createCountingIds()), []);
    assert.deepEqual(toRawItems(undefined, createCountingIds()), []);
  });
});

describe('readPage', () => {
  const items = ['a', 'b', 'c'].map((id) => ({ id }));

  it('paginates a list in both orders', () => {
    assert.deepEqual(readPage(items, { limit: '2' }), {
      object: 'list',
      data: [{ id: 'c' }, { id: 'b' }],
      first_id: 'c',
      last_id: 'b',
      has_more: true,
    });
    assert.deepEqual(readPage(items, { limit: '2', after: 'b' }), {
      object: 'list',
      data: [{ id: 'a' }],
      first_id: 'a',
      last_id: 'a',
      has_more: false,
    });
    assert.deepEqual(readPage(items, { order: 'asc', limit: '1', after: 'a' })['data'], [{ id: 'b' }]);
    assert.deepEqual(readPage([], {}), { object: 'list', data: [], first_id: null, last_id: null, has_more: false });
  });

  for (const query of [
    { limit: '0' },
    { limit: '-1' },
    { limit: '1.5' },
    { limit: '101' },
    { order: 'up' },
    { after: 'x' },
  ]) {
    it(`rejects ${JSON.stringify(query)}`, () => {
      assert.throws(
        () => readPage(items, query),
        isBridgeError('invalid_request', /^Cannot read (limit|order|after): expected/),
      );
    });
  }
});
