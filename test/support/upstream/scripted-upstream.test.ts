/** The scripted upstream over HTTP: what it captures, what it rejects, and how each step reaches the client. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { get, request as httpRequest, type IncomingMessage } from 'node:http';
import { afterEach, describe, it } from 'node:test';
import { chatRequest, functionTool, user } from './chat-bodies';
import { answer, createTurnstile, raw, refuse, reply, silence, startScriptedUpstream } from './scripted-upstream';
import type { ScriptedUpstream, ScriptedUpstreamOptions } from './scripted-upstream';

const running: ScriptedUpstream[] = [];

async function start(options: ScriptedUpstreamOptions): Promise<ScriptedUpstream> {
  const upstream = await startScriptedUpstream(options);
  running.push(upstream);
  return upstream;
}

afterEach(() => Promise.all(running.splice(0).map((upstream) => upstream.close())));

const HEADERS = { authorization: 'Bearer sk-test', 'content-type': 'application/json', 'accept-encoding': 'identity' };

/** Sends a request with fetch. */
const ask = (upstream: ScriptedUpstream, overrides: Readonly<Record<string, unknown>> = {}, init: RequestInit = {}) =>
  fetch(`${upstream.url}/chat/completions`, {
    method: 'POST',
    headers: HEADERS,
    body: JSON.stringify(chatRequest(overrides)),
    ...init,
  });

/** Sends a request with node:http and returns the response head. */
async function askHttp(upstream: ScriptedUpstream): Promise<IncomingMessage> {
  const outgoing = httpRequest(`${upstream.url}/chat/completions`, { method: 'POST', headers: HEADERS, agent: false });
  // A reset that arrives after the head is an error of the response and of the request.
  outgoing.on('error', () => undefined);
  outgoing.end(JSON.stringify(chatRequest()));
  const [response] = await once(outgoing, 'response');
  return response;
}

/** Returns each read of a body as one string. */
async function reads(body: AsyncIterable<Uint8Array> | null): Promise<readonly string[]> {
  const seen: string[] = [];
  for await (const chunk of body ?? []) seen.push(Buffer.from(chunk).toString('latin1'));
  return seen;
}

describe('capture', () => {
  it('records method, path, headers and body, in order', async () => {
    const upstream = await start({ script: [answer({ text: 'one' }), answer({ text: 'two' })] });
    await (await ask(upstream, { temperature: 0.5 })).text();
    await (await ask(upstream)).text();
    const [first, second] = upstream.requests;
    assert.equal(`${first?.method} ${first?.path}`, 'POST /v1/chat/completions');
    assert.equal(first?.headers.authorization, 'Bearer sk-test');
    assert.equal(first.body.temperature, 0.5);
    assert.equal(first.rawBody, JSON.stringify(chatRequest({ temperature: 0.5 })));
    assert.equal(second?.body.temperature, undefined);
    upstream.assertClean();
  });

  it('nextRequest returns each request once, whether it arrived before or after the call', async () => {
    const upstream = await start({ script: () => answer({}) });
    await (await ask(upstream, { model: 'a' })).text();
    assert.equal((await upstream.nextRequest()).body.model, 'a');
    const [second, third] = [upstream.nextRequest(), upstream.nextRequest()];
    await (await ask(upstream, { model: 'b' })).text();
    await (await ask(upstream, { model: 'c' })).text();
    assert.deepEqual([(await second).body.model, (await third).body.model], ['b', 'c']);
  });

  it('nextRequest rejects once the upstream is closed', async () => {
    const upstream = await start({ script: [] });
    const waiting = assert.rejects(upstream.nextRequest(), /closed before the request arrived/);
    await upstream.close();
    await waiting;
    await assert.rejects(upstream.nextRequest(), /is closed/);
  });
});

