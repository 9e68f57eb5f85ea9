/** UPSTREAM_WIRE=responses: the real Codex with a provider's own Responses endpoint, for each form of reasoning. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { startNativeUpstream } from '../../support/upstream/native-upstream';
import { answer } from '../../support/upstream/scripted-upstream';
import { startBridge } from '../support/bridge-process';
import { createClientEnv } from '../support/program';
import { createWorkFolder } from '../support/work-folder';
import { mcpServer, writeCodexHome } from './config';
import { completedItems, textsOf, usageOf } from './events';
import { runCodex } from './run-codex';
import { UPSTREAM_KEY } from './scenario';
import { CURRENT_CODEX, shellCall, whyMissing } from './versions';

const PATCH = '*** Begin Patch\n*** Add File: größe.txt\n+世界 😀\n*** End Patch\n';
const MODEL = 'scripted-model';

const SCRIPT = [
  answer({
    reasoning: 'First the echo.',
    text: 'Looking.',
    toolCalls: [{ name: 'mcp__mini__echo', arguments: { text: 'Grüße' } }, shellCall('echo out')],
    usage: { prompt: 100, completion: 20, cached: 64, reasoning: 7 },
    writeSize: 11,
  }),
  answer({ reasoning: 'Now the file.', toolCalls: [{ name: 'apply_patch', arguments: { input: PATCH } }], pieces: 1 }),
  answer({ text: 'Done.' }),
  answer({ text: 'Still here.' }),
];

for (const reasoning of ['content', 'summary', 'sealed'] as const) {
  test(`a Responses endpoint whose reasoning is ${reasoning}`, { skip: whyMissing(CURRENT_CODEX) }, async (context) => {
    const folder = await createWorkFolder();
    context.after(() => folder.dispose({}));
    const upstream = await startNativeUpstream({ script: SCRIPT, apiKey: UPSTREAM_KEY, reasoning });
    context.after(() => upstream.close());
    const env = { AI_API_KEY: UPSTREAM_KEY, UPSTREAM_WIRE: 'responses' };
    const bridge = await startBridge({ upstreamUrl: upstream.url, folder: folder.root, env });
    context.after(() => bridge.stop());
    const config = { tables: mcpServer('mini') };
    await writeCodexHome(folder.codexHome, {
      model: MODEL,
      bridgeUrl: bridge.url,
      config,
      catalog: { apply_patch_tool_type: 'freeform' },
    });
    const { workspace, codexHome } = folder;
    const options = {
      version: CURRENT_CODEX,
      workspace,
      codexHome,
      env: { ...createClientEnv(folder.home, folder.tmp), AI_API_KEY: 'sk-test-client' },
    };

    const { events, exitCode, stderr } = await runCodex({ ...options, prompt: 'Do it.' });
    assert.deepEqual(upstream.refusals, [], stderr + bridge.log());
    assert.equal(exitCode, 0);
    assert.deepEqual(textsOf(events, 'agent_message'), ['Looking.', 'Done.']);
    assert.deepEqual(
      textsOf(events, 'reasoning').filter((text) => text !== ''),
      reasoning === 'sealed' ? [] : ['First the echo.', 'Now the file.'],
    );
    const [call] = completedItems(events, 'mcp_tool_call');
    assert.deepEqual([call?.server, call?.tool, call?.status], ['mini', 'echo', 'completed']);
    assert.match(completedItems(events, 'command_execution')[0]?.aggregated_output ?? '', /^out\n/);
    assert.equal(await readFile(join(workspace, 'größe.txt'), 'utf8'), '世界 😀\n');
    assert.equal(usageOf(events)?.input_tokens, 140);

    const later = await runCodex({ ...options, args: ['resume', '--last'], prompt: 'Again.' });
    assert.deepEqual(textsOf(later.events, 'agent_message'), ['Still here.']);
    upstream.assertClean();
    const kinds = (index: number): readonly string[] =>
      upstream.requests[index]?.body.input.map(({ type, role }: { type: string; role?: string }) => role ?? type);
    assert.deepEqual(kinds(2).slice(-10), [
      'user',
      'reasoning', 'assistant', 'function_call', 'function_call', 'function_call_output', 'function_call_output',
      'reasoning', 'function_call', 'function_call_output',
    ]);
    assert.deepEqual(kinds(3).slice(0, kinds(2).length), kinds(2));
    assert.equal(await bridge.stop(), 0);
  });
}
