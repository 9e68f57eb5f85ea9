/** An answer requested as JSON: accepted, rejected before anything was shown, or noted. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonCheckStage } from '../../src/stream/json-answer';
import type { Signal } from '../../src/stream/signal';

const text = (part: string): Signal => ({ type: 'text-delta', text: part });
const STOP: Signal = { type: 'finish', reason: 'stop' };
const CALL: Signal = { type: 'call-start', id: 'call_1', name: 'f' };

const CASES: readonly (readonly [name: string, signals: readonly Signal[], wrong: boolean])[] = [
  ['JSON in pieces', [text('{"a"'), text(':1}'), STOP], false],
  ['a list', [text('[1]'), STOP], false],
  ['prose', [text('Sure! Here it is.'), STOP], true],
  ['JSON followed by prose', [text('{"a":1} Done.'), STOP], true],
  ['prose next to a call', [text('Let me look.'), CALL, STOP], false],
  ['no text at all', [STOP], false],
  ['cut by the limit', [text('{"a":'), { type: 'finish', reason: 'length' }], false],
  ['the second of two choices', [text('{}'), { type: 'choice-end', reason: 'stop' }, text('no'), STOP], true],
  ['a choice after one with a call', [CALL, { type: 'choice-end', reason: 'tool_calls' }, text('no'), STOP], true],
  ['a truncated choice first', [text('{"a'), { type: 'choice-end', reason: 'length' }, text('{}'), STOP], false],
];

describe('JsonCheckStage', () => {
  for (const [name, signals, wrong] of CASES) {
    it(name, () => {
      const notes = new Set<string>();
      const run = (refuse: boolean): readonly Signal[] => {
        const stage = new JsonCheckStage({ refuse, notes });
        return signals.flatMap((signal) => stage.step(signal));
      };
      assert.deepEqual(run(false), signals);
      assert.equal(notes.size, wrong ? 1 : 0);
      assert.equal(run(true).some((signal) => signal.type === 'error' && signal.error.kind === 'bad_answer'), wrong);
    });
  }
});
