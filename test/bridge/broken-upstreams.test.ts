/** Upstreams that reject, disconnect, stall or send something unexpected, and what Codex and SDK clients receive. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { answer, raw, refuse, reply, silence, type Step } from '../support/upstream/scripted-upstream';
import {
  ask,
  CODEX,
  deltasOf,
  doneItems,
  finalResponse,
  startBridge,
  tool,
  type Loose,
  type TestBridge,
  type TestBridgeOptions,
} from '../support/bridge/test-bridge';

/** What every client must receive for one kind of failure. */
interface ExpectedFailure {
  readonly status: number;
  readonly code: string;
  readonly message: RegExp;
}

/**
 * Sends the request as Codex, as a streaming and a non-streaming SDK client, and as a Chat Completions client; all four
 * must get the failure.
 * @param begun whether part of the answer was shown before the failure: only then may Codex retry by itself
 */
async function expectFailure(
  bridge: TestBridge, expected: ExpectedFailure, { begun }: { readonly begun: boolean },
): Promise<void> {
  const codex = await bridge.stream({ input: ask() }, CODEX);
  assert.equal(codex.status, 200);
  assert.equal(finalResponse(codex).status, 'failed');
  assert.equal(finalResponse(codex).error.code, begun ? 'server_error' : 'invalid_prompt');
  assert.match(finalResponse(codex).error.message, expected.message);
  const sdk = await bridge.stream({ input: ask() });
  if (begun) {
    assert.equal(sdk.status, 200);
    assert.equal(finalResponse(sdk).error.code, expected.code);
    assert.match(finalResponse(sdk).error.message, expected.message);
  } else {
    assertErrorBody(sdk.status, JSON.parse(sdk.text), expected);
  }
  const json = await bridge.json({ input: ask() });
  assertErrorBody(json.status, json.json, expected);
  const chat = await bridge.chatJson({ messages: [{ role: 'user', content: 'Hello' }] });
  assertErrorBody(chat.status, chat.json, expected);
}

function assertErrorBody(status: number, body: Loose, expected: ExpectedFailure): void {
  assert.equal(status, expected.status);
  assert.equal(body.error.code, expected.code);
  assert.match(body.error.message, expected.message);
  assert.deepEqual(Object.keys(body.error), ['message', 'type', 'param', 'code']);
}

const CHUNK =
  'data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"Half an answer"},"finish_reason":null}]}\n\n';
const HTML = '<!DOCTYPE html><html><head><title>Sign in to Wi-Fi</title></head><body>Welcome</body></html>';

interface Row extends ExpectedFailure {
  readonly name: string;
  readonly step: Step;
  /** Whether part of the answer had arrived before the failure. */
  readonly begun: boolean;
  readonly settings?: TestBridgeOptions['settings'];
}

