/** Two replicas that share a store: each continues, streams, cancels and deletes what the other stored. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { BUILT_KEY, startBuiltBridge } from '../support/cli/built-bridge';
import { getJson, parseSse, postJson, postStream, type JsonReply } from '../support/clients/sse-client';
import {
  ask, CODEX, eventsOf, finalResponse, startBridge, type Loose, type TestBridge,
} from '../support/bridge/test-bridge';
import { assertGoodStream } from '../support/stream/stream-grammar';
import { NEEDS_REDIS, REDIS_MISSING, startRedis } from '../support/state/redis';
import { createSharedFolder, createSharedRedis } from '../support/state/stores';
import { answer, createTurnstile, startScriptedUpstream } from '../support/upstream/scripted-upstream';

const LOCATIONS = [
  { kind: 'folder', create: createSharedFolder, options: {} },
  { kind: `Redis server${REDIS_MISSING}`, create: createSharedRedis, options: NEEDS_REDIS },
] as const;

const body = ({ json }: JsonReply): Loose => json;
const contents = (request: { body: Loose } | undefined): readonly string[] =>
  request?.body.messages.map(({ content }: Loose) => content);
const response = (bridge: { url: string }, id: string): string => `${bridge.url}/v1/responses/${id}`;
const follow = async (bridge: { url: string }, id: string, query = ''): Promise<{ text: string; events: Loose[] }> => {
  const { text } = await getJson(`${response(bridge, id)}?stream=true${query}`);
  return { text, events: parseSse(text).flatMap(({ json }) => (json === undefined ? [] : [json])) as Loose[] };
};
const delay = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

for (const { kind, create, options } of LOCATIONS) {
  describe(`two replicas that share a ${kind}`, options, () => {
    const startPair = async (
      context: TestContext, script: Parameters<typeof startBridge>[1] = {},
    ): Promise<readonly [TestBridge, TestBridge]> => {
      const settings = { store: (await create(context)).name };
      const one = await startBridge(context, { ...script, settings });
      return [one, await startBridge(context, { ...script, settings })];
    };

    it("continue each other's conversations, and share deletions", async (context) => {
      const script = [answer({ text: 'One.' }), answer({ text: 'Two.' }), answer({ text: 'Three.' })];
      const [one, two] = await startPair(context, { script });
      const first = body(await one.json({ input: 'Say one.' }));
      const second = finalResponse(await two.stream({ input: ask('Say two.'), previous_response_id: first.id }));
      await one.json({ input: 'Say three.', previous_response_id: second.id });
      assert.deepEqual(contents(one.upstream.requests.at(-1)), ['Say one.', 'One.', 'Say two.', 'One.', 'Say three.']);
      assert.deepEqual(body(await getJson(response(one, second.id))), second);
      const item = second.output[0].id;
      await one.json({ input: [{ type: 'item_reference', id: item }, { role: 'user', content: 'Again.' }] });
      assert.deepEqual(contents(one.upstream.requests.at(-1)), ['One.', 'Again.']);
      assert.equal((await getJson(response(two, first.id), {}, 'DELETE')).status, 200);
      assert.equal((await getJson(response(one, first.id))).status, 404);
      const rejected = await one.json({ input: 'x', previous_response_id: second.id });
      assert.deepEqual([rejected.status, body(rejected).error.code], [400, 'previous_response_not_found']);
    });

    it('add to one conversation at the same time, and nothing is lost', async (context) => {
      const [one, two] = await startPair(context, { script: () => answer({ text: 'Yes.' }) });
      const bridges = [one, two];
      const { id } = body(await postJson(`${one.url}/v1/conversations`, {}));
      const messages = Array.from({ length: 50 }, (_, index) => `Item ${index}.`);
      await Promise.all(messages.map(async (content, index) => {
        const { url } = bridges[index % 2] ?? one;
        const added = await postJson(`${url}/v1/conversations/${id}/items`, { items: [{ role: 'user', content }] });
        assert.equal(added.status, 200);
      }));
      const questions = Array.from({ length: 10 }, (_, index) => `Question ${index}?`);
      await Promise.all(questions.map(async (input, index) => {
        const reply = await (bridges[index % 2] ?? one).json({ input, conversation: id });
        assert.equal(reply.status, 200);
      }));
      const pages = await Promise.all(bridges.map(({ url }) => listAll(`${url}/v1/conversations/${id}/items`)));
      assert.deepEqual(pages[0], pages[1]);
      const texts = (pages[0] ?? []).map(({ content }) => content[0].text);
      assert.deepEqual([...texts].sort(), [...messages, ...questions, ...questions.map(() => 'Yes.')].sort());
      // The question and the answer of a turn stay together.
      for (const question of questions) assert.equal(texts[texts.indexOf(question) + 1], 'Yes.');
      assert.equal((await getJson(`${two.url}/v1/conversations/${id}`, {}, 'DELETE')).status, 200);
      assert.equal((await one.json({ input: 'x', conversation: id })).status, 404);
    });

    it("poll and stream each other's background responses, from any event", async (context) => {
      const gate = createTurnstile();
      const script = [answer({ text: 'One two three four.', gate: gate.gate })];
      const [one, two] = await startPair(context, { script });
      const queued = body(await one.json({ input: ask(), background: true, metadata: { a: 'b' } }));
      const seen = body(await getJson(response(two, queued.id)));
      assert.deepEqual([seen.id, seen.metadata, seen.background], [queued.id, { a: 'b' }, true]);
      assert.match(seen.status, /^(queued|in_progress)$/);
      gate.admit(3);
      while (body(await getJson(response(two, queued.id))).status !== 'in_progress') await delay(20);
      const whole = follow(two, queued.id);
      const late = follow(two, queued.id, '&starting_after=2');
      gate.open();
      const own = await follow(one, queued.id);
      assertGoodStream(own.text, { fullResponse: true, warnings: false });
      assert.equal((await whole).text, own.text);
      assert.deepEqual((await late).events, own.events.slice(3));
      const done = body(await getJson(response(two, queued.id)));
      assert.deepEqual([done.status, done], ['completed', own.events.at(-1).response]);
      await one.close();
      assert.equal((await follow(two, queued.id)).text, own.text);
      assert.deepEqual((await follow(two, queued.id, '&starting_after=2')).events, own.events.slice(3));
    });

    it("cancel and delete each other's background responses", async (context) => {
      const gate = createTurnstile();
      const script = () => answer({ text: 'Never finished.', gate: gate.gate });
      const [one, two] = await startPair(context, { script });
      const { id } = body(await one.json({ input: 'x', background: true }));
      const request = await one.upstream.nextRequest();
      const cancelled = await postJson(`${response(two, id)}/cancel`, {});
      assert.deepEqual([cancelled.status, body(cancelled).status, body(cancelled).error], [200, 'cancelled', null]);
      await request.aborted;
      for (const bridge of [one, two]) assert.equal(body(await getJson(response(bridge, id))).status, 'cancelled');
      assert.match((await follow(two, id)).events.at(-1).response.error.message, /cancelled/);

      const other = body(await one.json({ input: 'x', background: true })).id;
      const second = await one.upstream.nextRequest();
      assert.equal(body(await getJson(response(two, other), {}, 'DELETE')).deleted, true);
      await second.aborted;
      for (const bridge of [two, one]) assert.equal((await getJson(response(bridge, other))).status, 404);
      assert.equal((await getJson(`${response(two, other)}?stream=true`)).status, 404);
    });

    it('continue after one is killed, whose background response ends as failed', async (context) => {
      const gate = createTurnstile();
      const script = ({ body: asked }: Loose) =>
        JSON.stringify(asked).includes('slowly')
          ? answer({ text: 'Never finished.', gate: gate.gate })
          : answer({ text: 'Yes.' });
      const upstream = await startScriptedUpstream({ dialect: 'dashscope', apiKey: BUILT_KEY, script });
      context.after(() => upstream.close());
      const { name } = await create(context);
      const flags = ['--store', name];
      const [one, two] = [
        await startBuiltBridge(context, { upstream: upstream.url, flags }),
        await startBridge(context, {
          script: [answer({ text: 'Two.' })], settings: { store: name }, runtime: { clock: skewed },
        }),
      ];
      const send = (fields: object): Promise<JsonReply> =>
        postJson(`${one.url}/v1/responses`, { model: 'qwen3.7-plus', ...fields });
      const first = body(await send({ input: 'Say yes.' }));
      const slow = body(await send({ input: 'Count slowly.', background: true }));
      gate.admit(2);
      while (body(await getJson(response(two, slow.id))).status !== 'in_progress') await delay(20);
      const exited = once(one.child, 'exit');
      one.child.kill('SIGKILL');
      await exited;
      await two.json({ input: 'Go on.', previous_response_id: first.id });
      assert.deepEqual(contents(two.upstream.requests.at(-1)), ['Say yes.', 'Yes.', 'Go on.']);
      const following = follow(two, slow.id);
      clockSkewMs = 60_000;
      const { events, text } = await following;
      assertGoodStream(text, { fullResponse: true, warnings: false });
      assert.equal(events.at(-1).type, 'response.failed');
      const failed = body(await getJson(response(two, slow.id)));
      assert.deepEqual([failed.status, failed.error.message], ['failed', events.at(-1).response.error.message]);
      clockSkewMs = 0;
    });
  });
}

/** Added to a replica's clock: it notices a killed process only after 25 seconds of silence. */
let clockSkewMs = 0;
const skewed = (): number => Date.now() + clockSkewMs;

