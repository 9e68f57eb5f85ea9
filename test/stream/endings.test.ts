/** Finish reasons of every provider. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BridgeError } from '../../src/errors/bridge-error';
import { readFinishReason } from '../../src/stream/endings';

const REASONS = {
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
  STOP: 'stop',
  eos_token: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
} as const;

for (const [word, reason] of Object.entries(REASONS)) {
  it(`"${word}" means ${reason}`, () => assert.equal(readFinishReason(word), reason));
}

const FAILURES = {
  model_context_window_exceeded: 'context_overflow',
  network_error: 'upstream_error',
  error: 'upstream_error',
  MALFORMED_FUNCTION_CALL: 'upstream_error',
  abort: 'upstream_error',
  something_new: 'upstream_error',
  constructor: 'upstream_error',
  toString: 'upstream_error',
  __proto__x: 'upstream_error',
} as const;

for (const [word, kind] of Object.entries(FAILURES)) {
  it(`"${word}" means the failure ${kind}`, () => {
    const failure = readFinishReason(word);
    assert.ok(failure instanceof BridgeError);
    assert.equal(failure.kind, kind);
  });
}

for (const word of ['', 'null', 'None', ' ']) {
  it(`"${word}" has no meaning`, () => assert.equal(readFinishReason(word), undefined));
}

it('the message of a failure quotes the finish reason', () => {
  const failure = readFinishReason('MALFORMED_FUNCTION_CALL');
  assert.ok(failure instanceof BridgeError);
  assert.match(failure.message, /"MALFORMED_FUNCTION_CALL"/);
});
