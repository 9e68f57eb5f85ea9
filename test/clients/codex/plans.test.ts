/** Codex tasks across exhausted plans, rejected keys and fallbacks, and under a limit on concurrent requests. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import {
  createBusyProvider, deadKey, KEYS, outOfQuota, startPlans, type PlanOptions, type Plans,
} from '../../support/bridge/plans';
import { answer, type CapturedRequest, type Step } from '../../support/upstream/scripted-upstream';
import { createClientEnv } from '../support/program';
import { createWorkFolder } from '../support/work-folder';
import { writeCodexHome } from './config';
import { completedItems, textsOf } from './events';
import { runCodex, type CodexRun } from './run-codex';
import { CURRENT_CODEX, shellCall, whyMissing } from './versions';

process.env['TZ'] = 'UTC';

const HOUR = 3_600_000;
const [FIRST, SECOND, THIRD] = KEYS;
const SKIP = { skip: whyMissing(CURRENT_CODEX) };

interface PlanScenario {
  readonly plans: Plans;
  run(prompt: string, args?: readonly string[]): Promise<CodexRun>;
}

/** Starts a bridge in this process, whose clock the test controls, and prepares Codex. */
async function startPlanScenario(context: TestContext, options: PlanOptions, tables?: string): Promise<PlanScenario> {
  const folder = await createWorkFolder();
  context.after(() => folder.dispose({}));
  const plans = await startPlans(context, options);
  const config = { model: 'acme-1', bridgeUrl: `${plans.bridge.url}/v1` };
  await writeCodexHome(folder.codexHome, { ...config, ...(tables !== undefined && { config: { tables } }) });
  const { workspace, codexHome, home, tmp } = folder;
  const env = { ...createClientEnv(home, tmp), AI_API_KEY: 'sk-test-client' };
  return {
    plans,
    async run(prompt, args = []) {
      const timeoutMs = 120_000;
      const codex = await runCodex({ version: CURRENT_CODEX, prompt, args, workspace, codexHome, env, timeoutMs });
      assert.equal(codex.exitCode, 0, `${codex.stdout}${codex.stderr}`);
      return codex;
    },
  };
}

const ROUNDS = Array.from({ length: 12 }, (_, round) => round);
const commandOf = (round: number): string => `echo round ${round} >> rounds.txt && wc -l < rounds.txt | tr -d ' '`;
const thoughtOf = (round: number): string => `Thinking of round ${round}.`;
const NOTICE = 'acme-1 is out of quota until 14:00; using beta-1';

