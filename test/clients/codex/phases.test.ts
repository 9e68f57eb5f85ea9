/** Phases of messages: Codex stores them in the thread and sends them back; upstream requests do not have them. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { startNativeUpstream } from '../../support/upstream/native-upstream';
import { answer, startScriptedUpstream, type Step } from '../../support/upstream/scripted-upstream';
import { startRecorder } from '../codex-diff/recorder';
import { startBridge } from '../support/bridge-process';
import { createClientEnv } from '../support/program';
import { createWorkFolder } from '../support/work-folder';
import { writeCodexHome } from './config';
import { textsOf } from './events';
import { runCodex } from './run-codex';
import { UPSTREAM_KEY } from './scenario';
import { CURRENT_CODEX, shellCall } from './versions';

type Loose = any;

interface Phased {
  readonly wire: 'chat' | 'responses';
  /** The answers of the first turn; that of the second turn is `Still there.` */
  readonly script: readonly Step[];
  /** Text and phase of every message of the first turn. */
  readonly messages: readonly (readonly [text: string, phase: string])[];
}

const toolCalls = [shellCall('echo hi')];
const CASES: readonly Phased[] = [
  {
    wire: 'chat',
    script: [answer({ reasoning: 'Hm.', text: 'Looking.', toolCalls }), answer({ text: 'Found it.' })],
    messages: [['Looking.', 'commentary'], ['Found it.', 'final_answer']],
  },
  {
    wire: 'responses',
    script: [
      answer({ text: 'Looking.', phase: 'commentary', toolCalls }),
      answer({ text: 'A part.', phase: 'partial_answer', toolCalls }),
      answer({ reasoning: 'Hm.', text: 'The rest.', phase: 'final_answer' }),
    ],
    messages: [['Looking.', 'commentary'], ['A part.', 'partial_answer'], ['The rest.', 'final_answer']],
  },
];

for (const phased of CASES)
  test(`Codex stores and sends back phases, --wire ${phased.wire}`, (context) => runTurns(context, phased));

async function runTurns(context: TestContext, { wire, script, messages }: Phased): Promise<void> {
  const folder = await createWorkFolder();
  context.after(() => folder.dispose({}));
  const steps = [...script, answer({ text: 'Still there.' })];
  const upstream = wire === 'chat'
    ? await startScriptedUpstream({ dialect: 'openai', apiKey: UPSTREAM_KEY, script: steps })
    : await startNativeUpstream({ apiKey: UPSTREAM_KEY, script: steps });
  context.after(() => upstream.close());
  const env = { AI_API_KEY: UPSTREAM_KEY, UPSTREAM_WIRE: wire };
  const bridge = await startBridge({ upstreamUrl: upstream.url, folder: folder.root, env });
  context.after(() => bridge.stop());
  const recorder = await startRecorder(bridge.url);
  context.after(() => recorder.close());
  const { workspace, codexHome, home, tmp } = folder;
  await writeCodexHome(codexHome, { model: 'scripted-model', bridgeUrl: recorder.url });
  const run = (prompt: string, args: readonly string[] = []) => runCodex({
    version: CURRENT_CODEX, workspace, codexHome, prompt, args,
    env: { ...createClientEnv(home, tmp), AI_API_KEY: 'sk-test-client' },
  });

  const first = await run('Do it.');
  assert.equal(first.exitCode, 0, first.stderr + bridge.log());
  assert.deepEqual(textsOf(first.events, 'agent_message'), messages.map(([text]) => text));
  assert.deepEqual(phasesOf(await readThread(codexHome)), messages, 'phases in the thread file');

  const later = await run('Again.', ['resume', '--last']);
  assert.deepEqual(textsOf(later.events, 'agent_message'), ['Still there.'], later.stderr + bridge.log());
  upstream.assertClean();
  const [body, ...others] = recorder.requests.map((request) => request.body as Loose).reverse();
  assert.deepEqual(phasesOf(body.input), messages, 'phases in the next request of Codex');
  assert.equal(others.length, script.length);
  const sent = upstream.requests.map((request): readonly Loose[] => request.body.messages ?? request.body.input);
  for (const [index, items] of sent.slice(1).entries())
    assert.deepEqual(items.slice(0, sent[index]?.length), sent[index], 'the history is sent unchanged');
  assert.doesNotMatch(JSON.stringify(sent), /"phase"/);
}

/** The items of the newest thread, as Codex stores them. */
async function readThread(codexHome: string): Promise<readonly Loose[]> {
  const folder = join(codexHome, 'sessions');
  const [file] = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.jsonl'));
  const lines = (await readFile(join(folder, file ?? ''), 'utf8')).trimEnd().split('\n');
  return lines.map((line): Loose => JSON.parse(line)).filter(({ type }) => type === 'response_item')
    .map(({ payload }) => payload);
}

const phasesOf = (items: readonly Loose[]): readonly (readonly [string, string])[] =>
  items.filter(({ type, role }) => type === 'message' && role === 'assistant')
    .map(({ content, phase }) => [content[0].text, phase]);
