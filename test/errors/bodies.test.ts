/** Error responses of providers, each in its own file: what Codex and an SDK client get from the bridge. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import type { ErrorKind } from '../../src/errors/error-table';
import { PROVIDERS } from '../../src/providers/catalog';
import { PROJECT_ROOT } from '../house/source-tree';
import { head, startTcpUpstream } from '../support/upstream/tcp-upstream';
import { ask, CODEX, finalResponse, startBridge, typesOf } from '../support/bridge/test-bridge';

/** The content of one file in test/fixtures/errors. */
interface ErrorCase {
  /** The source of the body. */
  readonly from: string;
  /** Default: `openai-compatible`. */
  readonly provider?: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body: string | object;
  readonly expected: {
    readonly kind: ErrorKind;
    /** The number of calls of one turn. */
    readonly calls: number;
    /** `error.code` of the stream for Codex. */
    readonly codex: string;
    readonly sdk: {
      readonly status: number;
      readonly type: string;
      readonly code: string;
      readonly retryAfter?: string;
      readonly requestId?: string;
    };
    /** Parts of the message for both; `{host}` is the upstream's host. */
    readonly says: readonly string[];
    /** Text that must not be in the message. */
    readonly never?: string;
  };
}

const FOLDER = join(PROJECT_ROOT, 'test/fixtures/errors');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json')).sort();

/** A Sunday, four hours before the week starts in China. */
const NOW = Date.parse('2026-11-22T12:00:00Z');

for (const file of FILES) {
  const name = file.replace(/\.json$/, '');
  const {
    from,
    provider = 'openai-compatible',
    status,
    headers = {},
    body,
    expected,
  } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as ErrorCase;

  it(`${name}: ${expected.kind}`, async (context) => {
    assert.ok(from.length > 0, 'the file names the source of its body');
    assert.ok(PROVIDERS.some((row) => row.name === provider), provider);
    const [text, type] = typeof body === 'string' ? [body, 'text/plain'] : [JSON.stringify(body), 'application/json'];
    const length = Buffer.byteLength(text);
    const allHeaders = { 'content-type': type, ...headers, 'content-length': length, connection: 'close' };
    const upstream = await startTcpUpstream(context, () => ({
      writes: [head(`${status} X`, allHeaders), text],
      end: 'close',
    }));
    const bridge = await startBridge(context, {
      settings: { aiBaseUrl: upstream.url, provider, upstreamCalls: 4 },
      runtime: { clock: () => NOW },
      logLevel: 'warn',
    });
    const { sdk } = expected;
    const assertMessage = (message: string): void => {
      for (const piece of expected.says)
        assert.ok(message.includes(piece.replaceAll('{host}', upstream.host)), message);
      if (expected.never !== undefined) assert.ok(!message.includes(expected.never), message);
    };

    const codex = await bridge.stream({ input: ask() }, CODEX);
    assert.equal(codex.status, 200);
    assert.deepEqual(typesOf(codex), ['response.created', 'response.in_progress', 'response.failed']);
    const { error } = finalResponse(codex);
    assert.equal(error.code, expected.codex, error.message);
    assertMessage(error.message);
    assert.equal(upstream.calls, expected.calls, 'calls to the provider for one turn of Codex');

    const answered = await bridge.json({ input: ask() });
    const { error: failure } = JSON.parse(answered.text);
    assert.deepEqual(
      [answered.status, failure.type, failure.code, failure.param], [sdk.status, sdk.type, sdk.code, null],
    );
    assertMessage(failure.message);
    assert.equal(answered.headers['retry-after'], sdk.retryAfter);
    assert.equal(answered.headers['x-request-id'], sdk.requestId);
    const retriesByDefault = sdk.status === 429 || sdk.status >= 500;
    assert.equal(
      answered.headers['x-should-retry'],
      retriesByDefault && (expected.calls === 1 || sdk.retryAfter === undefined) ? 'false' : undefined,
    );
    assert.equal(upstream.calls, 2 * expected.calls);

    const lines = bridge.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      lines.map((line) => [line['level'], line['kind']]),
      [
        ['warn', expected.kind],
        ['warn', expected.kind],
      ],
    );
  });
}

/**
 * The kinds that a provider, or a proxy in front of it, can cause; other kinds come from the client, the connection or
 * the bridge.
 */
const PROVIDER_KINDS: readonly ErrorKind[] = [
  'auth',
  'wrong_client',
  'model_not_found',
  'upstream_rejected',
  'moderation',
  'quota',
  'context_overflow',
  'rate_limit',
  'overload',
  'upstream_error',
  'timeout',
  'not_found',
  'forbidden',
];

it('there is a file for every kind of error that a provider can cause', () => {
  const read = (file: string): ErrorCase => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as ErrorCase;
  assert.deepEqual(PROVIDER_KINDS.filter((kind) => !FILES.some((file) => read(file).expected.kind === kind)), []);
  assert.ok(FILES.length >= 45, `${FILES.length} files`);
});
