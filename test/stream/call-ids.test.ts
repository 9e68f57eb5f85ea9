/** Call ids: the provider's own, unless the conversation already has them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ResponsesEvent } from '../../src/wire/responses-output';
import { createAnswerStream } from '../support/stream/answer-streams';

type Loose = any;
type Wire = 'chat' | 'responses';

/** An answer of calls with these ids. */
const BODIES: { readonly [W in Wire]: (ids: readonly string[]) => object } = {
  chat: (ids) => ({
    choices: [{
      index: 0, finish_reason: 'tool_calls',
      message: { tool_calls: ids.map((id, index) => ({ index, id, function: { name: 'f', arguments: '{}' } })) },
    }],
  }),
  responses: (ids) => ({
    status: 'completed',
    output: ids.map((call_id) => ({ type: 'function_call', id: 'fc_0', call_id, name: 'f', arguments: '{}' })),
  }),
};

function callIds(wire: Wire, ids: readonly string[], known: readonly string[] = []): readonly string[] {
  const stream = createAnswerStream({ wire, callIds: new Set(known) });
  const last: ResponsesEvent | undefined = stream.readCompletion(BODIES[wire](ids)).at(-1);
  return (last as Loose).response.output.map(({ call_id }: Loose) => call_id);
}

for (const wire of ['chat', 'responses'] as const) {
  describe(`call ids over ${wire}`, () => {
    it('the provider’s ids are kept', () => assert.deepEqual(callIds(wire, ['a', 'b'], ['c']), ['a', 'b']));

    it('a repeated id is replaced', () => {
      const [first, ...others] = callIds(wire, ['a', 'a', 'a']);
      assert.equal(first, 'a');
      assert.equal(new Set([first, ...others]).size, 3);
    });

    it('an id of the conversation is replaced', () => {
      const [first, second] = callIds(wire, ['a', 'b'], ['a']);
      assert.match(String(first), /^call_/);
      assert.equal(second, 'b');
    });
  });
}
