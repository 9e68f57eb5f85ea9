/** OpenAI Agents: tools, handoffs, output types, MCP over standard input and output, streaming. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Agent, MCPServerStdio, tool } from '@openai/agents';
import { z } from 'zod';
import { answer } from '../../support/upstream/scripted-upstream';
import { PROJECT_ROOT } from '../../house/source-tree';
import { sdkScenario } from '../support/sdk-scenario';
import { createRunner } from './runner';

type Message = {
  readonly role: string;
  readonly content: string;
  readonly tool_calls?: readonly { readonly function: { readonly name: string } }[];
};

const readFile = tool({
  name: 'readFile',
  description: 'Reads a file.',
  parameters: z.object({ path: z.string() }),
  execute: ({ path }) => `text of ${path}`,
});
const TWO_CALLS = answer({
  reasoning: 'I need both.',
  toolCalls: [{ name: 'readFile', arguments: { path: 'a.txt' } }, { name: 'readFile', arguments: { path: 'b.txt' } }],
});

sdkScenario('agents: tools', { script: [TWO_CALLS, answer({ text: 'They differ.' })] }, async (scenario) => {
  const agent = new Agent({ name: 'Reader', instructions: 'Read files.', tools: [readFile] });
  const result = await createRunner(scenario).run(agent, 'Compare them.');
  assert.equal(result.finalOutput, 'They differ.');
  assert.equal(result.runContext.usage.totalTokens, 60);
  const messages: readonly Message[] = scenario.bodies()[1].messages;
  assert.deepEqual(messages.map(({ role }) => role), ['system', 'user', 'assistant', 'tool', 'tool']);
  assert.deepEqual(messages.slice(3).map(({ content }) => content), ['text of a.txt', 'text of b.txt']);
});

sdkScenario('agents: a streamed run', { script: [TWO_CALLS, answer({ text: 'They differ.' })] }, async (scenario) => {
  const agent = new Agent({ name: 'Reader', instructions: 'Read files.', tools: [readFile] });
  const result = await createRunner(scenario).run(agent, 'Compare them.', { stream: true });
  let text = '';
  const items: string[] = [];
  for await (const event of result) {
    if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta') text += event.data.delta;
    if (event.type === 'run_item_stream_event') items.push(event.item.type);
  }
  await result.completed;
  assert.equal(text, 'They differ.');
  assert.equal(result.finalOutput, 'They differ.');
  assert.deepEqual([...items].sort(), [
    'message_output_item',
    'reasoning_item',
    'tool_call_item',
    'tool_call_item',
    'tool_call_output_item',
    'tool_call_output_item',
  ]);
});

sdkScenario('agents: handoffs keep the case of their names', {
  script: [
    answer({ toolCalls: [{ name: 'transfer_to_Billing_Agent', arguments: {} }] }),
    answer({ toolCalls: [{ name: 'lookUpInvoice', arguments: { Number: 'A-7' } }] }),
    answer({ text: 'It is paid.' }),
  ],
}, async (scenario) => {
  const lookUp = tool({
    name: 'lookUpInvoice',
    description: 'Looks up.',
    parameters: z.object({ Number: z.string() }),
    execute: ({ Number: id }) => `${id}: paid`,
  });
  const billing = new Agent({ name: 'Billing_Agent', instructions: 'Bill.', tools: [lookUp] });
  const triage = Agent.create({ name: 'Triage', instructions: 'Send people on.', handoffs: [billing] });
  const result = await createRunner(scenario).run(triage, 'Is invoice A-7 paid?');
  assert.equal(result.finalOutput, 'It is paid.');
  assert.equal(result.lastAgent?.name, 'Billing_Agent');
  const bodies = scenario.bodies();
  assert.equal(bodies[0].tools[0].function.name, 'transfer_to_Billing_Agent');
  const second: readonly Message[] = bodies[1].messages;
  assert.deepEqual(
    second.flatMap(({ tool_calls: calls = [] }) => calls.map((call) => call.function.name)),
    ['transfer_to_Billing_Agent'],
  );
  assert.equal(bodies[2].messages.at(-1).content, 'A-7: paid');
});

sdkScenario(
  'agents: an output type reads JSON in a code fence',
  { script: [answer({ text: '```json\n{"name":"Paris","population":2100000}\n```' })] },
  async (scenario) => {
    const agent = new Agent({
      name: 'Atlas',
      instructions: 'Name cities.',
      outputType: z.object({ name: z.string(), population: z.number() }),
    });
    const result = await createRunner(scenario).run(agent, 'A city.');
    assert.deepEqual(result.finalOutput, { name: 'Paris', population: 2_100_000 });
  },
);

sdkScenario('agents: an MCP server', {
  script: ({ body }, index) => (index === 0
    ? answer({ toolCalls: [{ name: nameOfEcho(body.tools), arguments: { text: 'ping' } }] })
    : answer({ text: 'It echoes.' })),
}, async (scenario) => {
  const server = new MCPServerStdio({
    name: 'notes',
    command: process.execPath,
    args: [join(PROJECT_ROOT, 'test/clients/support/mcp-server.cjs'), 'notes'],
    cacheToolsList: true,
  });
  await server.connect();
  try {
    const agent = new Agent({ name: 'Caller', instructions: 'Call tools.', mcpServers: [server] });
    const result = await createRunner(scenario).run(agent, 'Echo ping.');
    assert.equal(result.finalOutput, 'It echoes.');
    assert.match(scenario.bodies()[1].messages.at(-1).content, /notes echoes: ping/);
  } finally {
    await server.close();
  }
});

const nameOfEcho = (tools: readonly { readonly function: { readonly name: string } }[]): string =>
  tools.find((each) => each.function.name.endsWith('echo'))?.function.name ?? 'no echo was offered';
