/** Stored responses: continued, retrieved, deleted. */
import assert from 'node:assert/strict';
import { APIError, NotFoundError } from 'openai';
import { answer } from '../../support/upstream/scripted-upstream';
import { sdkScenario } from '../support/sdk-scenario';
import { createOpenAi, READ_FILE } from './client';

sdkScenario(
  'openai: previous_response_id',
  {
    script: [
      answer({
        reasoning: 'I will read it.',
        toolCalls: [{ id: 'call_a', name: 'Read_File', arguments: { path: 'a.txt' } }],
      }),
      answer({ text: 'It says hello.' }),
      answer({ text: 'Hello.' }),
    ],
  },
  async (scenario) => {
    const client = createOpenAi(scenario);
    const settings = { model: scenario.model, tools: [READ_FILE] };
    const first = await client.responses.create({ ...settings, input: 'Read a.txt.' });
    const second = await client.responses.create({
      ...settings,
      previous_response_id: first.id,
      input: [{ type: 'function_call_output', call_id: 'call_a', output: 'hello' }],
    });
    assert.equal(second.output_text, 'It says hello.');
    assert.equal(second.previous_response_id, first.id);
    const third = await client.responses
      .stream({ ...settings, previous_response_id: second.id, input: 'Say it.' })
      .finalResponse();
    assert.equal(third.output_text, 'Hello.');
    const { messages } = scenario.bodies()[2];
    assert.deepEqual(
      messages.map(({ role }: { role: string }) => role),
      ['user', 'assistant', 'tool', 'assistant', 'user'],
    );
    assert.equal(messages[0].content, 'Read a.txt.');
    assert.equal(messages[2].content, 'hello');
    assert.equal(messages[3].content, 'It says hello.');
  },
);

sdkScenario('openai: retrieve, input items, delete', { script: [answer({ text: 'Hello.' })] }, async (scenario) => {
  const client = createOpenAi(scenario);
  const created = await client.responses.create({ model: scenario.model, input: 'Say hello.' });
  const retrieved = await client.responses.retrieve(created.id);
  assert.equal(retrieved.output_text, 'Hello.');
  assert.deepEqual(retrieved.output, created.output);
  assert.deepEqual(retrieved.usage, created.usage);
  const items = [];
  for await (const item of client.responses.inputItems.list(created.id)) items.push(item.type);
  assert.deepEqual(items, ['message']);
  await client.responses.delete(created.id);
  await assert.rejects(client.responses.retrieve(created.id), NotFoundError);
});

sdkScenario('openai: an unstored or unknown response', { script: [answer({ text: 'Hello.' })] }, async (scenario) => {
  const client = createOpenAi(scenario);
  const { model } = scenario;
  const created = await client.responses.create({ model, input: 'Say hello.', store: false });
  const next = client.responses.create({ model, input: 'Again.', previous_response_id: created.id });
  await assert.rejects(next, (error) => {
    assert.ok(error instanceof APIError);
    assert.equal(error.code, 'previous_response_not_found');
    assert.equal(error.param, 'previous_response_id');
    return true;
  });
  await assert.rejects(client.responses.retrieve(created.id), NotFoundError);
  await assert.rejects(client.responses.retrieve('resp_unknown'), NotFoundError);
});
