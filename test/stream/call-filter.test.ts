/** Calls that the request does not allow are dropped. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { CallFilterStage, type CallRules } from '../../src/stream/small-stages';
import type { Signal } from '../../src/stream/signal';

const call = (name: string): readonly Signal[] => [
  { type: 'call-start', id: name, name },
  { type: 'call-delta', text: '{}' },
  { type: 'call-end' },
];
const DONE: Signal = { type: 'finish', reason: 'tool_calls' };

function run(
  rules: Partial<CallRules>,
  signals: readonly Signal[],
): { readonly passed: readonly Signal[]; readonly notes: readonly string[] } {
  const notes = new Set<string>();
  const stage = new CallFilterStage({
    allows: () => true,
    maxCalls: undefined,
    notes,
    ...rules,
  });
  return { passed: signals.flatMap((signal) => stage.step(signal)), notes: [...notes] };
}

test('call filter: the first calls pass completely', () => {
  const { passed, notes } = run({ maxCalls: 1 }, [...call('a'), ...call('b'), DONE]);
  assert.deepEqual(passed, [...call('a'), DONE]);
  assert.deepEqual(notes, ['dropped a call to b: the request does not allow it']);
});

test('call filter: a forbidden call does not count', () => {
  const { passed } = run({ maxCalls: 1, allows: (name) => name !== 'a' }, [...call('a'), ...call('b'), DONE]);
  assert.deepEqual(passed, [...call('b'), DONE]);
});

test('call filter: an answer whose calls were all dropped ends with "stop"', () => {
  const text: Signal = { type: 'text-delta', text: 'No.' };
  const { passed } = run({ allows: () => false }, [text, ...call('a'), DONE]);
  assert.deepEqual(passed, [text, { type: 'finish', reason: 'stop' }]);
});

test('call filter: counts the calls of each choice separately', () => {
  const { passed } = run({ maxCalls: 1 }, [...call('a'), { type: 'choice-end', reason: 'stop' }, ...call('b'), DONE]);
  assert.deepEqual(passed, [...call('a'), { type: 'choice-end', reason: 'stop' }, ...call('b'), DONE]);
});
