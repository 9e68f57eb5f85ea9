/** Stored responses: chains by previous_response_id, item references, retrieval, deletion, paging, conversations. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { answer } from '../support/upstream/scripted-upstream';
import { getJson, postJson, type JsonReply } from '../support/clients/sse-client';
import {
  ask,
  CODEX,
  DIALECTS,
  finalResponse,
  startBridge,
  tool,
  type Loose,
  type TestBridge,
} from '../support/bridge/test-bridge';

const text = (value: string) => answer({ text: value });
const body = ({ json }: JsonReply): Loose => json;
const get = async (bridge: TestBridge, path: string, method = 'GET'): Promise<JsonReply> =>
  getJson(bridge.url + path, {}, method);
const messagesOf = (request: { body: Loose } | undefined): readonly string[] =>
  request?.body.messages.map(({ role, content }: Loose) => `${role}: ${content}`);

async function makeFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-store-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

for (const dialect of DIALECTS) {
  describe(`previous_response_id with a ${dialect} upstream`, () => {
    it('prepends the items of all earlier turns, streamed or not', async (context) => {
      const bridge = await startBridge(context, { dialect, script: [text('One.'), text('Two.'), text('Three.')] });
      const first = body(await bridge.json({ input: 'Say one.', instructions: 'Be brief.' }));
      const second = finalResponse(await bridge.stream({ input: ask('Say two.'), previous_response_id: first.id }));
      assert.equal(second.previous_response_id, first.id);
      await bridge.json({ input: [{ role: 'user', content: 'Say three.' }], previous_response_id: second.id });
      assert.deepEqual(messagesOf(bridge.upstream.requests[2]), [
        'user: Say one.', 'assistant: One.', 'user: Say two.', 'assistant: Two.', 'user: Say three.',
      ]);
      assert.deepEqual(messagesOf(bridge.upstream.requests[0]), ['system: Be brief.', 'user: Say one.']);
      bridge.upstream.assertClean();
    });

    it('sends earlier reasoning and calls unchanged', async (context) => {
      const toolCalls = [{ id: 'call_a', name: 'read_file', arguments: '{"path": "a.txt"}' }];
      const bridge = await startBridge(context, {
        dialect,
        script: [answer({ reasoning: 'I must  look.', toolCalls }), text('Done.')],
      });
      const tools = [tool('read_file')];
      const first = body(await bridge.json({ input: 'Read.', tools }));
      const input = [{ type: 'function_call_output', call_id: 'call_a', output: 'content' }];
      const second = body(await bridge.json({ input, tools, previous_response_id: first.id }));
      assert.equal(second.output[0].content[0].text, 'Done.');
      const [, assistant, result] = bridge.upstream.requests[1]?.body.messages;
      assert.deepEqual(
        assistant.tool_calls.map((call: Loose) => [call.id, call.function.arguments]),
        [['call_a', '{"path": "a.txt"}']],
      );
      if (dialect === 'dashscope') assert.equal(assistant.reasoning_content, 'I must  look.');
      assert.deepEqual([result.tool_call_id, result.content], ['call_a', 'content']);
      bridge.upstream.assertClean();
    });
  });
}

describe('invalid requests', () => {
  const rejections = [
    [
      'an unknown previous response',
      { input: 'x', previous_response_id: 'resp_none' },
      400,
      'previous_response_not_found',
      'previous_response_id',
      /"resp_none" not found/,
    ],
    [
      'a path as previous_response_id',
      { input: 'x', previous_response_id: '../../etc/passwd' },
      400,
      'previous_response_not_found',
      'previous_response_id',
      /not found/,
    ],
    [
      'an unknown item',
      { input: [...ask(), { type: 'item_reference', id: 'msg_none' }] },
      404,
      'not_found',
      'input[1].id',
      /"msg_none" not found/,
    ],
    [
      'an unknown item without a type',
      { input: [{ id: 'msg_none' }] },
      404,
      'not_found',
      'input[0].id',
      /"msg_none" not found/,
    ],
    [
      'an unknown conversation',
      { input: 'x', conversation: 'conv_none' },
      404,
      'not_found',
      'conversation',
      /"conv_none" not found/,
    ],
    [
      'a prompt template',
      { input: 'x', prompt: { id: 'pmpt_1' } },
      400,
      'invalid_request',
      'prompt',
      /prompt templates/,
    ],
    [
      'a previous response together with a conversation',
      { input: 'x', conversation: 'conv_none', previous_response_id: 'resp_none' },
      400,
      'invalid_request',
      'previous_response_id',
      /together with conversation/,
    ],
    [
      'an invalid conversation',
      { input: 'x', conversation: 7 },
      400,
      'invalid_request',
      'conversation',
      /expected an id/,
    ],
    [
      'a number as previous_response_id',
      { input: 'x', previous_response_id: 7 },
      400,
      'invalid_request',
      'previous_response_id',
      /the id of a response, got 7/,
    ],
    [
      'a string as background',
      { input: 'x', background: 'yes' },
      400,
      'invalid_request',
      'background',
      /true or false, got "yes"/,
    ],
    [
      'an invalid item next to an empty previous_response_id',
      { input: [{ role: 'critic' }], previous_response_id: '' },
      400,
      'invalid_request',
      'input[0].role',
      /critic/,
    ],
  ] as const;
  for (const [name, request, status, code, param, message] of rejections) {
    it(`${name} is rejected without a call to the provider`, async (context) => {
      const bridge = await startBridge(context);
      for (const store of [undefined, false]) {
        const reply = await bridge.json({ ...request, store });
        const { error } = body(reply);
        assert.deepEqual([reply.status, error.code, error.param], [status, code, param]);
        assert.match(error.message, message);
      }
      assert.deepEqual(bridge.upstream.requests, []);
    });
  }

  it('a string as store is rejected', async (context) => {
    const bridge = await startBridge(context);
    const reply = await bridge.json({ input: 'x', store: 'no' });
    assert.deepEqual([reply.status, body(reply).error.param], [400, 'store']);
  });

  it('an unknown previous response is reported to Codex in its stream', async (context) => {
    const bridge = await startBridge(context);
    const reply = await bridge.stream({ input: ask(), store: false, previous_response_id: 'resp_none' }, CODEX);
    assert.equal(finalResponse(reply).error.code, 'invalid_prompt');
    assert.match(finalResponse(reply).error.message, /"resp_none" not found/);
  });

  it('a response that is missing in the middle of a chain is named', async (context) => {
    const bridge = await startBridge(context, { script: [text('1'), text('2')] });
    const first = body(await bridge.json({ input: 'x' }));
    const second = body(await bridge.json({ input: 'y', previous_response_id: first.id }));
    await get(bridge, `/v1/responses/${first.id}`, 'DELETE');
    const { error } = body(await bridge.json({ input: 'z', previous_response_id: second.id }));
    assert.equal(error.code, 'previous_response_not_found');
    assert.match(error.message, new RegExp(`"${second.id}": "${first.id}"`));
  });
});

describe('stored responses', () => {
  it('exclude those with store: false, failed ones, and those of Codex', async (context) => {
    const truncated = answer({ text: 'Half', cutAfter: 2, end: 'cut' });
    const bridge = await startBridge(context, { script: [text('1'), text('2'), truncated, text('4')] });
    const ids = [
      body(await bridge.json({ input: 'x', store: false })).id,
      finalResponse(await bridge.stream({ input: ask(), store: false })).id,
      finalResponse(await bridge.stream({ input: ask() })).id,
      finalResponse(await bridge.stream({ input: ask() }, CODEX)).id,
    ];
    for (const id of ids) assert.equal((await get(bridge, `/v1/responses/${id}`)).status, 404, id);
  });

  it('include those that Codex requests with store: true', async (context) => {
    const bridge = await startBridge(context, { script: [text('1')] });
    const { id } = finalResponse(await bridge.stream({ input: ask(), store: true }, CODEX));
    assert.equal((await get(bridge, `/v1/responses/${id}`)).status, 200);
  });

  it('include incomplete ones', async (context) => {
    const bridge = await startBridge(context, { script: [answer({ text: 'Half', finish: 'length' })] });
    const { id } = body(await bridge.json({ input: 'x' }));
    assert.equal(body(await get(bridge, `/v1/responses/${id}`)).status, 'incomplete');
  });

  it('stay within the limits: the least recently used is evicted first', async (context) => {
    const bridge = await startBridge(context, {
      settings: { storeMaxResponses: 2 },
      script: [text('1'), text('2'), text('3')],
    });
    const ids: string[] = [];
    for (const input of ['a', 'b']) ids.push(body(await bridge.json({ input })).id);
    await get(bridge, `/v1/responses/${ids[0]}`);
    ids.push(body(await bridge.json({ input: 'c' })).id);
    const statuses = await Promise.all(ids.map(async (id) => (await get(bridge, `/v1/responses/${id}`)).status));
    assert.deepEqual(statuses, [200, 404, 200]);
  });

  it('expire a day after their last use', async (context) => {
    let now = Date.UTC(2026, 0, 1);
    const bridge = await startBridge(context, { script: [text('1')], runtime: { clock: () => now } });
    const { id } = body(await bridge.json({ input: 'x' }));
    now += 23 * 3_600_000;
    assert.equal((await get(bridge, `/v1/responses/${id}`)).status, 200);
    now += 25 * 3_600_000;
    assert.equal((await get(bridge, `/v1/responses/${id}`)).status, 404);
  });

  it('exclude those that are too large, which are answered and logged', async (context) => {
    const bridge = await startBridge(context, { settings: { storeMaxMb: 1 }, script: [text('1')] });
    const reply = await bridge.json({ input: 'x'.repeat(1024 * 1024) });
    assert.equal(reply.status, 200);
    assert.equal((await get(bridge, `/v1/responses/${body(reply).id}`)).status, 404);
    assert.ok(bridge.lines.some((line) => line.includes('a response was not stored')));
  });
});

describe('the routes of stored responses', () => {
  it('GET returns the Response as it was sent, until it is deleted', async (context) => {
    const bridge = await startBridge(context, { script: [text('1'), text('2')] });
    const created = body(await bridge.json({ input: 'x', metadata: { a: 'b' }, tools: [tool('list')] }));
    for (const path of [`/v1/responses/${created.id}`, `/responses/${created.id}?include[]=x`]) {
      const reply = await get(bridge, path);
      assert.equal(reply.status, 200);
      assert.deepEqual(body(reply), created);
    }
    const streamed = finalResponse(await bridge.stream({ input: ask() }));
    assert.deepEqual(body(await get(bridge, `/v1/responses/${streamed.id}`)), streamed);
    const deleted = await get(bridge, `/v1/responses/${created.id}`, 'DELETE');
    assert.deepEqual([deleted.status, deleted.json], [200, { id: created.id, object: 'response', deleted: true }]);
    for (const method of ['GET', 'DELETE']) {
      const gone = await get(bridge, `/v1/responses/${created.id}`, method);
      assert.equal(gone.status, 404);
      assert.deepEqual([body(gone).error.type, body(gone).error.code], ['not_found_error', 'not_found']);
      assert.match(body(gone).error.message, new RegExp(`"${created.id}" not found`));
    }
  });

  it('input_items lists the input in pages, newest first by default', async (context) => {
    const bridge = await startBridge(context, { script: [text('1')] });
    const input = Array.from({ length: 25 }, (_, index) => ({ role: 'user', content: `Part ${index}` }));
    const { id } = body(await bridge.json({ input }));
    const path = `/v1/responses/${id}/input_items`;
    const list = async (query: string): Promise<Loose> => body(await get(bridge, path + query));
    const texts = ({ data }: Loose): readonly string[] => data.map((item: Loose) => item.content[0].text);
    const first = await list('');
    assert.deepEqual([first.object, first.data.length, first.has_more], ['list', 20, true]);
    assert.deepEqual([first.first_id, first.last_id], [first.data[0].id, first.data[19].id]);
    assert.equal(texts(first)[0], 'Part 24');
    const rest = await list(`?after=${first.last_id}`);
    assert.deepEqual([texts(rest), rest.has_more], [['Part 4', 'Part 3', 'Part 2', 'Part 1', 'Part 0'], false]);
    assert.deepEqual(texts(await list('?order=asc&limit=2')), ['Part 0', 'Part 1']);
    assert.equal((await list('?limit=25')).has_more, false);
    for (const [query, param] of [
      ['?limit=0', 'limit'],
      ['?limit=101', 'limit'],
      ['?limit=x', 'limit'],
      ['?order=up', 'order'],
      ['?after=msg_none', 'after'],
    ]) {
      const rejected = await get(bridge, path + query);
      assert.deepEqual([rejected.status, body(rejected).error.param], [400, param]);
    }
    assert.equal((await get(bridge, '/v1/responses/resp_none/input_items')).status, 404);
  });

  it('input_items lists text as a message, and only the response’s own input', async (context) => {
    const bridge = await startBridge(context, { script: [text('1'), text('2')] });
    const first = body(await bridge.json({ input: 'First' }));
    const second = body(await bridge.json({ input: 'Second', previous_response_id: first.id }));
    const { data } = body(await get(bridge, `/v1/responses/${second.id}/input_items`));
    assert.match(data[0].id, /^msg_/);
    assert.deepEqual(data, [
      { type: 'message', id: data[0].id, role: 'user', content: [{ type: 'input_text', text: 'Second' }] },
    ]);
  });
});

describe('item references', () => {
  it('are replaced by the input or output items that they name', async (context) => {
    const toolCalls = [{ id: 'call_a', name: 'list', arguments: {} }];
    const bridge = await startBridge(context, { script: [answer({ text: 'Listing.', toolCalls }), text('Done.')] });
    const tools = [tool('list')];
    const first = body(await bridge.json({ input: 'List the files.', tools }));
    const { data } = body(await get(bridge, `/v1/responses/${first.id}/input_items`));
    const [message, call] = first.output;
    const input = [
      { type: 'item_reference', id: data[0].id }, { type: 'item_reference', id: message.id }, { id: call.id },
      { type: 'function_call_output', call_id: 'call_a', output: 'nothing' },
    ];
    const reply = await bridge.json({ input, tools, store: false });
    assert.equal(reply.status, 200);
    const [user, assistant, result] = bridge.upstream.requests[1]?.body.messages;
    assert.deepEqual(
      [user.content, assistant.content, assistant.tool_calls[0].id, result.content],
      ['List the files.', 'Listing.', 'call_a', 'nothing'],
    );
    bridge.upstream.assertClean();
  });
});

describe('POST /v1/responses/input_tokens', () => {
  it('estimates, and marks the result as an estimate', async (context) => {
    const bridge = await startBridge(context, { script: [text('1')] });
    const count = async (request: object): Promise<number> => {
      const reply = await postJson(`${bridge.url}/v1/responses/input_tokens`, { model: bridge.model, ...request });
      assert.equal(reply.status, 200);
      assert.equal(reply.headers['x-bridge-notes'], 'estimate');
      assert.equal(body(reply).object, 'response.input_tokens');
      return body(reply).input_tokens;
    };
    const short = await count({ input: 'x'.repeat(400) });
    assert.ok(short >= 100 && short < 130, String(short));
    assert.ok(await count({ input: 'x'.repeat(400), tools: [tool('list')] }) > short);
    assert.ok(await count({ input: '试'.repeat(400) }) >= 400);
    const { id } = body(await bridge.json({ input: 'x'.repeat(4_000) }));
    assert.ok(await count({ input: 'x', previous_response_id: id }) > 1_000);
    const rejected = await postJson(`${bridge.url}/v1/responses/input_tokens`, { input: 7 });
    assert.deepEqual([rejected.status, body(rejected).error.param], [400, 'input']);
  });
});

describe('--store', () => {
  it('keeps responses across a restart, readable only by the user, and ignores broken files', async (context) => {
    const folder = join(await makeFolder(context), 'deep', 'store');
    const settings = { store: folder };
    const one = await startBridge(context, { settings, script: [text('One.'), text('Lost.')] });
    const first = body(await one.json({ input: 'Say one.' }));
    const lost = body(await one.json({ input: 'x' }));
    await one.close();
    const [name] = (await readdir(folder)).filter((file) => file.includes(first.id));
    assert.equal((await stat(join(folder, String(name)))).mode & 0o777, 0o600);
    assert.equal((await readdir(folder)).length, 2);
    await writeFile(join(folder, `${lost.id}.json`), '{"kind":"resp');

    const two = await startBridge(context, { settings, script: [text('Two.'), text('Three.')] });
    const second = body(await two.json({ input: 'Say two.', previous_response_id: first.id }));
    assert.deepEqual(messagesOf(two.upstream.requests[0]), ['user: Say one.', 'assistant: One.', 'user: Say two.']);
    assert.equal((await get(two, `/v1/responses/${lost.id}`)).status, 404);
    assert.ok(two.lines.some((line) => line.includes('broken')));
    const reference = await two.json({ input: [{ type: 'item_reference', id: first.output[0].id }, ...ask('Again?')] });
    assert.equal(reference.status, 200);
    await get(two, `/v1/responses/${second.id}`, 'DELETE');
    assert.ok(!(await readdir(folder)).includes(`${second.id}.json`));
  });

  it('is not opened before it is needed', async (context) => {
    const folder = join(await makeFolder(context), 'store');
    const bridge = await startBridge(context, { settings: { store: folder }, script: [text('1')] });
    await bridge.stream({ input: ask(), store: false }, CODEX);
    await assert.rejects(stat(folder), /ENOENT/);
  });
});

describe('conversations', () => {
  it('are created, continued by requests, listed and deleted', async (context) => {
    const bridge = await startBridge(context, { script: [text('One.'), text('Two.')] });
    const items = [{ type: 'message', role: 'user', content: 'I am Ann.' }];
    const created = body(await postJson(`${bridge.url}/v1/conversations`, { items, metadata: { a: 'b' } }));
    assert.match(created.id, /^conv_/);
    assert.deepEqual([created.object, created.metadata], ['conversation', { a: 'b' }]);
    const first = body(await bridge.json({ input: 'Say one.', conversation: created.id }));
    assert.deepEqual(first.conversation, { id: created.id });
    await bridge.stream({ input: ask('Say two.'), conversation: { id: created.id } });
    assert.deepEqual(messagesOf(bridge.upstream.requests[1]), [
      'user: I am Ann.', 'user: Say one.', 'assistant: One.', 'user: Say two.',
    ]);
    const path = `/v1/conversations/${created.id}`;
    const { data } = body(await get(bridge, `${path}/items?order=asc`));
    assert.deepEqual(
      data.map(({ content }: Loose) => content[0].text),
      ['I am Ann.', 'Say one.', 'One.', 'Say two.', 'Two.'],
    );
    const added = body(await postJson(`${bridge.url}${path}/items`, { items: [{ role: 'user', content: 'Bye.' }] }));
    assert.equal(added.data[0].content[0].text, 'Bye.');
    assert.deepEqual(body(await get(bridge, path)), created);
    assert.deepEqual(body(await get(bridge, path, 'DELETE')), {
      id: created.id,
      object: 'conversation.deleted',
      deleted: true,
    });
    for (const gone of [path, `${path}/items`]) assert.equal((await get(bridge, gone)).status, 404);
    assert.equal((await get(bridge, `/v1/responses/${first.id}`)).status, 200);
  });

  it('can be empty, and reject invalid items', async (context) => {
    const bridge = await startBridge(context);
    const empty = await getJson(`${bridge.url}/v1/conversations`, {}, 'POST');
    assert.equal(empty.status, 200);
    const id = body(empty).id;
    for (const [path, request, param] of [
      ['', { items: [{ role: 'critic' }] }, 'items[0].role'],
      ['', { items: 7 }, 'items'],
      [`/${id}/items`, {}, 'items'],
    ] as const) {
      const rejected = await postJson(`${bridge.url}/v1/conversations${path}`, request);
      assert.deepEqual([rejected.status, body(rejected).error.param], [400, param]);
    }
  });
});
