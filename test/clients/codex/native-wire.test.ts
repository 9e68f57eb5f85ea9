/**
 * The real Codex with Responses endpoints of providers: every form of reasoning, and a simulated endpoint for every
 * provider, which rejects what that provider rejects.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import test, { type TestContext } from 'node:test';
import { PROVIDERS } from '../../../src/providers/catalog';
import { NATIVE_BEHAVIOR } from '../../support/strict/native-behavior';
import { startNativeUpstream, type NativeUpstreamOptions } from '../../support/upstream/native-upstream';
import { answer } from '../../support/upstream/scripted-upstream';
import { startBridge } from '../support/bridge-process';
import { createClientEnv } from '../support/program';
import { createWorkFolder } from '../support/work-folder';
import { mcpServer, writeCodexHome, type ModelInfo } from './config';
import { completedItems, textsOf, usageOf } from './events';
import { runCodex } from './run-codex';
import { UPSTREAM_KEY } from './scenario';
import { CURRENT_CODEX, shellCall, whyMissing } from './versions';

const PATCH = '*** Begin Patch\n*** Add File: größe.txt\n+世界 😀\n*** End Patch\n';
const MODEL = 'scripted-model';

interface SetUpOptions extends NativeUpstreamOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly model: string;
  readonly catalog: ModelInfo;
}

/** Starts an endpoint and a bridge, which are stopped after the test, and prepares Codex. */
async function setUp(context: TestContext, { env, model, catalog, ...options }: SetUpOptions) {
  const folder = await createWorkFolder();
  context.after(() => folder.dispose({}));
  const upstream = await startNativeUpstream({ apiKey: UPSTREAM_KEY, ...options });
  context.after(() => upstream.close());
  const bridge = await startBridge({
    upstreamUrl: upstream.url, folder: folder.root, env: { AI_API_KEY: UPSTREAM_KEY, ...env },
  });
  context.after(() => bridge.stop());
  const { workspace, codexHome } = folder;
  await writeCodexHome(codexHome, { model, bridgeUrl: bridge.url, config: { tables: mcpServer('mini') }, catalog });
  const run = (prompt: string, args: readonly string[] = []) => runCodex({
    version: CURRENT_CODEX,
    workspace,
    codexHome,
    env: { ...createClientEnv(folder.home, folder.tmp), AI_API_KEY: 'sk-test-client' },
    prompt,
    args,
  });
  /** The role or the type of each input item of a request. */
  const kinds = (index: number): readonly string[] =>
    upstream.requests[index]?.body.input.map(({ type, role }: { type: string; role?: string }) => role ?? type);
  return { upstream, bridge, workspace, run, kinds };
}

const find = { name: 'tool_search', arguments: { query: 'mini echo text', limit: 1 } };
const echo = { name: 'mcp__mini__echo', arguments: { text: 'Grüße' } };

const SCRIPT = [
  answer({
    reasoning: 'First the echo.',
    text: 'Looking.',
    toolCalls: [echo, shellCall('echo out')],
    usage: { prompt: 100, completion: 20, cached: 64, reasoning: 7 },
    writeSize: 11,
  }),
  answer({ reasoning: 'Now the file.', toolCalls: [{ name: 'apply_patch', arguments: { input: PATCH } }], pieces: 1 }),
  answer({ text: 'Done.' }),
  answer({ text: 'Still here.' }),
];

for (const reasoning of ['content', 'summary', 'sealed'] as const) {
  test(`a Responses endpoint whose reasoning is ${reasoning}`, { skip: whyMissing(CURRENT_CODEX) }, async (context) => {
    const env = { UPSTREAM_WIRE: 'responses' };
    const catalog = { apply_patch_tool_type: 'freeform' };
    const started = await setUp(context, { script: SCRIPT, reasoning, env, model: MODEL, catalog });
    const { upstream, bridge, workspace, run, kinds } = started;
    const { events, exitCode, stderr } = await run('Do it.');
    assert.deepEqual(upstream.rejections, [], stderr + bridge.log());
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

    const later = await run('Again.', ['resume', '--last']);
    assert.deepEqual(textsOf(later.events, 'agent_message'), ['Still here.']);
    upstream.assertClean();
    assert.deepEqual(kinds(2).slice(-10), [
      'user',
      'reasoning', 'assistant', 'function_call', 'function_call', 'function_call_output', 'function_call_output',
      'reasoning', 'function_call', 'function_call_output',
    ]);
    assert.deepEqual(kinds(3).slice(0, kinds(2).length), kinds(2));
    assert.equal(await bridge.stop(), 0);
  });
}