describe('script', () => {
  it('uses the steps of a list in order, then answers 500 and records that', async () => {
    const upstream = await start({ script: [answer({ text: 'one' })] });
    assert.equal((await ask(upstream)).status, 200);
    assert.equal(upstream.overrun, false);
    const late = await ask(upstream);
    assert.equal(late.status, 500);
    assert.match(await late.text(), /has 1 steps; this is request 2/);
    assert.equal(upstream.overrun, true);
    assert.throws(() => upstream.assertClean(), /script ended before the last of 2 requests/);
  });

  it('calls a function with the request and the number of earlier accepted requests', async () => {
    const seen: unknown[] = [];
    const upstream = await start({
      script: ({ body }, index) => {
        seen.push([body.model, index]);
        return answer({ text: body.model });
      },
    });
    assert.match(await (await ask(upstream, { model: 'aa' })).text(), /"content":"aa"/);
    await (await ask(upstream, { tools: [] })).text();
    await (await ask(upstream, { model: 'bb' })).text();
    assert.deepEqual(seen, [['aa', 0], ['bb', 1]]);
  });

  it('answers 500 if the function throws, and assertClean reports it', async () => {
    const upstream = await start({ script: () => assert.fail('wrong model') });
    assert.equal((await ask(upstream)).status, 500);
    assert.throws(() => upstream.assertClean(), /script: .*wrong model/);
  });

  it('assertClean reports unused steps', async () => {
    const upstream = await start({ script: [answer({})] });
    assert.throws(() => upstream.assertClean(), /0 of 1 steps of the script were used/);
  });

  it('gives every answer its own ids', async () => {
    const call = { toolCalls: [{ name: 'f', arguments: '{}' }] };
    const upstream = await start({ script: [answer(call), answer(call)] });
    const texts = [await (await ask(upstream)).text(), await (await ask(upstream)).text()];
    assert.match(texts[0] ?? '', /"id":"call_1_0".*"id":"chatcmpl-1"/);
    assert.match(texts[1] ?? '', /"id":"call_2_0".*"id":"chatcmpl-2"/);
  });
});

describe('rejections over HTTP', () => {
  it('dashscope: the error body has its shape, the rejection is recorded, and no step is used', async () => {
    const upstream = await start({ script: [answer({ text: 'fine' })] });
    const rejected = await ask(upstream, { messages: [{ role: 'developer', content: 'x' }, user()] });
    assert.equal(rejected.status, 400);
    assert.equal(rejected.headers.get('content-type'), 'application/json');
    const message = "developer is not one of ['system', 'assistant', 'user', 'tool', 'function'] - 'messages.[0].role'";
    assert.deepEqual(await rejected.json(), {
      error: { message, type: 'invalid_request_error', param: null, code: null },
      request_id: 'req-1',
    });
    assert.deepEqual(upstream.rejections, [`role: ${message}`]);
    assert.throws(() => upstream.assertClean(), /The scripted upstream rejected:\nrole: /);
    assert.equal((await ask(upstream)).status, 200);
  });

  it('openai: the error body has its shape', async () => {
    const upstream = await start({ dialect: 'openai', script: [] });
    const rejected = await ask(upstream, { input: 'x' });
    assert.deepEqual(await rejected.json(), {
      error: {
        message: "Unknown parameter: 'input'.",
        type: 'invalid_request_error',
        param: 'input',
        code: 'unknown_parameter',
      },
    });
  });

  it('a wrong key is a 401, an unknown model a 400, a wrong path a 404', async () => {
    const upstream = await start({ script: [], apiKey: 'sk-test-right', models: ['glm-4.7'] });
    const headers = { ...HEADERS, authorization: 'Bearer sk-test-right' };
    const statuses = [
      await ask(upstream),
      await ask(upstream, {}, { headers }),
      await fetch(`${upstream.url}/responses`, { method: 'POST', headers, body: '{}' }),
    ].map((response) => response.status);
    assert.deepEqual(statuses, [401, 400, 404]);
    assert.deepEqual(upstream.rejections, [
      'api-key: invalid access token or token expired',
      "unknown-model: model 'scripted-model' is not supported",
      'route: Not Found (POST /v1/responses)',
    ]);
  });

  it('a client that requests gzip gets an error', async () => {
    const upstream = await start({ script: [] });
    const { 'accept-encoding': _, ...headers } = HEADERS;
    const rejected = await ask(upstream, {}, { headers });
    assert.equal(rejected.status, 400);
    assert.match(upstream.rejections[0] ?? '', /^accept-encoding: .*gzip/);
  });

  it('the model list is a 404 at dashscope, and a list at openai that uses no step', async () => {
    const dashscope = await start({ script: [] });
    const openai = await start({ dialect: 'openai', script: [], models: ['a', 'b'] });
    const list = (upstream: ScriptedUpstream) => fetch(`${upstream.url}/models`, { headers: HEADERS });
    assert.equal((await list(dashscope)).status, 404);
    const { data } = (await (await list(openai)).json()) as { data: { id: string }[] };
    assert.deepEqual(data.map(({ id }) => id), ['a', 'b']);
    openai.assertClean();
  });

  it('a test can turn off single rules and allow single fields', async () => {
    const upstream = await start({ script: [answer({})], without: ['forbidden-tool-name'], allowFields: ['thinking'] });
    await (await ask(upstream, { tools: [functionTool('search')], thinking: { type: 'enabled' } })).text();
    upstream.assertClean();
  });
});