const ROWS: readonly Row[] = [
  {
    name: 'a connection closed without an answer',
    step: refuse(),
    begun: false,
    status: 502,
    code: 'upstream_unreachable',
    message: /^Alibaba Cloud Coding Plan \(127\.0\.0\.1:\d+\) closed the connection/,
  },
  {
    name: 'only the response headers',
    step: raw({ chunks: [], end: 'eof' }),
    begun: false,
    status: 502,
    code: 'upstream_stream_cut',
    message: /closed the stream before its answer was finished/,
  },
  {
    name: 'a body that ends in the middle',
    step: raw({ chunks: [CHUNK], end: 'eof' }),
    begun: true,
    status: 502,
    code: 'upstream_stream_cut',
    message: /closed the stream before/,
  },
  {
    name: '[DONE] without a finish_reason',
    step: raw({ chunks: [CHUNK, 'data: [DONE]\n\n'], end: 'eof' }),
    begun: true,
    status: 502,
    code: 'upstream_stream_cut',
    message: /without a finish_reason.*sendsFinishReason/,
  },
  {
    name: 'a connection closed inside the body',
    step: raw({ chunks: [CHUNK], end: 'cut' }),
    begun: true,
    status: 502,
    code: 'upstream_unreachable',
    message: /closed the connection \(UND_ERR_SOCKET\)/,
  },
  {
    name: 'a connection reset inside the body',
    step: raw({ chunks: [CHUNK], end: 'reset' }),
    begun: true,
    status: 502,
    code: 'upstream_unreachable',
    message: /(closed|reset) the connection/,
  },
  {
    name: 'silence before the headers',
    step: silence(),
    begun: false,
    settings: { upstreamFirstByteTimeoutMs: 400 },
    status: 504,
    code: 'upstream_timeout',
    message: /sent no answer for 0\.4 s; raise UPSTREAM_FIRST_BYTE_TIMEOUT_MS to wait longer/,
  },
  {
    name: 'silence after the headers',
    step: raw({ chunks: [], end: 'hang' }),
    begun: false,
    settings: { upstreamFirstByteTimeoutMs: 400 },
    status: 504,
    code: 'upstream_timeout',
    message: /UPSTREAM_FIRST_BYTE_TIMEOUT_MS/,
  },
  {
    name: 'silence in the middle of the body',
    step: raw({ chunks: [CHUNK], end: 'hang' }),
    begun: true,
    settings: { upstreamIdleTimeoutMs: 400 },
    status: 504,
    code: 'upstream_timeout',
    message: /sent only part of its answer, then nothing for 0\.4 s; raise UPSTREAM_IDLE_TIMEOUT_MS to wait longer/,
  },
  {
    name: 'an HTML page',
    step: reply({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: HTML }),
    begun: false,
    status: 502,
    code: 'bad_upstream_answer',
    message: /HTML page titled "Sign in to Wi-Fi".*AI_API_BASE/,
  },
  {
    name: 'an event that is not JSON',
    step: raw({ chunks: ['data: upstream connect error\n\n'], end: 'eof' }),
    begun: false,
    status: 502,
    code: 'bad_upstream_answer',
    message: /not JSON: "upstream connect error"/,
  },
  {
    name: 'an error inside the stream',
    step: raw({ chunks: [CHUNK, 'data: {"error":{"message":"Boom","code":"internal"}}\n\n'], end: 'eof' }),
    begun: true,
    status: 502,
    code: 'upstream_error',
    message: /^Alibaba Cloud Coding Plan \(\S+\) reported: Boom/,
  },
  {
    name: 'an error as JSON with status 200',
    step: reply({ status: 200, body: { error: { message: 'Boom', code: 'internal' } } }),
    begun: false,
    status: 502,
    code: 'upstream_error',
    message: /Boom/,
  },
  {
    name: 'an empty JSON object with status 200',
    step: reply({ status: 200, body: {} }),
    begun: false,
    status: 502,
    code: 'empty_upstream_answer',
    message: /without any text or tool call/,
  },
  {
    name: 'a redirect',
    step: reply({ status: 302, headers: { location: 'https://login.example/sso?next=1' } }),
    begun: false,
    status: 400,
    code: 'upstream_rejected',
    message: /answered 302 and redirects to https:\/\/login\.example\/sso.*not followed.*AI_API_BASE/,
  },
];

