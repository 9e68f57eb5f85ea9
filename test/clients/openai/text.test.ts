/** Plain answers: as JSON and streamed, with every field of the library's types. */
import assert from 'node:assert/strict';
import type { ResponseInput } from 'openai/resources/responses/responses';
import { answer } from '../../support/upstream/scripted-upstream';
import { sdkScenario } from '../support/sdk-scenario';
import { createOpenAi } from './client';

const USAGE = { prompt: 30, completion: 12, cached: 8, reasoning: 5 };

sdkScenario('openai: create', { script: [answer({ text: 'Hello, world.', usage: USAGE })] }, async (scenario) => {
  const response = await createOpenAi(scenario).responses.create({
    model: scenario.model, instructions: 'Be brief.', input: 'Say hello.', temperature: 0.5, max_output_tokens: 100,
    metadata: { purpose: 'test' },
  });
  assert.equal(response.output_text, 'Hello, world.');
  assert.equal(response.status, 'completed');
  assert.equal(response.model, scenario.model);
  assert.equal(response.instructions, 'Be brief.');
  assert.equal(response.temperature, 0.5);
  assert.equal(response.max_output_tokens, 100);
  assert.deepEqual(response.metadata, { purpose: 'test' });
  assert.deepEqual(response.usage, {
    input_tokens: 30, input_tokens_details: { cached_tokens: 8, cache_write_tokens: 0 },
    output_tokens: 12, output_tokens_details: { reasoning_tokens: 5 }, total_tokens: 42,
  });
  const [body] = scenario.bodies();
  assert.deepEqual(body.messages, [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Say hello.' }]);
  assert.equal(body.temperature, 0.5);
  assert.equal(body.max_tokens, 100);
  assert.equal(body.stream, true);
  assert.equal(scenario.upstream.requests[0]?.headers['user-agent']?.startsWith('OpenAI/JS'), true);
});

sdkScenario('openai: create with stream', {
  script: [answer({ reasoning: 'Let me think.', text: 'Naïve 😀 i < 100' })],
}, async (scenario) => {
  const stream = await createOpenAi(scenario).responses.create({ model: scenario.model, input: 'Go.', stream: true });
  const types: string[] = [];
  let text = '';
  for await (const event of stream) {
    if (event.type !== types.at(-1)) types.push(event.type);
    if (event.type === 'response.output_text.delta') text += event.delta;
  }
  assert.equal(text, 'Naïve 😀 i < 100');
  assert.equal(types[0], 'response.created');
  assert.equal(types.at(-1), 'response.completed');
});

sdkScenario(
  'openai: the stream helper',
  { script: [answer({ reasoning: 'Let me think.', text: 'Four.' })] },
  async (scenario) => {
    const stream = createOpenAi(scenario).responses.stream({ model: scenario.model, input: 'Two and two?' });
    let summary = '';
    stream.on('response.reasoning_summary_text.delta', (event) => {
      summary += event.delta;
    });
    const snapshots: string[] = [];
    stream.on('response.output_text.delta', (event) => snapshots.push(event.snapshot));
    const response = await stream.finalResponse();
    assert.equal(summary, 'Let me think.');
    assert.equal(snapshots.at(-1), 'Four.');
    assert.equal(response.output_text, 'Four.');
    assert.deepEqual(
      response.output.map((item) => item.type),
      ['reasoning', 'message'],
    );
  },
);

sdkScenario(
  'openai: an answer truncated by the output limit',
  { script: [answer({ text: 'Once upon', finish: 'length' })] },
  async (scenario) => {
    const response = await createOpenAi(scenario).responses.create({
      model: scenario.model,
      input: 'A tale.',
      max_output_tokens: 16,
    });
    assert.equal(response.status, 'incomplete');
    assert.deepEqual(response.incomplete_details, { reason: 'max_output_tokens' });
    assert.equal(response.output_text, 'Once upon');
  },
);

sdkScenario('openai: reasoning is sent back to the model', {
  script: [answer({ reasoning: 'It is four.', text: 'Four.' }), answer({ text: 'Eight.' })],
}, async (scenario) => {
  const client = createOpenAi(scenario);
  const { model } = scenario;
  const settings = { model, store: false, include: ['reasoning.encrypted_content' as const] };
  const first = await client.responses.create({ ...settings, input: 'Two and two?' });
  const [reasoning] = first.output;
  assert.ok(reasoning?.type === 'reasoning');
  assert.deepEqual(reasoning.summary, [{ type: 'summary_text', text: 'It is four.' }]);
  assert.ok(reasoning.encrypted_content, 'encrypted_content was requested');
  const second = await client.responses.create({
    ...settings,
    input: [
      { role: 'user', content: 'Two and two?' },
      ...(first.output as ResponseInput),
      { role: 'user', content: 'Twice that?' },
    ],
  });
  assert.equal(second.output_text, 'Eight.');
  const messages = scenario.bodies()[1].messages;
  assert.deepEqual(messages.map(({ role }: { role: string }) => role), ['user', 'assistant', 'user']);
  assert.equal(messages[1].content, 'Four.');
  assert.equal(messages[1].reasoning_content, 'It is four.');
});