describe('answer', () => {
  const types = { openai: 'text/event-stream; charset=utf-8', dashscope: 'text/event-stream;charset=UTF-8' };
  for (const dialect of ['openai', 'dashscope'] as const) {
    it(`streams in the shape of ${dialect}, one event in one read`, async () => {
      const upstream = await start({ dialect, script: [answer({ text: 'Hello world' })] });
      const response = await ask(upstream, { stream_options: { include_usage: true } });
      assert.equal(response.headers.get('content-type'), types[dialect]);
      const seen = await reads(response.body);
      assert.equal(seen.length, 7);
      assert.ok(seen.every((event) => /^data: .*\n\n$/.test(event)), seen.join('|'));
      assert.match(seen[5] ?? '', /"choices":\[\].*"total_tokens":30/);
      assert.equal(seen[6], 'data: [DONE]\n\n');
    });
  }

  it('is one JSON completion without stream', async () => {
    const upstream = await start({ script: [answer({ text: 'Hello' }), answer({ text: 'Hello' })] });
    for (const stream of [false, undefined]) {
      const response = await ask(upstream, { stream, n: 2 });
      assert.equal(response.headers.get('content-type'), 'application/json');
      const { object, choices } = (await response.json()) as { object: string; choices: unknown[] };
      assert.deepEqual([object, choices.length], ['chat.completion', 2]);
    }
  });

  it('splits its bytes inside characters on request', async () => {
    const complete = await start({ script: [answer({ text: 'é🌍' })] });
    const split = await start({ script: [answer({ text: 'é🌍', writeSize: 1 })] });
    const [expected, seen] = [await reads((await ask(complete)).body), await reads((await ask(split)).body)];
    assert.equal(seen.join(''), expected.join(''));
    assert.deepEqual(new Set(seen.map((piece) => piece.length)), new Set([1]));
  });

  it('stops after a given number of events, and ends as configured', async () => {
    const upstream = await start({ script: [answer({ text: 'Hello', cutAfter: 2, end: 'cut' })] });
    const response = await askHttp(upstream);
    const seen: string[] = [];
    response.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
    const [error] = await once(response, 'error');
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(seen.length, 2);
    assert.match(seen[1] ?? '', /"content":"Hell"/);
  });
});

