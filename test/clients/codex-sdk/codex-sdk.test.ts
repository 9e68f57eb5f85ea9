/**
 * @openai/codex-sdk: runs, streamed runs, an output schema and resumed threads, with the Codex of the lock file in
 * test/clients.
 */
import assert from 'node:assert/strict';
import type { ThreadOptions } from '@openai/codex-sdk';
import { answer } from '../../support/upstream/scripted-upstream';
import { createClientEnv } from '../support/program';
import { sdkScenario, type SdkScenario } from '../support/sdk-scenario';

/** The package is only available as an ES module. */
async function createCodex({ baseURL, apiKey, folder }: SdkScenario) {
  const { Codex } = await import('@openai/codex-sdk');
  return new Codex({
    baseUrl: baseURL,
    apiKey,
    env: { ...createClientEnv(folder.home, folder.tmp), CODEX_HOME: folder.codexHome },
  });
}

const threadOptions = ({ model, folder }: SdkScenario): ThreadOptions => ({
  model,
  workingDirectory: folder.workspace,
  skipGitRepoCheck: true,
  approvalPolicy: 'never',
  sandboxMode: 'danger-full-access',
});

interface ChatBody { readonly messages: readonly { readonly role: string; readonly content: unknown }[] }

/** The last user message of a request. */
const lastPrompt = (body: ChatBody): string =>
  JSON.stringify(body.messages.filter(({ role }) => role === 'user').at(-1)?.content);

sdkScenario('codex-sdk: two runs in one thread', {
  script: [answer({ text: 'Hello.' }), answer({ text: 'Hello again.' })],
}, async (scenario) => {
  const thread = (await createCodex(scenario)).startThread(threadOptions(scenario));
  const first = await thread.run('Say hello.');
  assert.equal(first.finalResponse, 'Hello.');
  assert.equal(first.usage?.output_tokens, 10);
  const second = await thread.run('Say it again.');
  assert.equal(second.finalResponse, 'Hello again.');
  const bodies = scenario.bodies();
  assert.match(lastPrompt(bodies[1]), /Say it again/);
  assert.match(JSON.stringify(bodies[1].messages), /Say hello\..*Hello\./);
});

sdkScenario(
  'codex-sdk: runStreamed',
  {
    script: [
      answer({
        reasoning: 'I will look.',
        toolCalls: [{ name: 'exec_command', arguments: { cmd: 'echo $((40 + 2))' } }],
      }),
      answer({ text: 'It is 42.' }),
    ],
  },
  async (scenario) => {
    const thread = (await createCodex(scenario)).startThread(threadOptions(scenario));
    const { events } = await thread.runStreamed('Compute.');
    const types: string[] = [];
    let output = '';
    for await (const event of events) {
      types.push(event.type);
      if (event.type === 'item.completed' && event.item.type === 'command_execution')
        output = event.item.aggregated_output;
    }
    assert.equal(output.trim(), '42');
    assert.equal(types[0], 'thread.started');
    assert.equal(types.at(-1), 'turn.completed');
  },
);

sdkScenario(
  'codex-sdk: an output schema',
  { script: [answer({ text: '```json\n{"ok":true}\n```' })] },
  async (scenario) => {
    const outputSchema = {
      type: 'object',
      properties: { ok: { type: 'boolean' } },
      required: ['ok'],
      additionalProperties: false,
    };
    const thread = (await createCodex(scenario)).startThread(threadOptions(scenario));
    const { finalResponse } = await thread.run('Is it fine?', { outputSchema });
    assert.deepEqual(JSON.parse(finalResponse), { ok: true });
    const [body] = scenario.bodies();
    if (scenario.dialect === 'openai') assert.deepEqual(body.response_format.json_schema.schema, outputSchema);
    else assert.match(body.messages[0].content, /JSON Schema:\n.*"ok"/);
  },
);

sdkScenario(
  'codex-sdk: resume',
  { script: [answer({ text: 'Noted.' }), answer({ text: 'Blue.' })] },
  async (scenario) => {
    const first = (await createCodex(scenario)).startThread(threadOptions(scenario));
    await first.run('My colour is blue.');
    assert.ok(first.id);
    const second = (await createCodex(scenario)).resumeThread(first.id, threadOptions(scenario));
    const { finalResponse } = await second.run('Which colour?');
    assert.equal(finalResponse, 'Blue.');
    assert.match(JSON.stringify(scenario.bodies()[1].messages), /My colour is blue\..*Noted\./);
  },
);
