/**
 * The requests of `codex --oss --local-provider lmstudio` before its first turn: answered without a provider call.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { listCodexRequests } from '../support/fixtures';
import { answer } from '../support/upstream/scripted-upstream';
import { getJson, postJson } from '../support/clients/sse-client';
import { ask, doneItems, finalResponse, startBridge, type Loose } from '../support/bridge/test-bridge';

/** As sent by the real client: no stream, no originator, the model of the turn. */
const PRELOAD = readPreload();
const HEADERS = { accept: '*/*' };

function readPreload(): { readonly model: string } {
  const captured = listCodexRequests().find(({ name }) => name === '27-oss-lmstudio-preload.json');
  return captured?.body as { readonly model: string };
}

it('the model is listed, and loading it needs no provider call', async (context) => {
  const bridge = await startBridge(context, { script: [] });
  const list = (await getJson(`${bridge.url}/v1/models`)).json as Loose;
  assert.ok(list.data.some(({ id }: Loose) => id === PRELOAD.model));
  const { status, json } = await postJson(`${bridge.url}/v1/responses`, PRELOAD, HEADERS);
  assert.equal(status, 200);
  const { object, status: state, model, output, error } = json as Loose;
  assert.deepEqual([object, state, model, error], ['response', 'completed', PRELOAD.model, null]);
  assert.deepEqual(output.map((item: Loose) => [item.type, item.content[0]?.text]), [['message', '']]);
  assert.deepEqual(bridge.upstream.requests, []);
});

it('a streamed preload has every event', async (context) => {
  const bridge = await startBridge(context, { script: [] });
  const streamed = await bridge.stream(PRELOAD, HEADERS);
  assert.deepEqual(finalResponse(streamed).output, doneItems(streamed));
  assert.deepEqual(bridge.upstream.requests, []);
});

it('a short question is not a preload', async (context) => {
  const script = [0, 1, 2].map(() => answer({ text: 'Y', finish: 'length' }));
  const bridge = await startBridge(context, { script });
  await bridge.json({ ...PRELOAD, input: ask('Yes?') });
  await bridge.json({ ...PRELOAD, instructions: 'Say yes.' });
  await bridge.json({ ...PRELOAD, max_output_tokens: 2 });
  bridge.upstream.assertClean();
});