describe('broken upstreams', () => {
  for (const { name, step, begun, settings = {}, ...expected } of ROWS) {
    it(name, async (context) => {
      const bridge = await startBridge(context, { script: () => step, settings });
      await expectFailure(bridge, expected, { begun });
      assert.deepEqual(bridge.upstream.rejections, []);
    });
  }

  it('a port on which no server listens', async (context) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const bridge = await startBridge(context, { settings: { aiBaseUrl: `http://127.0.0.1:${port}/v1` } });
    const expected = {
      status: 502,
      code: 'upstream_unreachable',
      message: new RegExp(`\\(127.0.0.1:${port}\\) refused the connection \\(ECONNREFUSED\\)`),
    };
    await expectFailure(bridge, expected, { begun: false });
  });

  it('a host name that does not resolve', async (context) => {
    const bridge = await startBridge(context, { settings: { aiBaseUrl: 'http://no-such-host.invalid/v1' } });
    const { error } = finalResponse(await bridge.stream({ input: ask() }, CODEX));
    assert.match(
      error.message,
      /\(no-such-host\.invalid\) (has no DNS entry; check AI_API_BASE|cannot be resolved by DNS)/,
    );
  });

  it('text before a disconnection is shown, and a call that arrived completely is done', async (context) => {
    const toolCalls = [
      { id: 'call_a', name: 'list', arguments: '{"path":"b"}' },
      { id: 'call_b', name: 'list', arguments: '{"path":"a"}' },
    ];
    const script = [answer({ text: 'I look.', toolCalls, pieces: 100, cutAfter: 5, end: 'cut' })];
    const bridge = await startBridge(context, { dialect: 'openai', script });
    const interrupted = await bridge.stream({ input: ask(), tools: [tool('list')] }, CODEX);
    assert.equal(deltasOf(interrupted, 'response.output_text.delta'), 'I look.');
    assert.deepEqual(
      doneItems(interrupted).map(({ type, call_id }) => [type, call_id]),
      [
        ['message', undefined],
        ['function_call', 'call_a'],
      ],
    );
    assert.deepEqual(finalResponse(interrupted).output, doneItems(interrupted));
    assert.equal(finalResponse(interrupted).status, 'failed');
  });

  it('a truncated error body still gives the error of its status', async (context) => {
    const step = raw({
      status: 429,
      headers: { 'content-type': 'application/json', 'retry-after': '7' },
      chunks: ['{"error":{"mess'],
      end: 'cut',
    });
    const bridge = await startBridge(context, { script: [step] });
    const answered = await bridge.json({ input: ask() });
    assert.equal(answered.status, 429);
    assert.equal(answered.headers['retry-after'], '7');
  });
});

describe('unusual but complete answers', () => {
  const completion = {
    id: 'x',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2 },
  };
  const stream = `${CHUNK}data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;
  const STEPS: readonly (readonly [string, Step, string])[] = [
    ['a JSON completion although a stream was requested', reply({ status: 200, body: completion }), 'Hi.'],
    ['a JSON completion without a content type', reply({ status: 200, body: JSON.stringify(completion) }), 'Hi.'],
    [
      'a stream with a JSON content type',
      raw({ headers: { 'content-type': 'application/json' }, chunks: [stream], end: 'eof' }),
      'Half an answer',
    ],
    [
      'a stream with a plain-text content type',
      raw({ headers: { 'content-type': 'text/plain' }, chunks: [stream], end: 'eof' }),
      'Half an answer',
    ],
    ['a stream with status 201', raw({ status: 201, chunks: [stream], end: 'eof' }), 'Half an answer'],
    [
      'a gzipped stream although identity was requested',
      raw({ headers: { 'content-encoding': 'gzip' }, chunks: [gzipSync(stream)], end: 'eof' }),
      'Half an answer',
    ],
    ['a stream that stays open after [DONE]', raw({ chunks: [stream], end: 'hang' }), 'Half an answer'],
    [
      'a stream without [DONE]',
      raw({ chunks: [stream.replace('data: [DONE]\n\n', '')], end: 'eof' }),
      'Half an answer',
    ],
    [
      'a stream that is reset after its end',
      raw({ chunks: [stream.replace('data: [DONE]\n\n', '')], end: 'reset' }),
      'Half an answer',
    ],
  ];
  for (const [name, step, text] of STEPS) {
    it(name, async (context) => {
      const bridge = await startBridge(context, { script: [step, step] });
      const streamed = await bridge.stream({ input: ask() }, CODEX);
      assert.equal(finalResponse(streamed).status, 'completed', streamed.text);
      assert.equal(deltasOf(streamed, 'response.output_text.delta'), text);
      assert.equal(((await bridge.json({ input: ask() })).json as Loose).output[0].content[0].text, text);
    });
  }
});
