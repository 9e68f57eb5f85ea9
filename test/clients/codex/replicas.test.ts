/** Several bridges behind a load balancer: no state is kept for Codex, so each request may reach a different bridge. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import test from 'node:test';
import { answer, startScriptedUpstream } from '../../support/upstream/scripted-upstream';
import { startBridge } from '../support/bridge-process';
import { createClientEnv } from '../support/program';
import { createWorkFolder, readTree } from '../support/work-folder';
import { messagesAfter } from './chat-requests';
import { writeCodexHome } from './config';
import { parseEvents, textsOf } from './events';
import { runCodex } from './run-codex';
import { CURRENT_CODEX, shellCall } from './versions';

const KEY = 'sk-test-upstream';
const MODEL = 'glm-4.7';

/** Starts a server that forwards each connection to the next of `ports`. */
async function startBalancer(ports: readonly number[]) {
  const counts = ports.map(() => 0);
  let next = 0;
  const server = createServer((client) => {
    const index = next++ % ports.length;
    counts[index] = (counts[index] ?? 0) + 1;
    const bridge = connect(ports[index] ?? 0, '127.0.0.1');
    client.pipe(bridge).pipe(client);
    client.on('error', () => bridge.destroy());
    bridge.on('error', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, counts, close: () => server.close() };
}

test('a thread with tools and reasoning alternates between two bridges', { timeout: 120_000 }, async (context) => {
  const folder = await createWorkFolder();
  const script = [
    answer({ reasoning: 'First.', toolCalls: [shellCall('echo one > one.txt')] }),
    answer({ reasoning: 'Second.', toolCalls: [shellCall('echo two > two.txt')] }),
    answer({ text: 'Both.' }),
    answer({ text: 'Yes.' }),
  ];
  const upstream = await startScriptedUpstream({ dialect: 'dashscope', apiKey: KEY, script });
  const env = { AI_API_KEY: KEY, AI_PROVIDER: 'aliyun-coding' };
  const start = () => startBridge({ upstreamUrl: upstream.url, folder: folder.root, env });
  const bridges = [await start(), await start()];
  const balancer = await startBalancer(bridges.map(({ url }) => Number(new URL(url).port)));
  context.after(async () => {
    balancer.close();
    for (const bridge of bridges) await bridge.stop();
    await upstream.close();
    await folder.dispose({ logs: bridges.map((bridge) => bridge.log()) });
  });
  const { workspace, codexHome } = folder;
  await writeCodexHome(codexHome, { model: MODEL, bridgeUrl: `http://127.0.0.1:${balancer.port}/v1` });
  const codexEnv = { ...createClientEnv(folder.home, folder.tmp), AI_API_KEY: 'sk-test-client' };
  const run = (prompt: string, args: readonly string[] = []) =>
    runCodex({ version: CURRENT_CODEX, workspace, codexHome, env: codexEnv, args, prompt });

  const first = await run('Make both.');
  assert.equal(first.exitCode, 0, first.stderr);
  assert.deepEqual(textsOf(parseEvents(first.stdout), 'agent_message'), ['Both.']);
  const { 'one.txt': one, 'two.txt': two } = await readTree(workspace);
  assert.deepEqual([one, two], ['one\n', 'two\n']);
  const second = await run('Sure?', ['resume', '--last']);
  assert.equal(second.exitCode, 0, second.stderr);

  upstream.assertClean();
  assert.deepEqual(balancer.counts, [2, 2]);
  const [, , third, fourth] = upstream.requests;
  assert.ok(third && fourth);
  const thoughts = messagesAfter(third, 'Make both.').flatMap((message) => message['reasoning_content'] ?? []);
  assert.deepEqual(thoughts, ['First.', 'Second.'], 'reasoning returns to the model, whichever bridge it came through');
  assert.deepEqual(
    fourth.body.messages.slice(0, third.body.messages.length),
    third.body.messages,
    'the history is sent unchanged',
  );
});
