/** Connection failures below HTTP, by the error codes of Node and undici. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classifyNetworkError } from '../../src/errors/network-error';

const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code });
/** Creates an error like that of `fetch`: a TypeError whose cause has the code. */
const fetchFailed = (cause: unknown) => new TypeError('fetch failed', { cause });

const CODES: readonly (readonly [code: string, kind: 'network' | 'timeout', text: RegExp])[] = [
  ['ECONNREFUSED', 'network', /^api\.example:443 refused the connection \(ECONNREFUSED\)\.$/],
  ['ECONNRESET', 'network', /reset the connection/],
  ['EPIPE', 'network', /closed the connection/],
  ['UND_ERR_SOCKET', 'network', /closed the connection/],
  ['ENOTFOUND', 'network', /no DNS entry; check AI_API_BASE/],
  ['EAI_AGAIN', 'network', /cannot be resolved/],
  ['ENETUNREACH', 'network', /cannot be reached/],
  ['EHOSTUNREACH', 'network', /cannot be reached/],
  ['ETIMEDOUT', 'timeout', /did not accept the connection/],
  ['UND_ERR_CONNECT_TIMEOUT', 'timeout', /UPSTREAM_CONNECT_TIMEOUT_MS/],
  ['UND_ERR_HEADERS_TIMEOUT', 'timeout', /did not respond/],
  ['UND_ERR_BODY_TIMEOUT', 'timeout', /stopped sending/],
  ['CERT_HAS_EXPIRED', 'network', /expired TLS certificate/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'network', /^api\.example:443 has a TLS certificate for another host/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'network', /self-signed.*NODE_EXTRA_CA_CERTS/],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'network', /self-signed.*NODE_EXTRA_CA_CERTS/],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'network', /cannot be verified/],
];

/** Codes whose kind depends on the error message, and an example of each family of codes. */
const FAMILIES: readonly (readonly [code: string, message: string, kind: 'network' | 'bad_answer', text: RegExp])[] = [
  ['HPE_INVALID_CONSTANT', 'Expected HTTP/', 'bad_answer', /is not HTTP; check AI_API_BASE/],
  ['HPE_INVALID_CHUNK_SIZE', 'Invalid character in chunk size', 'bad_answer', /is not HTTP/],
  ['UND_ERR_HEADERS_OVERFLOW', 'Headers Overflow Error', 'bad_answer', /headers that are too large/],
  ['UND_ERR_SOCKET', 'bad response', 'bad_answer', /an unexpected "100 Continue"/],
  ['UND_ERR_SOCKET', 'other side closed', 'network', /closed the connection/],
  [
    'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
    'Response body length does not match',
    'bad_answer',
    /length does not match its content-length/,
  ],
  ['ZSTD_error_prefix_unknown', 'Unknown frame descriptor', 'bad_answer', /cannot be decompressed/],
  ['Z_DATA_ERROR', 'incorrect header check', 'bad_answer', /cannot be decompressed/],
  ['EPROTO', 'wrong version number', 'network', /TLS handshake; check AI_API_BASE/],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'wrong version number', 'network', /TLS handshake/],
];

describe('network errors', () => {
  for (const [code, message, kind, text] of FAMILIES) {
    it(`${code}: ${message}`, () => {
      const error = classifyNetworkError(fetchFailed(withCode(code, message)), 'h');
      assert.equal(error.kind, kind);
      assert.match(error.message, text);
      assert.ok(error.message.endsWith(`(${code}).`), error.message);
    });
  }

  for (const [code, kind, text] of CODES) {
    it(code, () => {
      for (const cause of [withCode(code), fetchFailed(withCode(code)), fetchFailed(fetchFailed(withCode(code)))]) {
        const error = classifyNetworkError(cause, 'api.example:443');
        assert.equal(error.kind, kind);
        assert.match(error.message, text);
        assert.ok(error.message.endsWith(`(${code}).`));
      }
    });
  }

  it('an AggregateError is reported with its own code', () => {
    const both = Object.assign(new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]), {
      code: 'ECONNREFUSED',
    });
    assert.match(classifyNetworkError(fetchFailed(both), 'h').message, /^h refused the connection/);
  });

  it('an unknown code is reported with the message of its error', () => {
    assert.equal(
      classifyNetworkError(withCode('EODD', 'odd thing'), 'h').message,
      'The connection to h failed: odd thing (EODD).',
    );
  });

  it('the HTTP parse error of Node 24 has no code and is recognized by its message', () => {
    const error = classifyNetworkError(
      fetchFailed(new Error('Response does not match the HTTP/1.1 protocol (Expected HTTP/)')),
      'h',
    );
    assert.deepEqual(
      [error.kind, error.message],
      ['bad_answer', 'h sent something that is not HTTP; check AI_API_BASE: http or https, and the port.'],
    );
  });

  it('a cause without a code is reported with both messages', () => {
    assert.equal(
      classifyNetworkError(fetchFailed(new Error('bad port')), 'h:9').message,
      'The connection to h:9 failed: fetch failed: bad port.',
    );
  });

  it('an error without a code is reported with its message', () => {
    assert.equal(classifyNetworkError(new Error('boom'), 'h').message, 'The connection to h failed: boom.');
    assert.equal(classifyNetworkError('boom', 'h').message, 'The connection to h failed: boom.');
    assert.equal(classifyNetworkError(undefined, 'h').kind, 'network');
  });

  it('a cycle of causes is not followed forever', () => {
    const loop = new Error('loop');
    loop.cause = loop;
    assert.equal(classifyNetworkError(loop, 'h').message, 'The connection to h failed: loop.');
  });
});