for (const reasoning of ['summary', 'sealed'] as const) {
  test(`a thread that changes its model and back, reasoning is ${reasoning}`, async (context) => {
    const script = ['One', 'Two', 'Three'].flatMap((text) => [
      answer({ reasoning: `${text}?`, toolCalls: [shellCall(`echo ${text}`)] }), answer({ text: `${text}.` }),
    ]);
    const env = { UPSTREAM_WIRE: 'responses' };
    const { upstream, run } = await setUp(context, { script, reasoning, env, model: MODEL, catalog: {} });
    const sent = (index: number): readonly string[] => upstream.requests[index]?.body.input.flatMap(
      ({ type, encrypted_content: seal }: { type: string; encrypted_content?: string }) =>
        type === 'reasoning' ? [seal === undefined ? 'text' : Buffer.from(seal.slice(7), 'base64').toString()] : []);
    const resumed = ['resume', '--last'];
    for (const [prompt = '', ...args] of [['One'], ['Two', ...resumed, '-m', 'other'], ['Three', ...resumed]]) {
      const { events, stderr } = await run(prompt, args);
      assert.deepEqual(textsOf(events, 'agent_message'), [`${prompt}.`], stderr);
    }
    upstream.assertClean();
    assert.deepEqual(upstream.requests.map(({ body }) => body.model), [MODEL, MODEL, 'other', 'other', MODEL, MODEL]);
    const readable = reasoning === 'summary' ? ['text'] : [];
    assert.deepEqual(sent(1), ['One?']);
    assert.deepEqual(sent(3), [...readable, 'Two?']);
    assert.deepEqual(sent(5), ['One?', ...readable, 'Three?']);
  });
}

/** A search, parallel calls of the found tool and the shell, a patch, an answer; then a second turn. */
const EVERYTHING = [
  answer({ reasoning: 'Which?', toolCalls: [find] }),
  answer({ reasoning: 'Both.', text: 'Looking.', toolCalls: [echo, shellCall('echo out')] }),
  answer({ toolCalls: [{ name: 'apply_patch', arguments: { input: PATCH } }], pieces: 1 }),
  answer({ text: 'Done.' }),
  answer({ toolCalls: [echo] }),
  answer({ text: 'Still here.' }),
];

/** The models that each endpoint serves: its own, else those of its provider, else one scripted model. */
const ROWS = PROVIDERS.filter(({ responses }) => responses).flatMap((provider) => {
  const models = provider.responses?.models ?? provider.models.map(({ id }) => id);
  return (models.length > 0 ? models : [MODEL]).map((model) => ({ provider, model }));
});

for (const { provider, model } of ROWS) {
  const { name } = provider;
  test(`${model} at the endpoint of ${name}`, { skip: whyMissing(CURRENT_CODEX) }, async (context) => {
    const behavior = NATIVE_BEHAVIOR[name];
    const env = { AI_PROVIDER: name, UPSTREAM_WIRE: 'responses' };
    const catalog = { apply_patch_tool_type: 'freeform', supports_search_tool: true };
    const started = await setUp(context, { script: EVERYTHING, env, model, catalog, ...(behavior && { behavior }) });
    const { upstream, bridge, workspace, run, kinds } = started;
    const { events, exitCode, stderr } = await run('Do it.');
    assert.deepEqual(upstream.rejections, [], stderr + bridge.log());
    assert.equal(exitCode, 0, stderr + bridge.log());
    assert.deepEqual(textsOf(events, 'agent_message'), ['Looking.', 'Done.']);
    const [call] = completedItems(events, 'mcp_tool_call');
    assert.deepEqual([call?.server, call?.tool, call?.status], ['mini', 'echo', 'completed']);
    assert.match(completedItems(events, 'command_execution')[0]?.aggregated_output ?? '', /^out\n/);
    assert.equal(await readFile(join(workspace, 'größe.txt'), 'utf8'), '世界 😀\n');

    const later = await run('Again.', ['resume', '--last']);
    assert.deepEqual(completedItems(later.events, 'mcp_tool_call').map(({ status }) => status), ['completed']);
    assert.deepEqual(textsOf(later.events, 'agent_message'), ['Still here.']);
    upstream.assertClean();
    assert.deepEqual(kinds(4).slice(0, kinds(3).length), kinds(3), 'the history is sent unchanged');
    assert.ok(upstream.requests.every(({ body }) => body.model === model));
    assert.equal(await bridge.stop(), 0);
  });
}
