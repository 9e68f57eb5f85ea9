/** Structured output: the schema reaches the model in some form, and the library gets JSON. */
import assert from 'node:assert/strict';
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { answer, reply } from '../../support/upstream/scripted-upstream';
import { sdkScenario } from '../support/sdk-scenario';
import { createOpenAi } from './client';

const City = z.object({ name: z.string(), population: z.number() });
const PARIS = { name: 'Paris', population: 2_100_000 };
const FENCED = `\`\`\`json\n${JSON.stringify(PARIS, null, 2)}\n\`\`\``;

sdkScenario('openai: parse', { script: [answer({ text: JSON.stringify(PARIS) })] }, async (scenario) => {
  const response = await createOpenAi(scenario).responses.parse({
    model: scenario.model, input: 'A city.', text: { format: zodTextFormat(City, 'city') },
  });
  assert.deepEqual(response.output_parsed, PARIS);
  const [body] = scenario.bodies();
  if (scenario.dialect === 'openai') assert.equal(body.response_format.json_schema.name, 'city');
  else assert.match(body.messages[0].content, /JSON Schema:\n.*"population"/);
});

sdkScenario(
  'openai: parse reads an answer in a code fence',
  { script: [answer({ text: FENCED, pieces: 3 })] },
  async (scenario) => {
    const stream = createOpenAi(scenario).responses.stream({
      model: scenario.model,
      input: 'A city.',
      text: { format: zodTextFormat(City, 'city') },
    });
    const response = await stream.finalResponse();
    assert.deepEqual(response.output_parsed, PARIS);
  },
);

sdkScenario('openai: json_object', { script: [answer({ text: '{"ok":true}' })] }, async (scenario) => {
  const response = await createOpenAi(scenario).responses.create({
    model: scenario.model, input: 'Answer in JSON.', text: { format: { type: 'json_object' } },
  });
  assert.deepEqual(JSON.parse(response.output_text), { ok: true });
});

sdkScenario('openai: parse reads the arguments of a call', {
  script: [answer({ toolCalls: [{ name: 'save_city', arguments: PARIS }] })],
}, async (scenario) => {
  const response = await createOpenAi(scenario).responses.parse({
    model: scenario.model, input: 'Save Paris.', tools: [zodResponsesFunction({ name: 'save_city', parameters: City })],
  });
  const [call] = response.output;
  assert.ok(call?.type === 'function_call');
  assert.deepEqual(call.parsed_arguments, PARIS);
});

const NO_SCHEMAS = {
  error: {
    message: 'This response_format type is unavailable now',
    type: 'invalid_request_error',
    param: null,
    code: null,
  },
};

sdkScenario(
  'openai: parse with a model that rejects schemas',
  {
    script: ({ body }) =>
      body.response_format === undefined ? answer({ text: FENCED }) : reply({ status: 400, body: NO_SCHEMAS }),
  },
  async (scenario) => {
    const response = await createOpenAi(scenario).responses.parse({
      model: scenario.model,
      input: 'A city.',
      text: { format: zodTextFormat(City, 'city') },
    });
    assert.deepEqual(response.output_parsed, PARIS);
    assert.match(scenario.bodies().at(-1).messages[0].content, /JSON Schema:\n.*"population"/);
  },
);