describe('reply, refuse, silence', () => {
  it('a reply has the given status, headers and body', async () => {
    const upstream = await start({
      script: [
        reply({ status: 429, headers: { 'retry-after': '7' }, body: { error: 'slow down' } }),
        reply({ status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad Gateway</h1>' }),
      ],
    });
    const limited = await ask(upstream);
    assert.deepEqual([limited.status, limited.headers.get('retry-after')], [429, '7']);
    assert.deepEqual(await limited.json(), { error: 'slow down' });
    const broken = await ask(upstream);
    assert.deepEqual([broken.status, broken.headers.get('content-type')], [502, 'text/html']);
    assert.equal(await broken.text(), '<h1>Bad Gateway</h1>');
  });

  it('refuse closes the connection without an answer, which does not count as aborted by the client', async () => {
    const upstream = await start({ script: [refuse()] });
    await assert.rejects(ask(upstream), /fetch failed/);
    assert.equal(upstream.requests.length, 1);
    upstream.assertClean();
  });

  it('silence sends nothing until the client disconnects', async () => {
    const upstream = await start({ script: [silence()] });
    const controller = new AbortController();
    const answered = assert.rejects(ask(upstream, {}, { signal: controller.signal }), { name: 'AbortError' });
    const { aborted } = await upstream.nextRequest();
    controller.abort();
    await answered;
    await aborted;
  });
});

describe('raw', () => {
  it('sends exact bytes, each chunk one read, for fetch and for node:http', async () => {
    const chunks = [
      'data: {"a":',
      Buffer.from([0xf0, 0x9f]),
      Buffer.from([0x8c, 0x8d]),
      '}\r',
      '\n\r\n',
      ...'byte by byte',
    ];
    const expected = chunks.map((chunk) => Buffer.from(chunk).toString('latin1'));
    const upstream = await start({ script: () => raw({ chunks, end: 'eof' }) });
    const response = await ask(upstream);
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    assert.deepEqual(await reads(response.body), expected);
    assert.deepEqual(await reads(await askHttp(upstream)), expected);
  });

  it('has the given status and headers', async () => {
    const head = { status: 529, headers: { 'content-type': 'text/plain', 'x-a': 'b' } };
    const upstream = await start({ script: [raw({ ...head, chunks: ['x'], end: 'eof' })] });
    const response = await ask(upstream);
    assert.deepEqual(
      [response.status, response.headers.get('content-type'), response.headers.get('x-a')],
      [529, 'text/plain', 'b'],
    );
    assert.equal(await response.text(), 'x');
  });

  for (const end of ['cut', 'reset'] as const) {
    it(`"${end}" truncates the body after the last write`, async () => {
      const upstream = await start({ script: [raw({ chunks: ['data: 1\n\n', 'data: 2'], end })] });
      const response = await askHttp(upstream);
      const seen: string[] = [];
      response.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
      await once(response, 'error');
      assert.deepEqual(seen, ['data: 1\n\n', 'data: 2']);
      assert.equal(await isPending((await upstream.nextRequest()).aborted), true);
    });
  }

  it('"hang" leaves the stream open until the client disconnects, which the request reports', async () => {
    const upstream = await start({ script: [raw({ chunks: ['data: 1\n\n'], end: 'hang' })] });
    const response = await askHttp(upstream);
    const [chunk] = await once(response, 'data');
    assert.equal(String(chunk), 'data: 1\n\n');
    const { aborted } = await upstream.nextRequest();
    assert.equal(await isPending(aborted), true);
    assert.equal(upstream.openConnections, 1);
    response.destroy();
    await aborted;
  });

  it('an answer that ended, or that close() ended, is not reported as aborted', async () => {
    const upstream = await start({ script: [answer({ text: 'x' }), raw({ chunks: ['x'], end: 'hang' })] });
    await reads(await askHttp(upstream));
    const hanging = await askHttp(upstream);
    const broken = once(hanging, 'error');
    hanging.resume();
    const requests = [await upstream.nextRequest(), await upstream.nextRequest()];
    await upstream.close();
    await broken;
    for (const { aborted } of requests) assert.equal(await isPending(aborted), true);
    assert.equal(upstream.openConnections, 0);
  });
});

describe('gates', () => {
  it('a turnstile lets one write pass at a time, including the end', async () => {
    const turnstile = createTurnstile();
    const upstream = await start({ script: [raw({ chunks: ['a', 'b', 'c'], end: 'eof', gate: turnstile.gate })] });
    const response = await askHttp(upstream);
    const body = response[Symbol.asyncIterator]();
    const next = body.next();
    assert.equal(await isPending(next), true);
    turnstile.admit();
    assert.equal(String((await next).value), 'a');
    turnstile.admit(2);
    assert.deepEqual([String((await body.next()).value), String((await body.next()).value)], ['b', 'c']);
    const end = body.next();
    assert.equal(await isPending(end), true);
    turnstile.open();
    assert.equal((await end).done, true);
  });

  it('keeps writes separate if a gate opens while the event loop polls', async () => {
    const gate = (index: number) => (index === 0 ? stat(__filename).then(() => undefined) : undefined);
    const upstream = await start({ script: [raw({ chunks: ['a', 'b', 'c'], end: 'eof', gate })] });
    assert.deepEqual(await reads(await askHttp(upstream)), ['a', 'b', 'c']);
  });

  it('a promise holds the body but not the head', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const upstream = await start({ script: [answer({ text: 'x', gate })] });
    const response = await ask(upstream);
    const body = response.text();
    assert.equal(await isPending(body), true);
    open();
    assert.match(await body, /\[DONE\]/);
  });

  it('reports a client that disconnects from a held stream, and closes without waiting for the gate', async () => {
    const upstream = await start({ script: [answer({ text: 'x', gate: createTurnstile().gate })] });
    const response = await askHttp(upstream);
    response.destroy();
    await (await upstream.nextRequest()).aborted;
    await upstream.close();
  });
});

it('reports an error of a gate, and breaks the connection off', async () => {
  const gate = (): Promise<void> => Promise.reject(new Error('no gate'));
  const upstream = await start({ script: [answer({ text: 'x', gate })] });
  await assert.rejects((await ask(upstream)).text());
  assert.deepEqual(upstream.rejections, ['script: Error: no gate']);
  assert.throws(() => upstream.assertClean());
});

describe('close', () => {
  it('ends keep-alive connections and frees the port', async () => {
    const upstream = await start({ script: [answer({})] });
    await (await ask(upstream)).text();
    await Promise.all([upstream.close(), upstream.close()]);
    assert.equal(upstream.openConnections, 0);
    await assert.rejects(once(get(upstream.url), 'response'), { code: 'ECONNREFUSED' });
  });
});

/** True if `promise` is still pending after the sockets of this process were polled. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  for (let count = 0; count < 10; count += 1) await new Promise(setImmediate);
  return (await Promise.race([promise, Promise.resolve(open)])) === open;
}
