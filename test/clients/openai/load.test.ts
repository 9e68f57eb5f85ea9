/** Twenty concurrent conversations do not mix. */
import assert from 'node:assert/strict';
import { answer } from '../../support/upstream/scripted-upstream';
import { sdkScenario } from '../support/sdk-scenario';
import { createOpenAi } from './client';

const NUMBERS = Array.from({ length: 20 }, (_, index) => index);

sdkScenario('openai: twenty requests at once', {
  script: ({ body }) => answer({ text: `Answer to ${body.messages.at(-1).content}`, reasoning: 'Hm.' }),
}, async (scenario) => {
  const client = createOpenAi(scenario);
  const texts = await Promise.all(NUMBERS.map(async (number) => {
    const question = { model: scenario.model, input: `question ${number}` };
    if (number % 2 === 0) return (await client.responses.create(question)).output_text;
    return (await client.responses.stream(question).finalResponse()).output_text;
  }));
  assert.deepEqual(texts, NUMBERS.map((number) => `Answer to question ${number}`));
});
