/** Text, reasoning, structured objects and failures of the AI SDK. */
import assert from 'node:assert/strict';
import { APICallError, generateObject, generateText, Output, streamText } from 'ai';
import { z } from 'zod';
import { answer, reply } from '../../support/upstream/scripted-upstream';
import { sdkScenario } from '../support/sdk-scenario';
import { createModel } from './model';

const USAGE = { prompt: 30, completion: 12, cached: 8, reasoning: 5 };

sdkScenario('ai: generateText', { script: [answer({ text: 'Hello, world.', usage: USAGE })] }, async (scenario) => {
  const result = await generateText({
    model: createModel(scenario), instructions: 'Be brief.', prompt: 'Say hello.', maxRetries: 0, maxOutputTokens: 100,
  });
  assert.equal(result.text, 'Hello, world.');
  assert.equal(result.finishReason, 'stop');
  assert.deepEqual(result.warnings, []);
  assert.equal(result.usage.inputTokens, 30);
  assert.equal(result.usage.outputTokens, 12);
  assert.equal(result.usage.totalTokens, 42);
  const [body] = scenario.bodies();
  assert.deepEqual(body.messages, [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Say hello.' }]);
  assert.equal(body.max_tokens, 100);
});

sdkScenario('ai: reasoning, not streamed and streamed', {
  script: [
    answer({ reasoning: 'Two and two.', text: 'Four.' }),
    answer({ reasoning: 'Twice four.', text: 'Eight.' }),
  ],
}, async (scenario) => {
  const model = createModel(scenario);
  const providerOptions = {
    openai: { forceReasoning: true, reasoningEffort: 'high', reasoningSummary: 'auto', store: false },
  };
  const first = await generateText({ model, prompt: 'Two and two?', providerOptions, maxRetries: 0 });
  assert.equal(first.text, 'Four.');
  assert.equal(first.reasoningText, 'Two and two.');
  const second = streamText({
    model,
    providerOptions,
    maxRetries: 0,
    messages: [
      { role: 'user', content: 'Two and two?' },
      ...first.response.messages,
      { role: 'user', content: 'Twice that?' },
    ],
  });
  let reasoning = '';
  let text = '';
  for await (const part of second.fullStream) {
    if (part.type === 'reasoning-delta') reasoning += part.text;
    if (part.type === 'text-delta') text += part.text;
    assert.notEqual(part.type, 'error');
  }
  assert.equal(reasoning, 'Twice four.');
  assert.equal(text, 'Eight.');
  assert.deepEqual(await second.warnings, []);
  const messages = scenario.bodies()[1].messages;
  assert.deepEqual(messages.map(({ role }: { role: string }) => role), ['user', 'assistant', 'user']);
  assert.equal(messages[1].content, 'Four.');
  assert.equal(messages[1].reasoning_content, 'Two and two.');
});

const City = z.object({ name: z.string(), population: z.number() });
const PARIS = { name: 'Paris', population: 2_100_000 };

/** The library warns that its own function is deprecated. */
const DEPRECATED = [/"generateObject"/, /AI SDK Warning System/];

sdkScenario('ai: generateObject, plain and in a code fence', {
  warnings: DEPRECATED,
  script: [
    answer({ text: JSON.stringify(PARIS) }),
    answer({ text: `\`\`\`json\n${JSON.stringify(PARIS)}\n\`\`\`\n` }),
  ],
}, async (scenario) => {
  const model = createModel(scenario);
  for (let times = 0; times < 2; times += 1) {
    const { object, warnings } = await generateObject({ model, schema: City, prompt: 'A city.', maxRetries: 0 });
    assert.deepEqual(object, PARIS);
    assert.deepEqual(warnings ?? [], []);
  }
  const [body] = scenario.bodies();
  if (scenario.dialect === 'openai') assert.ok(body.response_format.json_schema.schema.properties.population);
  else assert.match(body.messages[0].content, /JSON Schema:\n.*"population"/);
});

sdkScenario('ai: generateText with an output setting', {
  script: [answer({ reasoning: 'Which one?', text: JSON.stringify(PARIS) })],
}, async (scenario) => {
  const { output, reasoningText } = await generateText({
    model: createModel(scenario), output: Output.object({ schema: City }), prompt: 'A city.', maxRetries: 0,
  });
  assert.deepEqual(output, PARIS);
  assert.equal(reasoningText, 'Which one?');
});

sdkScenario('ai: a rate limit is reported with its status and message', {
  script: [reply({
    status: 429, headers: { 'retry-after': '3' },
    body: { error: { message: 'Rate limit reached.', type: 'requests', param: null, code: 'rate_limit_exceeded' } },
  })],
  bridgeEnv: { UPSTREAM_CALLS: '1' },
}, async (scenario) => {
  await assert.rejects(generateText({ model: createModel(scenario), prompt: 'Hi.', maxRetries: 0 }), (error) => {
    assert.ok(APICallError.isInstance(error));
    assert.equal(error.statusCode, 429);
    assert.equal(error.responseHeaders?.['retry-after'], '3');
    assert.match(error.message, /Rate limit reached/);
    return true;
  });
});
