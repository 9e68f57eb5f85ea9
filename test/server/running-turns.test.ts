/** GET /turns: the running turns, with their client, model, state, duration and number of tokens so far. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, createTurnstile } from '../support/upstream/scripted-upstream';
import { ask, CODEX, startBridge } from '../support/bridge/test-bridge';
import { getJson } from '../support/clients/sse-client';

interface RunningTurn {
  readonly client: string;
  readonly model: string | null;
  readonly state: string;
  readonly ms: number;
  readonly tokens: number;
}

test('a turn is waiting, then streaming with an estimate of its tokens, then gone', async (context) => {
  const { gate, admit, open } = createTurnstile();
  const bridge = await startBridge(context, { script: [answer({ text: 'one, two, three, four', gate })] });
  const list = async (): Promise<readonly RunningTurn[]> =>
    ((await getJson(`${bridge.url}/turns`)).json as { turns: readonly RunningTurn[] }).turns;
  const until = async (isReached: (turn: RunningTurn | undefined) => boolean): Promise<RunningTurn | undefined> => {
    for (;;) {
      const [turn] = await list();
      if (isReached(turn)) return turn;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  assert.deepEqual(await list(), []);
  const reply = bridge.stream({ input: ask() }, CODEX);
  const waiting = await until((turn) => turn?.model !== undefined && turn.model !== null);
  assert.deepEqual([waiting?.client, waiting?.model, waiting?.state], ['codex_exec', bridge.model, 'waiting']);
  admit(3);
  const streaming = await until((turn) => turn?.state === 'streaming');
  assert.ok((streaming?.tokens ?? 0) > 0);
  assert.ok((streaming?.ms ?? -1) >= 0);
  open();
  await reply;
  assert.equal(await until((turn) => turn === undefined), undefined);
});

test('GET /turns requires the access token, if there is one', async (context) => {
  const accessToken = 'token-0123456789abcdef';
  const bridge = await startBridge(context, { script: [], settings: { accessToken } });
  assert.equal((await getJson(`${bridge.url}/turns`)).status, 401);
  assert.equal((await getJson(`${bridge.url}/turns`, { authorization: `Bearer ${accessToken}` })).status, 200);
});