async function listAll(url: string): Promise<readonly Loose[]> {
  const items: Loose[] = [];
  for (;;) {
    const after = items.length === 0 ? '' : `&after=${items.at(-1).id}`;
    const page = body(await getJson(`${url}?order=asc&limit=20${after}`));
    items.push(...page.data);
    if (!page.has_more) return items;
  }
}

describe(`a replica whose Redis server is down${REDIS_MISSING}`, NEEDS_REDIS, () => {
  it('answers 503 to requests that need the store, still serves all others, and recovers', async (context) => {
    const redis = await startRedis(context, ['--appendonly', 'yes', '--appendfsync', 'always']);
    const bridge = await startBridge(context, {
      script: () => answer({ text: 'Yes.' }),
      settings: { store: redis.url },
    });
    const first = body(await bridge.json({ input: 'Say yes.' }));
    const { id } = body(await postJson(`${bridge.url}/v1/conversations`, {}));
    await redis.kill();
    const calls = bridge.upstream.requests.length;
    const failures = await Promise.all([
      bridge.json({ input: 'x' }), bridge.json({ input: 'x', background: true }), bridge.stream({ input: ask() }),
      bridge.json({ input: 'x', store: false, previous_response_id: first.id }),
      bridge.json({ input: 'x', store: false, conversation: id }),
      getJson(response(bridge, first.id)), getJson(response(bridge, first.id), {}, 'DELETE'),
      getJson(`${response(bridge, first.id)}?stream=true`), postJson(`${response(bridge, first.id)}/cancel`, {}),
      postJson(`${bridge.url}/v1/conversations`, {}), getJson(`${bridge.url}/v1/conversations/${id}`),
      postJson(`${bridge.url}/v1/conversations/${id}/items`, { items: [{ role: 'user', content: 'Hi.' }] }),
    ]);
    for (const reply of failures) {
      const { error } = JSON.parse(reply.text) as Loose;
      assert.deepEqual([reply.status, error.code], [503, 'store_unavailable']);
      assert.match(error.message, /^The store at 127\.0\.0\.1:\d+ is unavailable: .+\. Requests that need no stored/);
    }
    assert.equal(bridge.upstream.requests.length, calls, 'a turn that cannot be stored is not sent');
    assert.equal((await bridge.json({ input: 'x', store: false })).status, 200);
    assert.equal((await bridge.chatJson({ messages: [{ role: 'user', content: 'x' }] })).status, 200);
    assert.equal(finalResponse(await bridge.stream({ input: ask(), store: false }, CODEX)).status, 'completed');
    await redis.start();
    while ((await getJson(response(bridge, first.id))).status === 503) await delay(20);
    assert.equal((await bridge.json({ input: 'Go on.', previous_response_id: first.id })).status, 200);
    assert.deepEqual(body(await getJson(`${bridge.url}/v1/conversations/${id}/items`)).data, []);
  });

  it('answers a turn whose Response can no longer be stored, and stores no part of it', async (context) => {
    const redis = await startRedis(context, ['--appendonly', 'yes', '--appendfsync', 'always']);
    const gate = createTurnstile();
    const bridge = await startBridge(context, {
      script: [answer({ text: 'One two.', gate: gate.gate })], settings: { store: redis.url },
    });
    const { id } = body(await postJson(`${bridge.url}/v1/conversations`, {}));
    const streaming = postStream(
      `${bridge.url}/v1/responses`,
      { model: bridge.model, input: ask(), conversation: id, stream: true },
    );
    await bridge.upstream.nextRequest();
    await redis.kill();
    gate.open();
    const reply = await streaming;
    assert.equal(finalResponse(reply).status, 'completed');
    assert.ok(bridge.lines.some((line) => line.includes('a response was not stored')));
    await redis.start();
    const responseId = eventsOf(reply)[0].response.id;
    while ((await getJson(response(bridge, responseId))).status === 503) await delay(20);
    assert.equal((await getJson(response(bridge, responseId))).status, 404);
    assert.deepEqual(body(await getJson(`${bridge.url}/v1/conversations/${id}/items`)).data, []);
  });
});
