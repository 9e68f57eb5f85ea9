/** An answer requested as JSON is accepted, or if it is invalid, noted or rejected. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonCheckStage } from '../../src/stream/json-answer';
import type { Signal } from '../../src/stream/signal';

const text = (part: string): Signal => ({ type: 'text-delta', text: part });
const STOP: Signal = { type: 'finish', reason: 'stop' };
const CALL: Signal = { type: 'call-start', id: 'call_1', name: 'f' };

const CASES: readonly (readonly [name: string, signals: readonly Signal[], invalid: boolean])[] = [
  ['JSON in pieces', [text('{"a"'), text(':1}'), STOP], false],
  ['a list', [text('[1]'), STOP], false],
  ['prose', [text('Sure! Here it is.'), STOP], true],
  ['JSON followed by prose', [text('{"a":1} Done.'), STOP], true],
  ['prose before a call', [text('Let me look.'), CALL, STOP], false],
  ['no text at all', [STOP], false],
  ['JSON truncated by the limit', [text('{"a":'), { type: 'finish', reason: 'length' }], false],
  ['prose in the second of two choices', [text('{}'), { type: 'choice-end', reason: 'stop' }, text('no'), STOP], true],
  ['prose after a choice with a call', [CALL, { type: 'choice-end', reason: 'tool_calls' }, text('no'), STOP], true],
  ['JSON after a truncated choice', [text('{"a'), { type: 'choice-end', reason: 'length' }, text('{}'), STOP], false],
];

describe('JsonCheckStage', () => {
  for (const [name, signals, invalid] of CASES) {
    it(`${invalid ? 'detects' : 'accepts'} ${name}`, () => {
      const notes = new Set<string>();
      const run = (failsAnswer: boolean): readonly Signal[] => {
        const stage = new JsonCheckStage({ failsAnswer, notes });
        return signals.flatMap((signal) => stage.step(signal));
      };
      assert.deepEqual(run(false), signals);
      assert.equal(notes.size, invalid ? 1 : 0);
      assert.equal(run(true).some((signal) => signal.type === 'error' && signal.error.kind === 'bad_answer'), invalid);
    });
  }
});
