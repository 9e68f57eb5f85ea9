/** Images by URL and data URL reach a model with vision. */
import assert from 'node:assert/strict';
import { answer } from '../../support/upstream/scripted-upstream';
import { sdkScenario } from '../support/sdk-scenario';
import { createOpenAi } from './client';

const PNG =
  'data:image/png;base64,' +
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR42mM4IScHRAwQCgAfJgQRSo6NIAAAAABJRU5ErkJggg==';
const IMAGE_URL = 'https://example.test/cat.png';

sdkScenario('openai: images', { script: [answer({ text: 'Red squares.' })] }, async (scenario) => {
  const response = await createOpenAi(scenario).responses.create({
    model: scenario.dialect === 'dashscope' ? 'qwen3.7-plus' : scenario.model,
    input: [{
      role: 'user',
      content: [
        { type: 'input_text', text: 'What is this?' },
        { type: 'input_image', image_url: PNG, detail: 'low' },
        { type: 'input_image', image_url: IMAGE_URL, detail: 'auto' },
      ],
    }],
  });
  assert.equal(response.output_text, 'Red squares.');
  const { content } = scenario.bodies()[0].messages[0];
  assert.deepEqual(
    content.map((part: { type: string; image_url?: { url: string } }) => part.image_url?.url ?? part.type),
    ['text', PNG, IMAGE_URL],
  );
});
