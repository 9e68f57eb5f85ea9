/** Every provider's word for the end. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BridgeError } from '../../src/errors/bridge-error';
import { readFinishReason } from '../../src/stream/endings';

const WORDS = {
  stop: 'stop',
  eos: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_calls: 'tool_calls',
  tool_call: 'tool_calls',
  function_call: 'tool_calls',
  tool_use: 'tool_calls',
  length: 'length',
  max_tokens: 'length',
  content_filter: 'content_filter',
  sensitive: 'content_filter',
  something_new: 'stop',
  constructor: 'stop',
  toString: 'stop',
  __proto__x: 'stop',
} as const;

for (const [word, reason] of Object.entries(WORDS)) {
  it(`"${word}" is ${reason}`, () => assert.equal(readFinishReason(word), reason));
}

const FAILURES = {
  model_context_window_exceeded: 'context_overflow',
  network_error: 'upstream_error',
  error: 'upstream_error',
} as const;

for (const [word, kind] of Object.entries(FAILURES)) {
  it(`"${word}" is the failure ${kind}`, () => {
    const failure = readFinishReason(word);
    assert.ok(failure instanceof BridgeError);
    assert.equal(failure.kind, kind);
  });
}
