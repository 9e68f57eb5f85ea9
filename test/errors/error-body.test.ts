/** Renders an error in the format of each client. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BridgeError } from '../../src/errors/bridge-error';
import { renderErrorBody, renderStreamError, statusOf } from '../../src/errors/error-body';
import { ERRORS, type ErrorKind } from '../../src/errors/error-table';

/**
 * Codes for Codex, which acts on the first three. It retries five times on `server_error`, as on any unknown code
 * (codex-protocol.md, section 3).
 */
const CODEX_CODES = ['invalid_prompt', 'rate_limit_exceeded', 'context_length_exceeded', 'server_error'];

it('an SDK client gets the four fields of an OpenAI error', () => {
  const error = new BridgeError('invalid_request', 'No.', { param: 'input[3].role' });
  assert.deepEqual(renderErrorBody(error), {
    error: { message: 'No.', type: 'invalid_request_error', param: 'input[3].role', code: 'invalid_request' },
  });
  assert.equal(renderErrorBody(new BridgeError('auth', 'No.')).error.param, null);
});

for (const kind of Object.keys(ERRORS) as ErrorKind[]) {
  it(`${kind}: an SDK client gets the code of the table, and Codex one of four codes`, () => {
    const error = new BridgeError(kind, 'Because.');
    assert.equal(renderStreamError(error, 'generic').code, ERRORS[kind].code);
    const codex = renderStreamError(error, 'codex');
    assert.ok(CODEX_CODES.includes(codex.code));
    assert.ok(codex.message.startsWith('Because.'));
  });
}

it('Codex gets one delay that it can parse: the one in the message, or one in whole seconds', () => {
  const render = (message: string, retryAfterMs?: number) =>
    renderStreamError(
      new BridgeError('rate_limit', message, retryAfterMs === undefined ? {} : { retryAfterMs }),
      'codex',
    ).message;
  assert.equal(render('Slow.'), 'Slow. Please try again in 5s.');
  assert.equal(render('Slow.', 1_001), 'Slow. Please try again in 2s.');
  assert.equal(render('Slow.', 0), 'Slow. Please try again in 1s.');
  for (const message of ['Try again in 1.5s, please.', 'Try again in 200ms.', 'Try again in 4 seconds.'])
    assert.equal(render(message, 9_000), message);
  for (const message of ['Try again in 7m36.192s.', 'Try again in 2 minutes.'])
    assert.equal(render(message, 9_000), `${message} Please try again in 9s.`);
  assert.equal(
    renderStreamError(new BridgeError('rate_limit', 'Slow.', { retryAfterMs: 5 }), 'generic').message,
    'Slow.',
  );
});

it('an SDK client gets the provider’s status if it is an error status', () => {
  for (const status of [400, 402, 403, 404, 413, 422, 429, 500, 503, 529]) {
    assert.equal(statusOf(new BridgeError('upstream_rejected', 'x', { upstreamStatus: status })), status);
  }
  assert.equal(statusOf(new BridgeError('upstream_rejected', 'x', { upstreamStatus: 302 })), 400);
  assert.equal(statusOf(new BridgeError('network', 'x')), 502);
});
