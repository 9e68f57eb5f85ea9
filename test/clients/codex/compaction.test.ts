/** Compaction of a full context in the middle of a turn, with both of Codex's methods, and the turn after it. */
import assert from 'node:assert/strict';
import type { ScriptedCall } from '../../support/upstream/chat-stream';
import { answer, type CapturedRequest } from '../../support/upstream/scripted-upstream';
import { messagesAfter, toolNames, type ChatMessage } from './chat-requests';
import { textsOf } from './events';
import { scenario, type RunOptions, type Scenario, type ScenarioOptions } from './scenario';
import { shellCall } from './versions';

const SUMMARY = 'Fertig: „hi“ was said. Open: nothing.';

/** Compaction starts at nine tenths of the window, according to the upstream's usage. */
const FULL = { prompt: 36_000, completion: 50 };

const script = (call: ScriptedCall) => [
  answer({ reasoning: 'Say it.', text: 'Saying hi.', toolCalls: [call], usage: FULL }),
  answer({ reasoning: 'Sum it up.', text: SUMMARY, usage: FULL }),
  answer({ reasoning: 'On with it.', text: 'It is said.' }),
  answer({ text: 'As I said.' }),
];

/** Asserts that the summary is written from the full history, with its reasoning; returns the prompt for it. */
function assertFullHistory(request: CapturedRequest): ChatMessage | undefined {
  const [assistant, result, prompt, ...rest] = messagesAfter(request, 'Say hi.');
  assert.deepEqual([assistant?.['content'], assistant?.['reasoning_content']], ['Saying hi.', 'Say it.']);
  assert.equal(assistant?.['tool_calls'][0].id, 'call_1_0');
  assert.match(result?.['content'], /Output:\n\s*hi\n$/);
  assert.deepEqual(rest, []);
  return prompt;
}

/** Runs two turns, with a restart of the bridge in between: the compacted history must not depend on its memory. */
async function runTurns(
  { run, restartBridge }: Scenario, options: RunOptions = {},
): Promise<readonly CapturedRequest[]> {
  const first = await run('Say hi.', options);
  assert.deepEqual(textsOf(first.events, 'agent_message'), ['Saying hi.', 'It is said.']);
  assert.deepEqual(
    textsOf(first.events, 'reasoning'),
    ['Say it.', 'On with it.'],
    'the summary and its reasoning are not shown',
  );
  assert.equal(first.requests.length, 3);
  await restartBridge();
  const second = await run('And?', { ...options, args: ['resume', '--last'] });
  assert.deepEqual(textsOf(second.events, 'agent_message'), ['As I said.']);
  assert.equal(second.requests.length, 1);
  return [...first.requests, ...second.requests];
}

/** Asserts that the user's messages, the summary as another user message, and everything since remain. */
function assertCompacted(requests: readonly CapturedRequest[]): void {
  const [summary, ...rest] = messagesAfter(requests[2]!, 'Say hi.');
  assert.equal(summary?.['role'], 'user');
  assert.ok(summary['content'].endsWith(SUMMARY), summary['content']);
  assert.deepEqual(rest, []);
  assert.deepEqual(messagesAfter(requests[3]!, 'Say hi.'), [
    summary,
    { role: 'assistant', content: 'It is said.', reasoning_content: 'On with it.' },
    { role: 'user', content: 'And?' },
  ]);
}

const WINDOW = { catalog: { context_window: 40_000 }, script: script(shellCall('echo hi')) };

scenario('local compaction', WINDOW, async (running) => {
  const requests = await runTurns(running);
  const prompt = assertFullHistory(requests[1]!);
  assert.match(prompt?.['content'], /^You are performing a CONTEXT CHECKPOINT COMPACTION\./);
  assert.deepEqual(toolNames(requests[1]!), [], 'Codex declares no tools, though the history calls some');
  assertCompacted(requests);
});

/** Declares a test of remote compaction: the bridge uses its own prompt, with the tools still declared. */
function remoteScenario(name: string, options: ScenarioOptions, runOptions: RunOptions = {}): void {
  scenario(name, options, async (running) => {
    const requests = await runTurns(running, runOptions);
    const prompt = assertFullHistory(requests[1]!);
    assert.match(prompt?.['content'], /^Your context is full\. Write a handoff summary/);
    assert.deepEqual(requests[1]!.body.tools, requests[0]!.body.tools);
    assert.equal(requests[1]!.body.tool_choice, 'none');
    assertCompacted(requests);
  });
}

const SDK_KEY = { env: { CODEX_API_KEY: 'sk-test-client' } };

const NAMED_OPENAI = { provider: { name: 'OpenAI' } };
remoteScenario('remote compaction, of a provider named OpenAI', { ...WINDOW, config: NAMED_OPENAI });
remoteScenario('remote compaction, of the built-in provider', { ...WINDOW, config: { builtIn: true } }, SDK_KEY);
remoteScenario('remote compaction in code mode, as in a Codex that its SDK starts without a model', {
  config: { builtIn: true, settings: { model: undefined, model_auto_compact_token_limit: 36_000 } },
  bridgeEnv: { DEFAULT_MODEL: 'glm-4.7' },
  script: script({ name: 'exec', arguments: { input: 'text("hi\\n");' } }),
}, SDK_KEY);