test('a turn continues across an exhausted plan, a rejected key and a fallback, then back', SKIP, async (context) => {
  let round = 0;
  const next = (): Step => {
    const number = round;
    round += 1;
    if (number >= ROUNDS.length) return answer({ text: `Text ${number}.` });
    return answer({ reasoning: thoughtOf(number), toolCalls: [shellCall(commandOf(number))] });
  };
  const calls = new Map<string, number>();
  const acmeScript = ({ headers }: CapturedRequest): Step => {
    const key = headers.authorization?.replace('Bearer ', '') ?? '';
    const count = (calls.get(key) ?? 0) + 1;
    calls.set(key, count);
    if (key === SECOND) return deadKey();
    if (key === FIRST && count === 5) return outOfQuota('2026-11-28 15:00:00 UTC');
    return key === THIRD && count === 5 ? outOfQuota('2026-11-28 14:00:00 UTC') : next();
  };
  const { plans, run } = await startPlanScenario(context, {
    acme: { fallback: ['beta/beta-1'] }, acmeScript, betaScript: () => next(),
  });

  const { events } = await run('Build it.');
  const outputs = completedItems(events, 'command_execution').map((item) => item.aggregated_output);
  assert.deepEqual(outputs, ROUNDS.map((number) => `${number + 1}\n`), 'each command ran once, in order');
  const thoughts = ROUNDS.map(thoughtOf);
  assert.deepEqual(textsOf(events, 'reasoning'), [...thoughts.slice(0, 8), NOTICE, ...thoughts.slice(8)]);
  assert.deepEqual(textsOf(events, 'agent_message'), ['Text 12.']);
  const spent = [FIRST, FIRST, FIRST, FIRST, FIRST, SECOND, THIRD, THIRD, THIRD, THIRD, THIRD];
  assert.deepEqual(plans.acmeKeys(), spent, 'no call is wasted');
  assert.equal(plans.betaKeys().length, 5);
  for (const { body } of plans.beta.requests) {
    const results = body.messages.filter(({ role }: { role: string }) => role === 'tool').length;
    const shown = thoughts.filter((thought) => JSON.stringify(body).includes(thought)).length;
    assert.deepEqual([shown, JSON.stringify(body).includes('out of quota')], [results, false], 'nothing is lost');
  }

  const resumed = await run('And now?', ['resume', '--last']);
  assert.deepEqual(textsOf(resumed.events, 'agent_message'), ['Text 13.']);
  assert.deepEqual(textsOf(resumed.events, 'reasoning'), [], 'the notice is shown once');
  assert.deepEqual([plans.acmeKeys().length, plans.betaKeys().length], [spent.length, 6]);

  plans.pass(2 * HOUR);
  const back = await run('Still there?', ['resume', '--last']);
  assert.deepEqual(textsOf(back.events, 'agent_message'), ['Text 14.']);
  assert.deepEqual(plans.acmeKeys(), [...spent, THIRD]);
  plans.bridge.upstream.assertClean();
  plans.beta.assertClean();
});

const TASK = /^Count tree (\d+)\.$/;
const AGENTS = 16;

test('sixteen agents of one task under a limit of two: none fails, no call is rejected', SKIP, async (context) => {
  const busy = createBusyProvider(0);
  let tasks = 0;
  let onSecond = (): void => undefined;
  // The first agent's answer waits for the second agent.
  const second = new Promise<void>((resolve) => (onSecond = resolve));
  const acmeScript = (request: CapturedRequest): Step => {
    const { messages } = request.body;
    const task = TASK.exec(String(messages.at(-1).content));
    if (task) {
      tasks += 1;
      if (tasks === 2) onSecond();
      return busy.request(request, { text: `Tree ${task[1]} counted.` }, second);
    }
    const results = messages.filter(({ role }: { role: string }) => role === 'tool');
    if (results.length === 0) {
      const numbers = Array.from({ length: AGENTS }, (_, index) => index);
      const spawn = (index: number) =>
        ({ name: 'multi_agent_v1__spawn_agent', arguments: { message: `Count tree ${index}.` } });
      return busy.request(request, { toolCalls: numbers.map(spawn) });
    }
    const ids = results.slice(0, AGENTS).map(({ content }: { content: string }) => JSON.parse(content).agent_id);
    const text = results.slice(AGENTS).map(({ content }: { content: string }) => content).join('\n');
    const waiting = ids.filter((_: string, index: number) => !text.includes(`Tree ${index} counted.`));
    if (waiting.length === 0) return busy.request(request, { text: 'All counted.' });
    const wait = { name: 'multi_agent_v1__wait_agent', arguments: { targets: waiting } };
    return busy.request(request, { toolCalls: [wait] });
  };
  const { plans, run } = await startPlanScenario(
    context, { acme: { max_concurrency: 2 }, acmeScript }, '[agents]\nmax_threads = 20\n',
  );
  const { events } = await run('Let sixteen agents count.');
  assert.deepEqual(textsOf(events, 'agent_message').at(-1), 'All counted.');
  const spawned = completedItems(events, 'collab_tool_call').filter(({ tool }) => tool === 'spawn_agent');
  assert.deepEqual(spawned.map(({ status }) => status), Array.from({ length: AGENTS }, () => 'completed'));
  assert.deepEqual([tasks, busy.mostOpen()], [AGENTS, 2], 'each agent needed one call');
  plans.bridge.upstream.assertClean();
});
