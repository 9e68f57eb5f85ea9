/**
 * The fault table: an upstream that disconnects at every point, and one that sends malformed HTTP. Each fault is tested
 * with a client that retries like Codex and with an SDK client, and costs a bounded number of calls. Rejections are in
 * rejections.test.ts and test/errors/bodies.test.ts, retried failures in retries.test.ts, other broken answers in
 * broken-upstreams.test.ts.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { playCodexTurn } from '../support/clients/codex-like';
import {
  chunk, head, LAST_CHUNK, startTcpUpstream, type TcpStep, type TcpUpstream,
} from '../support/upstream/tcp-upstream';
import {
  ask,
  deltasOf,
  doneItems,
  finalResponse,
  startBridge,
  tool,
  type Loose,
  type TestBridge,
  type TestBridgeOptions,
} from '../support/bridge/test-bridge';

const sse = (value: object | string): string =>
  `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
const delta = (fields: object): string => sse({ id: 'c', choices: [{ index: 0, delta: fields, finish_reason: null }] });
const text = (content: string): string => delta({ content });
const finish = (reason: string): string => sse({ id: 'c', choices: [{ index: 0, delta: {}, finish_reason: reason }] });
const call = (fragment: string, first = false): string =>
  delta({
    tool_calls: [
      {
        index: 0,
        ...(first && { id: 'call_1', type: 'function' }),
        function: { ...(first && { name: 'list' }), arguments: fragment },
      },
    ],
  });
const DONE = sse('[DONE]');

const CHUNKED = head('200 OK', { 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked' });
const CLOSING_HEAD = head('200 OK', {
  'content-type': 'text/event-stream',
  'transfer-encoding': 'chunked',
  connection: 'close',
});
const stream = (...events: readonly (string | Buffer)[]): readonly (string | Buffer)[] => [
  CHUNKED,
  ...events.map(chunk),
];
const complete = (...events: readonly (string | Buffer)[]): readonly (string | Buffer)[] => [
  CLOSING_HEAD,
  ...events.map(chunk),
  LAST_CHUNK,
];
const closed = (...writes: readonly (string | Buffer)[]): TcpStep => ({ writes, end: 'close' });
const reset = (...writes: readonly (string | Buffer)[]): TcpStep => ({ writes, end: 'reset' });
const hangs = (...writes: readonly (string | Buffer)[]): TcpStep => ({ writes, end: 'hang' });

const HEADERS = 'content-type: text/event-stream\r\n';
const HELLO = `${text('Hello.')}${finish('stop')}${DONE}`;
const MEGABYTE = 'x杭'.repeat(250_000);

interface Fault {
  readonly name: string;
  readonly step: TcpStep;
  readonly settings?: TestBridgeOptions['settings'];
  /** Upstream calls of one Codex turn, including Codex's own retries. */
  readonly calls: number;
  /** Upstream calls for one request of a streaming SDK client. */
  readonly sdkCalls?: number;
  /**
   * `error.code` for an SDK client; for a streaming one, it is inside the stream if text was already shown.
   */
  readonly code: string;
  readonly says: RegExp;
  /** The text shown before the fault; undefined if there was none. */
  readonly shown?: string;
  /** The argument text shown before the fault. */
  readonly args?: string;
}

const CLOSED = /closed the connection \(UND_ERR_SOCKET\)/;
const RESET = /(reset|closed) the connection/;
const CUT = /closed the stream before its answer was finished/;

/** The status for an SDK client by error code. */
const STATUSES: Readonly<Record<string, number>> = {
  upstream_unreachable: 502, upstream_stream_cut: 502, bad_upstream_answer: 502, upstream_timeout: 504,
  upstream_rejected: 400, insufficient_quota: 429,
};

