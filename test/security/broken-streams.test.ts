/** A stream that has begun ends with one terminal event in sequence, whatever breaks inside the bridge. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBridge } from '../../src/bridge/create-bridge';
import type { Bridge } from '../../src/bridge/bridge';
import { createLogger } from '../../src/observe/log';
import { resolveConfig } from '../../src/config/resolve';
import { createBridgeServer } from '../../src/server/create-server';
import { postStream } from '../support/clients/sse-client';
import { ask, CODEX, typesOf, eventsOf } from '../support/bridge/test-bridge';
import { answer, startScriptedUpstream } from '../support/upstream/scripted-upstream';

/** A bridge whose frames throw after `count` of them: a defect that no one foresaw. */
function breakAfter(bridge: Bridge, count: number): Bridge {
  return {
    ...bridge,
    async start(...args) {
      const turn = await bridge.start(...args);
      async function* frames(): AsyncGenerator<string> {
        let left = count;
        for await (const frame of turn.frames()) {
          yield frame;
          if ((left -= 1) === 0) throw new TypeError('a defect');
        }
      }
      return { ...turn, keepAlive: () => turn.keepAlive(), fail: (error) => turn.fail(error), frames };
    },
  };
}

const TERMINAL = ['response.completed', 'response.incomplete', 'response.failed'];
const LENGTHS = [1, 2, 3, 5, 8, 30];

for (const [client, headers] of [['Codex', CODEX], ['an SDK', {}]] as const) {
  for (const count of LENGTHS) {
    test(`a stream for ${client} that breaks after ${count} writes ends once, in sequence`, async (context) => {
      const toolCalls = [{ name: 'f', arguments: {} }];
      const script = [answer({ reasoning: 'Hm, hm, hm.', text: 'Hello, hello, hello.', toolCalls })];
      const upstream = await startScriptedUpstream({ dialect: 'dashscope', script });
      context.after(() => upstream.close());
      const resolved = resolveConfig({}, {});
      assert.ok(resolved.ok);
      const own = { aiBaseUrl: upstream.url, provider: 'aliyun-coding', aiApiKey: 'sk-test-1', port: 0 };
      const config = { ...resolved.config, ...own };
      const lines: string[] = [];
      const log = createLogger({ level: 'debug', format: 'json', write: (line) => void lines.push(line) });
      const bridge = breakAfter(createBridge(config, log), count);
      const server = createBridgeServer({ config, version: '1', log, bridge });
      context.after(() => server.closeNow());
      const { port } = await server.listen();
      const tools = [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }];
      const body = { model: 'qwen3.7-plus', stream: true, input: ask(), tools };
      const reply = await postStream(`http://127.0.0.1:${port}/v1/responses`, body, headers);
      const types = typesOf(reply);
      assert.equal(types.filter((type) => type === 'response.created').length, 1);
      assert.deepEqual(types.filter((type) => TERMINAL.includes(type)).length, 1, types.join(' '));
      assert.ok(TERMINAL.includes(types.at(-1) ?? ''));
      assert.deepEqual(eventsOf(reply).map(({ sequence_number: number }) => number), types.map((_, index) => index));
      const ids = eventsOf(reply).flatMap(({ response }) => (response === undefined ? [] : [response.id]));
      assert.equal(new Set(ids).size, 1);
      assert.equal(lines.filter((line) => line.includes('"message":"turn"')).length, 1);
    });
  }
}
