/** Tools of the AI SDK, which runs them itself and continues until the model is done. */
import assert from 'node:assert/strict';
import { generateText, isStepCount, streamText, tool } from 'ai';
import { z } from 'zod';
import { answer } from '../../support/upstream/scripted-upstream';
import { sdkScenario } from '../support/sdk-scenario';
import { createModel } from './model';

const readFile = tool({
  description: 'Reads a file.',
  inputSchema: z.object({ path: z.string() }),
  execute: ({ path }) => `text of ${path}`,
});
const SCRIPT = [
  answer({
    reasoning: 'I need both.', text: 'Reading.',
    toolCalls: [{ name: 'readFile', arguments: { path: 'a.txt' } }, { name: 'readFile', arguments: { path: 'b.txt' } }],
  }),
  answer({ text: 'They differ.' }),
];
const REQUEST = { prompt: 'Compare them.', tools: { readFile }, stopWhen: isStepCount(5), maxRetries: 0 };

sdkScenario('ai: generateText with tools', { script: SCRIPT }, async (scenario) => {
  const result = await generateText({ model: createModel(scenario), ...REQUEST });
  assert.equal(result.text, 'They differ.');
  assert.deepEqual(result.steps.map(({ finishReason }) => finishReason), ['tool-calls', 'stop']);
  assertSecondRequest(scenario.bodies()[1].messages);
});

sdkScenario('ai: streamText with tools', { script: SCRIPT }, async (scenario) => {
  const result = streamText({ model: createModel(scenario), ...REQUEST });
  const calls: unknown[] = [];
  for await (const part of result.fullStream) {
    if (part.type === 'tool-call') calls.push(part.input);
    assert.notEqual(part.type, 'error');
  }
  assert.deepEqual(calls, [{ path: 'a.txt' }, { path: 'b.txt' }]);
  assert.equal(await result.text, 'They differ.');
  assert.equal((await result.totalUsage).totalTokens, 60);
  assertSecondRequest(scenario.bodies()[1].messages);
});

sdkScenario(
  'ai: a forced tool',
  { script: [answer({ toolCalls: [{ name: 'readFile', arguments: { path: 'a.txt' } }] })] },
  async (scenario) => {
    const result = await generateText({
      model: createModel(scenario),
      ...REQUEST,
      stopWhen: isStepCount(1),
      toolChoice: { type: 'tool', toolName: 'readFile' },
    });
    assert.deepEqual(
      result.toolResults.map(({ output }) => output),
      ['text of a.txt'],
    );
  },
);

function assertSecondRequest(
  messages: readonly { readonly role: string; readonly content: string; readonly tool_calls?: readonly unknown[] }[],
): void {
  assert.deepEqual(
    messages.map(({ role }) => role),
    ['user', 'assistant', 'tool', 'tool'],
  );
  assert.equal(messages[1]?.content, 'Reading.');
  assert.equal(messages[1]?.tool_calls?.length, 2);
  assert.deepEqual(
    messages.slice(2).map(({ content }) => content),
    ['text of a.txt', 'text of b.txt'],
  );
}