const FAULTS: readonly Fault[] = [
  // Before anything was shown: only the bridge retries.
  { name: 'a reset in place of an answer', step: reset(), calls: 4, code: 'upstream_unreachable', says: RESET },
  {
    name: 'a reset inside the headers',
    step: reset('HTTP/1.1 200 OK\r\ncontent-ty'),
    calls: 4,
    code: 'upstream_unreachable',
    says: RESET,
  },
  {
    name: 'an end inside the headers',
    step: closed('HTTP/1.1 200 OK\r\ncontent-ty'),
    calls: 4,
    code: 'upstream_unreachable',
    says: CLOSED,
  },
  {
    name: 'a reset at the first byte of the body',
    step: reset(CHUNKED),
    calls: 4,
    code: 'upstream_unreachable',
    says: RESET,
  },
  {
    name: 'a reset inside the first event',
    step: reset(CHUNKED, chunk('data: {"choices":[{"ind')),
    calls: 4,
    code: 'upstream_unreachable',
    says: RESET,
  },
  {
    name: 'an empty body',
    step: closed(head('200 OK', { 'content-type': 'text/event-stream', 'content-length': 0 })),
    calls: 4,
    code: 'upstream_stream_cut',
    says: CUT,
  },
  {
    name: 'a 204',
    step: closed('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n'),
    calls: 4,
    code: 'upstream_stream_cut',
    says: CUT,
  },
  {
    name: 'headers, then silence on an open connection',
    step: hangs(CHUNKED),
    settings: { upstreamFirstByteTimeoutMs: 400 },
    calls: 2,
    code: 'upstream_timeout',
    says: /sent no answer for 0\.4 s; raise UPSTREAM_FIRST_BYTE_TIMEOUT_MS to wait longer/,
  },
  {
    name: 'an unsolicited upgrade',
    step: closed('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    calls: 4,
    code: 'upstream_unreachable',
    says: CLOSED,
  },
  {
    name: 'an unexpected 100 Continue before the answer',
    step: closed('HTTP/1.1 100 Continue\r\n\r\n', ...complete(HELLO)),
    calls: 2,
    code: 'bad_upstream_answer',
    says: /sent an unexpected "100 Continue"/,
  },
  {
    name: 'something that is not HTTP',
    step: closed('SSH-2.0-OpenSSH_9.6\r\n'),
    calls: 2,
    code: 'bad_upstream_answer',
    says: /is not HTTP; check AI_API_BASE/,
  },
  {
    name: 'a TLS alert in response to plain HTTP',
    step: closed(Buffer.from([0x15, 3, 1, 0, 2, 2, 70])),
    calls: 2,
    code: 'bad_upstream_answer',
    says: /is not HTTP/,
  },
  {
    name: 'headers that are too large',
    step: closed(`HTTP/1.1 200 OK\r\n${HEADERS}x-long: ${'a'.repeat(40_000)}\r\n\r\n`),
    calls: 2,
    code: 'bad_upstream_answer',
    says: /headers that are too large/,
  },
  {
    name: 'both content-length and chunked encoding',
    step: closed(
      `HTTP/1.1 200 OK\r\n${HEADERS}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n`,
      chunk(HELLO),
      LAST_CHUNK,
    ),
    calls: 2,
    code: 'bad_upstream_answer',
    says: /is not HTTP|length does not match its content-length/,
  },
  {
    name: 'only comments, then the end',
    step: closed(...complete(': one\n\n', ': two\n\n')),
    calls: 4,
    code: 'upstream_stream_cut',
    says: CUT,
  },
  {
    name: 'a content-length that ends before the answer',
    step: closed(`HTTP/1.1 200 OK\r\n${HEADERS}content-length: 30\r\n\r\n${HELLO}`),
    calls: 4,
    code: 'upstream_stream_cut',
    says: CUT,
  },

  // After text was shown: Codex retries by itself, and the bridge ends the turn in time.
  {
    name: 'a reset in the middle of the text',
    step: reset(...stream(text('Half'))),
    calls: 4,
    sdkCalls: 1,
    code: 'upstream_unreachable',
    says: RESET,
    shown: 'Half',
  },
  {
    name: 'an end in the middle of the text, before the end of the body',
    step: closed(...stream(text('Half'))),
    calls: 4,
    sdkCalls: 1,
    code: 'upstream_unreachable',
    says: CLOSED,
    shown: 'Half',
  },
  {
    name: 'a clean end in the middle of the text',
    step: closed(...complete(text('Half'))),
    calls: 6,
    sdkCalls: 1,
    code: 'upstream_stream_cut',
    says: CUT,
    shown: 'Half',
  },
  {
    name: 'a clean end in the middle of the text over HTTP/1.0, that is, a closed connection',
    step: closed(`HTTP/1.0 200 OK\r\n${HEADERS}\r\n`, text('Half')),
    calls: 6,
    sdkCalls: 1,
    code: 'upstream_stream_cut',
    says: CUT,
    shown: 'Half',
  },
  {
    name: 'a clean end inside a character',
    step: closed(...complete(text('Half'), Buffer.from(text('杭')).subarray(0, 59))),
    calls: 6,
    sdkCalls: 1,
    code: 'upstream_stream_cut',
    says: CUT,
    shown: 'Half',
  },
  {
    name: 'a body shorter than its content-length',
    step: closed(`HTTP/1.1 200 OK\r\n${HEADERS}content-length: 9999\r\n\r\n`, text('Half')),
    calls: 4,
    sdkCalls: 1,
    code: 'upstream_unreachable',
    says: CLOSED,
    shown: 'Half',
  },
  {
    name: 'a chunk with an invalid size',
    step: closed(...stream(text('Half')), 'ZZ\r\noops\r\n'),
    calls: 2,
    sdkCalls: 1,
    code: 'bad_upstream_answer',
    says: /is not HTTP/,
    shown: 'Half',
  },
  {
    name: 'an event in the middle that is not JSON',
    step: closed(...complete(text('Half'), sse('{"choices":[{"delta":{"content":'), text('.'), finish('stop'))),
    calls: 2,
    sdkCalls: 1,
    code: 'bad_upstream_answer',
    says: /not JSON/,
    shown: 'Half',
  },
  {
    name: 'a page of HTML in the middle',
    step: closed(...complete(text('Half'), '<html><head><title>502</title></head></html>\n\n')),
    calls: 6,
    sdkCalls: 1,
    code: 'upstream_stream_cut',
    says: CUT,
    shown: 'Half',
  },
  {
    name: 'silence in the middle of the text, with the connection open',
    step: hangs(...stream(text('Half'))),
    settings: { upstreamIdleTimeoutMs: 400 },
    calls: 2,
    sdkCalls: 1,
    code: 'upstream_timeout',
    says: /UPSTREAM_IDLE_TIMEOUT_MS/,
    shown: 'Half',
  },
  {
    name: 'a reset in the middle of a call’s arguments',
    step: reset(...stream(call('{"path":"a', true))),
    calls: 4,
    sdkCalls: 1,
    code: 'upstream_unreachable',
    says: RESET,
    args: '{"path":"a',
  },
  {
    name: 'a clean end in the middle of a call’s arguments',
    step: closed(...complete(call('{"path":', true), call('"a'))),
    calls: 6,
    sdkCalls: 1,
    code: 'upstream_stream_cut',
    says: CUT,
    args: '{"path":"a',
  },
  {
    name: '[DONE] in the middle of a call’s arguments',
    step: closed(...complete(call('{"path":"a', true), DONE)),
    calls: 6,
    sdkCalls: 1,
    code: 'upstream_stream_cut',
    says: CUT,
    args: '{"path":"a',
  },
  {
    name: 'a rejection in the middle of the text',
    step: closed(
      ...complete(
        text('Half'),
        'event: error\n',
        sse({ code: 'InvalidParameter', message: 'Repetitive tool calls detected' }),
      ),
    ),
    calls: 1,
    sdkCalls: 1,
    code: 'upstream_rejected',
    says: / reported: Repetitive tool calls detected\. .*start a new thread/,
    shown: 'Half',
  },
  {
    name: 'an exhausted quota in the middle of the text',
    step: closed(...complete(text('Half'), sse({ error: { message: 'week allocated quota exceeded.' } }))),
    calls: 1,
    sdkCalls: 1,
    code: 'insufficient_quota',
    says: /Monday at 00:00 \(UTC\+8\)/,
    shown: 'Half',
  },
];

describe('faults', () => {
  for (const fault of FAULTS) {
    const { name, calls, sdkCalls = calls } = fault;
    describe(name, () => {
      it(`ends a Codex turn after ${calls} call${calls === 1 ? '' : 's'}, with no finished item`, async (context) => {
        const [upstream, bridge] = await start(context, fault);
        const { replies, last } = await playCodexTurn(bridge, { tools: [tool('list')] });
        assert.equal(upstream.calls, calls);
        assert.equal(new Set(upstream.bodies).size, 1, 'the same request each time');
        for (const reply of replies) assertPartial(reply, fault);
        const { status, error } = finalResponse(last);
        assert.equal(status, 'failed');
        assert.equal(error.code, 'invalid_prompt', 'Codex must stop by itself');
        assert.match(error.message, fault.says);
        assert.equal(/Tried \d times; not retrying\./.test(error.message), calls > 1, error.message);
        assertLog(bridge, replies.length);
      });

      it(`ends a request of an SDK client after ${sdkCalls} call${sdkCalls === 1 ? '' : 's'}`, async (context) => {
        const [upstream, bridge] = await start(context, fault);
        const streamed = await bridge.stream({ input: ask(), tools: [tool('list')] });
        assert.equal(upstream.calls, sdkCalls);
        const begun = fault.shown !== undefined || fault.args !== undefined;
        assert.equal(streamed.status, begun ? 200 : STATUSES[fault.code], streamed.text.slice(0, 200));
        if (begun) assertPartial(streamed, fault);
        const { error }: Loose = begun ? finalResponse(streamed) : JSON.parse(streamed.text);
        assert.equal(error.code, fault.code, error.message);
        assert.match(error.message, fault.says);
        const answered = await bridge.json({ input: ask() });
        assert.equal(answered.status, STATUSES[fault.code]);
        assert.equal(JSON.parse(answered.text).error.code, fault.code);
        assert.match(JSON.parse(answered.text).error.message, fault.says);
        assertLog(bridge, 2);
      });
    });
  }
});

async function start(
  context: Parameters<typeof startBridge>[0],
  { step, settings }: Pick<Fault, 'step' | 'settings'>,
): Promise<[TcpUpstream, TestBridge]> {
  const upstream = await startTcpUpstream(context, () => step);
  const combined = { upstreamCalls: 4, aiBaseUrl: upstream.url, ...settings };
  return [upstream, await startBridge(context, { settings: combined, logLevel: 'warn' })];
}

/** The text that arrived is shown, but no item is finished, because Codex keeps and runs finished items. */
function assertPartial(reply: Parameters<typeof deltasOf>[0], { shown = '', args = '' }: Fault): void {
  assert.equal(deltasOf(reply, 'response.output_text.delta'), shown);
  assert.equal(deltasOf(reply, 'response.function_call_arguments.delta'), args);
  assert.deepEqual(doneItems(reply), []);
  assert.deepEqual(finalResponse(reply).output, []);
}

/** Each failed request logs exactly one line, a warning. */
function assertLog(bridge: TestBridge, requests: number): void {
  const lines = bridge.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    lines.map(({ level }) => level),
    Array.from({ length: requests }, () => 'warn'),
    bridge.lines.join(''),
  );
}

