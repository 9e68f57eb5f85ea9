/** The bridge's model catalog in the real Codex: as a file, and fetched over HTTP. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BASE_INSTRUCTIONS } from '../../../src/providers/base-instructions';
import { answer } from '../../support/upstream/scripted-upstream';
import { PROJECT_ROOT } from '../../house/source-tree';
import { createClientEnv, runProgram } from '../support/program';
import { readTree } from '../support/work-folder';
import { messagesAfter, toolNames } from './chat-requests';
import { CATALOG_READERS, debugModels } from './debug-models';
import { completedItems, textsOf } from './events';
import { scenario, type Scenario, type ScenarioRun } from './scenario';
import { codexCommand } from './versions';

/** A file name without a folder is relative to config.toml. */
const FILE = 'models.json';

/** The context window of `glm-4.7` in the Coding Plan's rows. */
const WINDOW = 202_752;

/** Runs `aliyun-codex-bridge models --codex-catalog` for Codex's folder, as in the README. */
async function writeCatalog({ folder, version }: Scenario): Promise<void> {
  const { exitCode, stdout, stderr } = await runProgram({
    command: process.execPath,
    args: [
      join(PROJECT_ROOT, 'bin/aliyun-codex-bridge.js'), 'models',
      '--codex-catalog', join(folder.codexHome, FILE), '--codex-version', version,
    ],
    cwd: folder.root,
    env: { ...createClientEnv(folder.home, folder.tmp), AI_PROVIDER: 'aliyun-coding' },
  }, 30_000);
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /^Wrote \d+ models to /);
}

/** Flags that replace the configured provider: Codex requests /models only if a command provides the token. */
const providerWithToken = ({ bridge }: Scenario): readonly string[] => [
  '-c',
  'model_provider="own_auth"',
  '-c',
  `model_providers.own_auth={name="Bridge",base_url=${JSON.stringify(bridge.url)},auth={command="echo",args=["any"]}}`,
];

/** The context window on which Codex bases its percentages, from the newest session file. */
async function readWindow(codexHome: string): Promise<unknown> {
  const folder = join(codexHome, 'sessions');
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.jsonl')).sort();
  const text = await readFile(join(folder, files.at(-1) ?? ''), 'utf8');
  const windows = [...text.matchAll(/"model_context_window":(\d+)/g)].map(([, tokens]) => Number(tokens));
  return windows.at(-1);
}

/**
 * Codex overwrites its cache of the list while it exits, so the next run may find it empty, report that, and fetch it
 * again (seen once with 0.169: `failed to load models cache: EOF while parsing a value`).
 */
const TRUNCATED_CACHE = /^.*failed to load models cache: EOF while parsing.*$/m;

/** Asserts that Codex reports no problem with the model or its catalog. */
function assertKnown({ events, stderr }: ScenarioRun): void {
  assert.deepEqual(completedItems(events, 'error'), []);
  assert.doesNotMatch(stderr.replace(TRUNCATED_CACHE, ''), /metadata|catalog|models/i);
}

const PATCH = '*** Begin Patch\n*** Add File: new.txt\n+It is there.\n*** End Patch';
const PATCHING = [
  answer({ reasoning: 'Hm.', toolCalls: [{ name: 'apply_patch', arguments: { input: PATCH } }] }),
  answer({ text: 'Patched.' }),
];

for (const version of CATALOG_READERS) {
  scenario(
    `Codex ${version} uses the catalog from a file`,
    {
      version,
      dialects: ['dashscope'],
      config: { settings: { model_catalog_json: FILE } },
      script: [...PATCHING, answer({ text: 'Quick.' })],
    },
    async (running) => {
      const { run, bridge, folder } = running;
      await running.configure();
      await writeCatalog(running);
      const { data } = (await (await fetch(`${bridge.url}/models`)).json()) as { data: { id: string }[] };
      const listed = await debugModels(folder, version);
      assert.deepEqual(listed.map(({ slug }) => slug), data.map(({ id }) => id), 'only the bridge’s models');
      assert.equal(listed.find(({ slug }) => slug === 'glm-4.7')?.context_window, WINDOW);

      const patched = await run('Patch it.');
      assertKnown(patched);
      assert.deepEqual(textsOf(patched.events, 'agent_message'), ['Patched.']);
      assert.deepEqual(await readTree(folder.workspace), { 'new.txt': 'It is there.\n' });
      const [request] = patched.requests;
      assert.ok(toolNames(request!).includes('apply_patch'));
      assert.ok(
        request?.body.messages[0].content.startsWith(BASE_INSTRUCTIONS),
        'the instructions of the catalog, not those of Codex',
      );
      assert.equal(request?.body.enable_thinking, true);
      assert.equal(await readWindow(folder.codexHome), Math.floor(WINDOW * 0.95));

      const quick = await run('Quickly.', { args: ['-c', 'model_reasoning_effort="none"'] });
      assert.equal(quick.requests[0]?.body.enable_thinking, false, 'the effort reaches upstream');
    },
  );

  scenario(
    `Codex ${version} uses the catalog over HTTP`,
    { version, dialects: ['dashscope'], script: PATCHING },
    async (running) => {
      const { run, folder } = running;
      const flags = providerWithToken(running);
      await running.configure();
      const listed = await debugModels(folder, version, flags);
      assert.equal(listed.find(({ slug }) => slug === 'glm-4.7')?.context_window, WINDOW);

      const patched = await run('Patch it.', { args: flags });
      assertKnown(patched);
      assert.deepEqual(await readTree(folder.workspace), { 'new.txt': 'It is there.\n' });
      assert.ok(patched.requests[0]?.body.messages[0].content.startsWith(BASE_INSTRUCTIONS));
      assert.equal(await readWindow(folder.codexHome), Math.floor(WINDOW * 0.95));
      const cache = JSON.parse(await readFile(join(folder.codexHome, 'models_cache.json'), 'utf8')) as Record<
        string,
        unknown
      >;
      assert.match(String(cache['etag']), /^"\w+"$/);
      assert.equal(cache['client_version'], version);
    },
  );
}

