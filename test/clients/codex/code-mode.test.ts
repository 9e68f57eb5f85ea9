/** No model configured: Codex uses its own newest one, with responses-lite and code mode. */
import assert from 'node:assert/strict';
import { answer } from '../../support/upstream/scripted-upstream';
import { readTree } from '../support/work-folder';
import { assertGrowing, messagesAfter, toolNames, toolsOf } from './chat-requests';
import { completedItems, textsOf } from './events';
import { scenario } from './scenario';

const SCRIPT = [
  'const { output } = await tools.exec_command({ cmd: "printf \'ä%s\\\\n\' 😀 | tee out.txt" });',
  'text(`got ${output}`);',
].join('\n');

// The tools are in an `additional_tools` item, with `exec` as a free-form tool (codex-protocol.md, section 1).
scenario(
  'no model configured: the default model runs a script in code mode',
  {
    config: { settings: { model: undefined } },
    bridgeEnv: { DEFAULT_MODEL: 'qwen3-coder-plus' },
    script: [
      answer({ toolCalls: [{ name: 'exec', arguments: { input: SCRIPT } }], pieces: 1 }),
      answer({ text: 'Ran it.' }),
    ],
  },
  async ({ run, folder, dialect }) => {
    const { events, requests } = await run('Run a script.');
    assert.deepEqual(await readTree(folder.workspace), { 'out.txt': 'ä😀\n' });
    assert.deepEqual(completedItems(events, 'command_execution').map((item) => item.aggregated_output), ['ä😀\n']);
    assert.deepEqual(textsOf(events, 'agent_message'), ['Ran it.']);

    assert.deepEqual(requests.map(({ body }) => body.model), ['qwen3-coder-plus', 'qwen3-coder-plus'], dialect);
    assertGrowing(requests);
    const names = toolNames(requests[0]!);
    const expected = ['exec', 'wait', 'collaboration__spawn_agent'];
    assert.deepEqual(expected.filter((name) => !names.includes(name)), []);
    const exec = toolsOf(requests[0]!).find(({ name }) => name === 'exec');
    assert.deepEqual(Object.keys((exec?.parameters as { properties: object }).properties), ['input']);
    const [assistant, result, ...rest] = messagesAfter(requests[1]!, 'Run a script.');
    assert.deepEqual(JSON.parse(assistant?.['tool_calls'][0].function.arguments), { input: SCRIPT });
    assert.match(result?.['content'], /^Script completed\n[^]*got ä😀\n$/);
    assert.deepEqual(rest, []);
  },
);