/** An unusual answer that is nevertheless complete. */
interface UnusualAnswer {
  readonly name: string;
  readonly writes: readonly (string | Buffer)[];
  readonly end?: TcpStep['end'];
  /** The answer's text; default: `Hello.`. */
  readonly text?: string;
  readonly args?: string;
}

const UNUSUAL_ANSWERS: readonly UnusualAnswer[] = [
  { name: 'HTTP/1.0, whose body ends with the connection', writes: [`HTTP/1.0 200 OK\r\n${HEADERS}\r\n`, HELLO] },
  { name: 'HTTP/1.1 without a length', writes: [`HTTP/1.1 200 OK\r\n${HEADERS}\r\n`, HELLO] },
  {
    name: 'a content-length instead of chunks',
    writes: [
      head('200 OK', { 'content-type': 'text/event-stream', 'content-length': HELLO.length, connection: 'close' }),
      HELLO,
    ],
  },
  {
    name: 'early hints before the answer',
    writes: ['HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n', ...complete(HELLO)],
  },
  {
    name: 'no content type',
    writes: [head('200 OK', { 'transfer-encoding': 'chunked', connection: 'close' }), chunk(HELLO), LAST_CHUNK],
  },
  {
    name: 'the content type of a download',
    writes: [
      head('200 OK', {
        'content-type': 'application/octet-stream',
        'transfer-encoding': 'chunked',
        connection: 'close',
      }),
      chunk(HELLO),
      LAST_CHUNK,
    ],
  },
  {
    name: 'a status line without a reason',
    writes: [CLOSING_HEAD.replace('200 OK', '200 '), chunk(HELLO), LAST_CHUNK],
  },
  {
    name: 'a slow stream, byte by byte',
    writes: [CLOSING_HEAD, ...[...Buffer.from(HELLO)].map((byte) => chunk(Buffer.of(byte))), LAST_CHUNK],
  },
  {
    name: 'a character split across two reads',
    writes: [CLOSING_HEAD, ...split(text('Grüße, 杭州.') + finish('stop') + DONE, 2).map(chunk), LAST_CHUNK],
    text: 'Grüße, 杭州.',
  },
  { name: 'a megabyte of text in one event', writes: complete(text(MEGABYTE), finish('stop'), DONE), text: MEGABYTE },
  {
    name: 'a megabyte of arguments in one event',
    writes: complete(call(JSON.stringify({ path: MEGABYTE }), true), finish('tool_calls'), DONE),
    text: '',
    args: JSON.stringify({ path: MEGABYTE }),
  },
  {
    name: 'finish_reason stop after a call',
    writes: complete(call('{"path":"a"}', true), finish('stop'), DONE),
    text: '',
    args: '{"path":"a"}',
  },
  {
    name: 'an error after the finish',
    writes: complete(text('Hello.'), finish('stop'), sse({ error: { message: 'Boom' } }), DONE),
  },
  {
    name: 'data that is not JSON after the finish',
    writes: complete(text('Hello.'), finish('stop'), sse('oops'), DONE),
  },
  {
    name: 'a second finish with another reason',
    writes: complete(text('Hello.'), finish('stop'), finish('length'), DONE),
  },
  { name: '[DONE] twice', writes: complete(HELLO, DONE) },
  { name: 'another answer after [DONE]', writes: complete(HELLO, text('More.'), finish('stop'), DONE) },
  { name: 'text after the finish', writes: complete(text('Hello'), finish('stop'), text('.'), DONE), text: 'Hello.' },
  {
    name: 'a call after the finish',
    writes: complete(text('Hello.'), finish('stop'), call('{"path":"a"}', true), DONE),
    args: '{"path":"a"}',
  },
  { name: 'a reset after [DONE]', writes: stream(HELLO), end: 'reset' },
  { name: 'a connection that stays open after [DONE]', writes: stream(HELLO), end: 'hang' },
];

