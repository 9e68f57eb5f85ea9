/** A stream that has begun ends with one terminal event, and its numbering has no gap, whatever fails in the bridge. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createBridge } from '../../src/bridge/create-bridge';
import type { Bridge } from '../../src/bridge/bridge';
import { createLogger } from '../../src/observe/log';
import { resolveConfig } from '../../src/config/resolve';
import { createBridgeServer } from '../../src/server/create-server';
import { postStream } from '../support/clients/sse-client';
import { ask, CODEX, typesOf, eventsOf } from '../support/bridge/test-bridge';
import {
  answer, raw, startScriptedUpstream, type ScriptedUpstream, type Step,
} from '../support/upstream/scripted-upstream';

/** A bridge whose turns throw after `count` frames, to simulate a bug. */
function breakAfter(bridge: Bridge, count: number): Bridge {
  return {
    ...bridge,
    async start(...args) {
      const turn = await bridge.start(...args);
      async function* frames(): AsyncGenerator<string> {
        let remaining = count;
        for await (const frame of turn.frames()) {
          yield frame;
          if ((remaining -= 1) === 0) throw new TypeError('a defect');
        }
      }
      return { ...turn, keepAlive: () => turn.keepAlive(), fail: (error) => turn.fail(error), frames };
    },
  };
}

const TERMINAL = ['response.completed', 'response.incomplete', 'response.failed'];
/** The answer has 11 frames, or fewer if chunks arrive together: a turn that ends earlier does not throw. */
const FRAME_COUNTS = [1, 2, 3, 5, 8, 10];
const TOOLS = [{ name: 'f', arguments: {} }];
const ANSWER = answer({ reasoning: 'Hm, hm, hm.', text: 'Hello, hello, hello.', toolCalls: TOOLS });
const FIRST_CHUNK = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'Hello' } }] })}\n\n`;

/** A bridge whose turns throw after `count` frames, with a provider that answers with `step`. */
async function startBrokenBridge(context: TestContext, count: number, step: Step): Promise<BrokenBridge> {
  const upstream = await startScriptedUpstream({ dialect: 'dashscope', apiKey: 'sk-test-1', script: [step] });
  context.after(() => upstream.close());
  const resolved = resolveConfig({}, {});
  assert.ok(resolved.ok);
  const own = { aiBaseUrl: upstream.url, provider: 'aliyun-coding', aiApiKey: 'sk-test-1', port: 0 };
  const config = { ...resolved.config, ...own };
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', format: 'json', write: (line) => void lines.push(line) });
  const bridge = breakAfter(createBridge(config, log), count);
  const server = createBridgeServer({ config, version: '1', log, bridge: () => bridge });
  context.after(() => server.closeNow());
  const { port } = await server.listen();
  return { url: `http://127.0.0.1:${port}/v1/responses`, upstream, lines };
}

interface BrokenBridge {
  readonly url: string;
  readonly upstream: ScriptedUpstream;
  readonly lines: readonly string[];
}

const BODY = {
  model: 'qwen3.7-plus',
  stream: true,
  input: ask(),
  tools: [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }],
};

for (const [client, headers] of [['Codex', CODEX], ['an SDK', {}]] as const) {
  for (const count of FRAME_COUNTS) {
    test(`a stream for ${client} ends once, without gaps, if its turn throws after frame ${count}`, async (context) => {
      const { url, lines } = await startBrokenBridge(context, count, ANSWER);
      const reply = await postStream(url, BODY, headers);
      const types = typesOf(reply);
      assert.equal(types.filter((type) => type === 'response.created').length, 1);
      assert.deepEqual(types.filter((type) => TERMINAL.includes(type)).length, 1, types.join(' '));
      assert.ok(TERMINAL.includes(types.at(-1) ?? ''));
      const isCrash = lines.some((line) => line.includes('a defect'));
      assert.equal(types.at(-1) === 'response.failed', isCrash, types.join(' '));
      if (count === 1) assert.ok(isCrash);
      assert.deepEqual(eventsOf(reply).map(({ sequence_number: number }) => number), types.map((_, index) => index));
      const ids = eventsOf(reply).flatMap(({ response }) => (response === undefined ? [] : [response.id]));
      assert.equal(new Set(ids).size, 1);
      assert.equal(lines.filter((line) => line.includes('"message":"turn"')).length, 1);
    });
  }

  // Codex gets frame 1 before the request to the provider is sent.
  for (const count of client === 'Codex' ? [2] : [1, 2]) {
    test(`a turn for ${client} that throws after frame ${count} ends its request to the provider`, async (context) => {
      const { url, upstream } = await startBrokenBridge(context, count, raw({ chunks: [FIRST_CHUNK], end: 'hang' }));
      const [request] = await Promise.all([upstream.nextRequest(), postStream(url, BODY, headers)]);
      await request.aborted;
    });
  }
}
