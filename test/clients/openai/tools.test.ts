/** Calls of functions and custom tools, sequential and parallel. */
import assert from 'node:assert/strict';
import type { ResponseInput } from 'openai/resources/responses/responses';
import { answer } from '../../support/upstream/scripted-upstream';
import { sdkScenario } from '../support/sdk-scenario';
import { createOpenAi, READ_FILE } from './client';

sdkScenario(
  'openai: a tool loop',
  {
    script: [
      answer({
        reasoning: 'I need both.',
        toolCalls: [
          { id: 'call_a', name: 'Read_File', arguments: '{"path": "a.txt"}' },
          { id: 'call_b', name: 'Read_File', arguments: { path: 'b.txt' } },
        ],
      }),
      answer({ text: 'They differ.' }),
    ],
  },
  async (scenario) => {
    const client = createOpenAi(scenario);
    const input: ResponseInput = [{ role: 'user', content: 'Compare a.txt and b.txt.' }];
    const first = await client.responses.create({ model: scenario.model, input, tools: [READ_FILE] });
    const calls = first.output.filter((item) => item.type === 'function_call');
    assert.deepEqual(
      calls.map(({ name, call_id, arguments: text }) => [name, call_id, text]),
      [
        ['Read_File', 'call_a', '{"path": "a.txt"}'],
        ['Read_File', 'call_b', '{"path":"b.txt"}'],
      ],
    );
    input.push(...(first.output as ResponseInput));
    for (const { call_id } of calls)
      input.push({ type: 'function_call_output', call_id, output: `text of ${call_id}` });
    const second = await client.responses.create({ model: scenario.model, input, tools: [READ_FILE] });
    assert.equal(second.output_text, 'They differ.');
    const [initial, followUp] = scenario.bodies();
    assert.equal(initial.tools[0].function.name, 'Read_File');
    assert.deepEqual(
      followUp.messages.map(({ role }: { role: string }) => role),
      ['user', 'assistant', 'tool', 'tool'],
    );
    assert.deepEqual(
      followUp.messages[1].tool_calls.map((call: { function: { arguments: string } }) => call.function.arguments),
      ['{"path": "a.txt"}', '{"path":"b.txt"}'],
    );
    assert.deepEqual(
      followUp.messages.slice(2).map(({ content }: { content: string }) => content),
      ['text of call_a', 'text of call_b'],
    );
  },
);

sdkScenario('openai: streamed calls', {
  script: [answer({ text: 'Reading.', toolCalls: [{ name: 'Read_File', arguments: { path: 'ä/😀.txt' } }] })],
}, async (scenario) => {
  const stream = createOpenAi(scenario).responses.stream({
    model: scenario.model, input: 'Read it.', tools: [READ_FILE], parallel_tool_calls: false,
  });
  let argumentText = '';
  stream.on('response.function_call_arguments.delta', (event) => { argumentText += event.delta; });
  const { output } = await stream.finalResponse();
  assert.deepEqual(JSON.parse(argumentText), { path: 'ä/😀.txt' });
  assert.deepEqual(output.map((item) => item.type), ['message', 'function_call']);
});

sdkScenario('openai: a custom tool accepts free text', {
  script: [
    answer({ toolCalls: [{ id: 'call_c', name: 'run_sql', arguments: { input: "SELECT '\"'\nFROM t;" } }] }),
    answer({ text: 'No rows.' }),
  ],
}, async (scenario) => {
  const client = createOpenAi(scenario);
  const tools = [{ type: 'custom' as const, name: 'run_sql', description: 'Runs SQL.' }];
  const input: ResponseInput = [{ role: 'user', content: 'Query.' }];
  const first = await client.responses.create({ model: scenario.model, input, tools });
  const [call] = first.output;
  assert.ok(call?.type === 'custom_tool_call');
  assert.equal(call.name, 'run_sql');
  assert.equal(call.input, "SELECT '\"'\nFROM t;");
  input.push(call, { type: 'custom_tool_call_output', call_id: call.call_id, output: '[]' });
  const second = await client.responses.create({ model: scenario.model, input, tools });
  assert.equal(second.output_text, 'No rows.');
  const [, followUp] = scenario.bodies();
  assert.equal(followUp.messages.at(-1).content, '[]');
  assert.equal(followUp.messages.at(-1).tool_call_id, 'call_c');
});

sdkScenario(
  'openai: parallel_tool_calls: false keeps only the first of two calls',
  {
    script: [
      answer({
        toolCalls: [
          { name: 'Read_File', arguments: { path: 'a' } },
          { name: 'Read_File', arguments: { path: 'b' } },
        ],
      }),
    ],
  },
  async (scenario) => {
    const { output, parallel_tool_calls } = await createOpenAi(scenario).responses.create({
      model: scenario.model,
      input: 'Read a and b.',
      tools: [READ_FILE],
      parallel_tool_calls: false,
    });
    assert.equal(parallel_tool_calls, false);
    assert.deepEqual(
      output.map((item) => item.type === 'function_call' && item.arguments),
      ['{"path":"a"}'],
    );
  },
);

sdkScenario('openai: tool_choice: none drops calls', {
  script: [answer({ text: 'I would read it.', toolCalls: [{ name: 'Read_File', arguments: { path: 'a' } }] })],
}, async (scenario) => {
  const { output, status } = await createOpenAi(scenario).responses.create({
    model: scenario.model, input: 'Do not read.', tools: [READ_FILE], tool_choice: 'none',
  });
  assert.equal(status, 'completed');
  assert.deepEqual(output.map((item) => item.type), ['message']);
});