const usageWith = (prompt: number) => ({ prompt, completion: 10 });

scenario(
  'the history is compacted at the limit of the catalog',
  {
    dialects: ['dashscope'],
    model: 'MiniMax-M2.5',
    config: { settings: { model_catalog_json: FILE } },
    // The window of 196,608 tokens minus an answer of 24,576; without a limit in the catalog, it would be nine tenths,
    // 176,947.
    script: [
      answer({ text: 'Almost full.', usage: usageWith(171_000) }),
      answer({ text: 'Full.', usage: usageWith(172_500) }),
      answer({ text: 'SUMMARY' }),
      answer({ text: 'Goes on.' }),
    ],
  },
  async (running) => {
    const { run } = running;
    await running.configure();
    await writeCatalog(running);
    assert.equal((await run('One.')).requests.length, 1);
    assert.equal((await run('Two.', { args: ['resume', '--last'] })).requests.length, 1);
    const third = await run('Three.', { args: ['resume', '--last'] });
    assert.equal(third.requests.length, 2, 'a summary, then the turn');
    assert.match(JSON.stringify(third.requests[1]?.body.messages), /SUMMARY/);
    assert.deepEqual(messagesAfter(third.requests[1]!, 'Three.'), []);
  },
);

scenario(
  'a model that only the provider lists',
  {
    dialects: ['openai'],
    models: ['scripted-model', 'another-model'],
    bridgeEnv: { DISCOVER_MODELS: '1' },
    script: PATCHING,
  },
  async (running) => {
    const { run, bridge, folder } = running;
    await (await fetch(`${bridge.url}/models`)).text();
    await running.configure();
    const flags = providerWithToken(running);
    const slugs = (await debugModels(folder, running.version, flags)).map(({ slug }) => slug);
    assert.deepEqual(slugs.filter((slug) => slug.endsWith('-model')), ['scripted-model', 'another-model']);
    const patched = await run('Patch it.', { args: flags });
    assertKnown(patched);
    assert.equal(patched.requests[0]?.body.reasoning_effort, undefined, 'no effort is guessed');
    assert.equal(await readWindow(folder.codexHome), 121_600);
  },
);

scenario(
  'the efforts of a model reach upstream',
  {
    dialects: ['openai'],
    model: 'deepseek-v4-pro',
    bridgeEnv: { AI_PROVIDER: 'deepseek', UPSTREAM_WIRE: 'chat' },
    allowFields: ['thinking', 'reasoning_content'],
    without: ['reasoning-effort'],
    script: [answer({ text: 'By default.' }), answer({ text: 'Most.' }), answer({ text: 'None.' })],
  },
  async (running) => {
    const flags = providerWithToken(running);
    const efforts = [];
    for (const effort of [undefined, 'max', 'none']) {
      const args = [...flags, ...(effort === undefined ? [] : ['-c', `model_reasoning_effort="${effort}"`])];
      const result = await running.run('Think.', { args });
      assertKnown(result);
      const [request] = result.requests;
      efforts.push([request?.body.thinking.type, request?.body.reasoning_effort]);
    }
    assert.deepEqual(efforts, [['enabled', 'high'], ['enabled', 'max'], ['disabled', undefined]]);
  },
);

interface Check {
  readonly status: string;
  readonly details: Readonly<Record<string, unknown>>;
}

for (const version of ['0.171.0', '0.169.0', '0.146.0'] as const) {
  scenario(`codex doctor of ${version} passes`, { version, dialects: ['dashscope'], script: [] }, async (running) => {
    await running.configure();
    const codex = codexCommand(version);
    const { stdout } = await runProgram({
      command: codex.command,
      args: [...codex.args, 'doctor', '--json'],
      cwd: running.folder.workspace,
      env: { ...running.env, CODEX_HOME: running.folder.codexHome },
    }, 60_000);
    const { checks } = JSON.parse(stdout) as { checks: Readonly<Record<string, Check>> };
    for (const name of [
      'config.load',
      'auth.credentials',
      'network.provider_reachability',
      'network.websocket_reachability',
    ]) {
      assert.equal(checks[name]?.status, 'ok', `${name}: ${JSON.stringify(checks[name])}`);
    }
    const reached = Object.values(checks['network.provider_reachability']?.details ?? {});
    assert.ok(reached.some((text) => /route exists \(HTTP 200\)/.test(String(text))), JSON.stringify(reached));
  });
}