/** Splits into pieces of `size` bytes. */
function split(text: string, size: number): readonly Buffer[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

/** Only Codex is told whether a message is progress or the answer. */
function withoutPhase({ phase: _phase, ...item }: Loose): Loose {
  return item;
}

describe('unusual but complete answers', () => {
  for (const { name, writes, end = 'close', text: expectedText = 'Hello.', args = '' } of UNUSUAL_ANSWERS) {
    it(name, async (context) => {
      const [upstream, bridge] = await start(context, { step: { writes, end } });
      const { last } = await playCodexTurn(bridge, { tools: [tool('list')] });
      assert.equal(finalResponse(last).status, 'completed', JSON.stringify(finalResponse(last).error));
      assert.equal(deltasOf(last, 'response.output_text.delta'), expectedText);
      assert.equal(
        doneItems(last)
          .filter(({ type }) => type === 'message')
          .map(({ content }) => content[0].text)
          .join(''),
        expectedText,
      );
      assert.deepEqual(
        doneItems(last)
          .filter(({ type }) => type === 'function_call')
          .map((item) => item.arguments),
        args === '' ? [] : [args],
      );
      const answered = await bridge.json({ input: ask(), tools: [tool('list')] });
      assert.deepEqual(
        (answered.json as Loose).output,
        finalResponse(last).output.map((item: Loose, index: number) => ({
          ...withoutPhase(item),
          id: (answered.json as Loose).output[index]?.id,
        })),
      );
      assert.equal(upstream.calls, 2);
      assert.deepEqual(bridge.lines, []);
    });
  }
});

it('an endless line is rejected before it exhausts memory', async (context) => {
  const piece = chunk('y'.repeat(4 * 1024 * 1024));
  const [upstream, bridge] = await start(context, {
    step: {
      writes: [CHUNKED, chunk(text('Half')), chunk('data: "'), ...Array.from({ length: 17 }, () => piece)],
      end: 'hang',
    },
  });
  const streamed = await bridge.stream({ input: ask() });
  assert.equal(finalResponse(streamed).error.code, 'bad_upstream_answer');
  assert.match(finalResponse(streamed).error.message, /an event is longer than 64 MB/);
  await upstream.closed(0);
});

it('a body that is not gzip despite its header fails, at the latest after the first-byte timeout', async (context) => {
  const writes = [
    head('200 OK', { 'content-type': 'text/event-stream', 'content-encoding': 'gzip', connection: 'close' }),
    HELLO,
  ];
  const [upstream, bridge] = await start(context, {
    step: closed(...writes),
    settings: { upstreamFirstByteTimeoutMs: 500 },
  });
  const { last } = await playCodexTurn(bridge);
  assert.equal(upstream.calls, 2);
  // If the connection ends at once, Node 20's fetch usually loses the decompression error and reports nothing.
  const { message } = finalResponse(last).error;
  assert.match(message, /cannot be decompressed \(Z_DATA_ERROR\)|UPSTREAM_FIRST_BYTE_TIMEOUT_MS/);
  assert.equal(finalResponse(last).error.code, 'invalid_prompt');
});
