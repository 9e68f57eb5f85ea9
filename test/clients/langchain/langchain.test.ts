/** LangChain: invoke, stream, bindTools and withStructuredOutput over the Responses API. */
import assert from 'node:assert/strict';
import { AIMessageChunk, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { z } from 'zod';
import { answer, reply } from '../../support/upstream/scripted-upstream';
import { sdkScenario } from '../support/sdk-scenario';
import { createModel } from './model';

const USAGE = { prompt: 30, completion: 12, cached: 8, reasoning: 5 };

sdkScenario('langchain: invoke', { script: [answer({ text: 'Hello, world.', usage: USAGE })] }, async (scenario) => {
  const message = await createModel(scenario, { temperature: 0.5 }).invoke([
    new SystemMessage('Be brief.'), new HumanMessage('Say hello.'),
  ]);
  assert.equal(message.text, 'Hello, world.');
  assert.equal(message.usage_metadata?.input_tokens, 30);
  assert.equal(message.usage_metadata?.output_tokens, 12);
  assert.equal(message.response_metadata['status'], 'completed');
  const [body] = scenario.bodies();
  assert.deepEqual(body.messages, [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Say hello.' }]);
  assert.equal(body.temperature, 0.5);
});

sdkScenario(
  'langchain: stream',
  { script: [answer({ reasoning: 'Let me think.', text: 'Naïve 😀 i < 100' })] },
  async (scenario) => {
    let message: AIMessageChunk | undefined;
    for await (const chunk of await createModel(scenario).stream('Go.')) message = message?.concat(chunk) ?? chunk;
    assert.equal(message?.text, 'Naïve 😀 i < 100');
    const reasoning = message?.contentBlocks
      .filter((block) => block.type === 'reasoning')
      .map((block) => block.reasoning)
      .join('');
    assert.equal(reasoning, 'Let me think.');
    assert.equal(message?.usage_metadata?.total_tokens, 30);
  },
);

const readFile = tool(({ path }: { path: string }) => `text of ${path}`, {
  name: 'Read_File', description: 'Reads a file.', schema: z.object({ path: z.string() }),
});
const CALLS = [
  { id: 'call_a', name: 'Read_File', arguments: { path: 'a.txt' } },
  { id: 'call_b', name: 'Read_File', arguments: { path: 'b.txt' } },
];

for (const streamed of [false, true]) {
  sdkScenario(
    `langchain: bindTools, ${streamed ? 'streamed' : 'not streamed'}`,
    {
      script: [
        answer({ reasoning: 'I need both.', text: 'Reading.', toolCalls: CALLS }),
        answer({ text: 'They differ.' }),
      ],
    },
    async (scenario) => {
      const model = createModel(scenario).bindTools([readFile]);
      const question = new HumanMessage('Compare them.');
      const first = streamed ? await gather(model.stream([question])) : await model.invoke([question]);
      assert.deepEqual(
        first.tool_calls?.map(({ id, name, args }) => [id, name, args]),
        [
          ['call_a', 'Read_File', { path: 'a.txt' }],
          ['call_b', 'Read_File', { path: 'b.txt' }],
        ],
      );
      const results: ToolMessage[] = [];
      for (const call of first.tool_calls ?? []) results.push(await readFile.invoke({ ...call, type: 'tool_call' }));
      const second = await model.invoke([question, first, ...results]);
      assert.equal(second.text, 'They differ.');
      const { messages } = scenario.bodies()[1];
      assert.deepEqual(
        messages.map(({ role }: { role: string }) => role),
        ['user', 'assistant', 'tool', 'tool'],
      );
      assert.equal(messages[1].content, 'Reading.');
      assert.deepEqual(
        messages[1].tool_calls.map(({ id }: { id: string }) => id),
        ['call_a', 'call_b'],
      );
      assert.deepEqual(
        messages.slice(2).map(({ content }: { content: string }) => content),
        ['text of a.txt', 'text of b.txt'],
      );
    },
  );
}

async function gather(stream: Promise<AsyncIterable<AIMessageChunk>>): Promise<AIMessageChunk> {
  let message: AIMessageChunk | undefined;
  for await (const chunk of await stream) message = message?.concat(chunk) ?? chunk;
  assert.ok(message);
  return message;
}

const City = z.object({ name: z.string(), population: z.number() });
const PARIS = { name: 'Paris', population: 2_100_000 };

sdkScenario(
  'langchain: withStructuredOutput by JSON Schema; a code fence around the answer is removed',
  {
    script: [
      answer({ text: JSON.stringify(PARIS) }),
      answer({ text: `\`\`\`json\n${JSON.stringify(PARIS, null, 2)}\n\`\`\`` }),
    ],
  },
  async (scenario) => {
    const model = createModel(scenario).withStructuredOutput(City, { name: 'city', method: 'jsonSchema' });
    assert.deepEqual(await model.invoke('A city.'), PARIS);
    assert.deepEqual(await model.invoke('A city.'), PARIS);
    const [body] = scenario.bodies();
    if (scenario.dialect === 'openai') assert.equal(body.response_format.json_schema.name, 'city');
    else assert.match(body.messages[0].content, /JSON Schema:\n.*"population"/);
  },
);

sdkScenario(
  'langchain: withStructuredOutput by a tool call',
  { script: [answer({ toolCalls: [{ name: 'city', arguments: PARIS }] })] },
  async (scenario) => {
    const model = createModel(scenario).withStructuredOutput(City, { name: 'city', method: 'functionCalling' });
    assert.deepEqual(await model.invoke('A city.'), PARIS);
    assert.equal(scenario.bodies()[0].tools[0].function.name, 'city');
  },
);

sdkScenario('langchain: a rate limit is reported with its status and message', {
  script: [reply({
    status: 429, headers: { 'retry-after': '3' },
    body: { error: { message: 'Rate limit reached.', type: 'requests', param: null, code: 'rate_limit_exceeded' } },
  })],
  bridgeEnv: { UPSTREAM_CALLS: '1' },
}, async (scenario) => {
  await assert.rejects(createModel(scenario).invoke('Hi.'), (error: { status?: number; message: string }) => {
    assert.equal(error.status, 429);
    assert.match(error.message, /Rate limit reached/);
    return true;
  });
});
