/** Shell commands: one, two at once, and only the first of two. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { answer } from '../../support/upstream/scripted-upstream';
import { readTree } from '../support/work-folder';
import { assertGrowing, messagesAfter } from './chat-requests';
import { completedItems, textsOf, usageOf } from './events';
import { scenario } from './scenario';
import { shellCall } from './versions';

const COMMAND = `printf '%s\\n' "it's 100 % – \\"真\\"" > note.txt && cat note.txt`;
const NOTE = 'it\'s 100 % – "真"\n';

scenario(
  'one command',
  {
    script: [
      answer({
        reasoning: 'I need a file.',
        text: 'Writing it.',
        toolCalls: [shellCall(COMMAND)],
        usage: { prompt: 100, completion: 20, cached: 64, reasoning: 7 },
        writeSize: 11,
      }),
      answer({
        reasoning: 'It is there.',
        text: 'Done.',
        usage: { prompt: 200, completion: 30, cached: 128, reasoning: 9 },
      }),
    ],
  },
  async ({ run, folder }) => {
    const { events, requests } = await run('Write a note.');
    assert.deepEqual(await readTree(folder.workspace), { 'note.txt': NOTE });
    const [command] = completedItems(events, 'command_execution');
    assert.deepEqual([command?.status, command?.exit_code, command?.aggregated_output], ['completed', 0, NOTE]);
    assert.deepEqual(textsOf(events, 'reasoning'), ['I need a file.', 'It is there.']);
    assert.deepEqual(textsOf(events, 'agent_message'), ['Writing it.', 'Done.']);
    assert.deepEqual(usageOf(events), {
      input_tokens: 300,
      cached_input_tokens: 192,
      cache_write_input_tokens: 0,
      output_tokens: 50,
      reasoning_output_tokens: 16,
    });

    assert.equal(requests.length, 2);
    assertGrowing(requests);
    const [assistant, result, ...rest] = messagesAfter(requests[1]!, 'Write a note.');
    assert.deepEqual(assistant, {
      role: 'assistant',
      content: 'Writing it.',
      reasoning_content: 'I need a file.',
      tool_calls: [
        {
          id: 'call_1_0',
          type: 'function',
          function: { name: 'exec_command', arguments: JSON.stringify({ cmd: COMMAND }) },
        },
      ],
    });
    assert.equal(result?.['tool_call_id'], 'call_1_0');
    assert.match(result?.['content'], /Process exited with code 0\n[^]*Output:\nit's 100 % – "真"\n$/);
    assert.deepEqual(rest, []);
  },
);

/**
 * Each opens one end of a pipe, which blocks until the other end is open, so both finish only if they run concurrently.
 */
const READER = 'cat pipe && echo reader';
const WRITER = 'echo writer > pipe && echo written';

scenario(
  'two commands at once',
  {
    script: [
      answer({
        toolCalls: [
          shellCall(READER),
          shellCall(WRITER),
        ],
      }),
      answer({ text: 'Both ran.' }),
    ],
  },
  async ({ run, folder }) => {
    await promisify(execFile)('mkfifo', [join(folder.workspace, 'pipe')]);
    const { events, requests } = await run('Run both.');
    const outputs = completedItems(events, 'command_execution').map((item) => item.aggregated_output);
    assert.deepEqual([...outputs].sort(), ['writer\nreader\n', 'written\n']);
    assert.deepEqual(textsOf(events, 'agent_message'), ['Both ran.']);

    assert.equal(requests.length, 2);
    assertGrowing(requests);
    const [assistant, first, second, ...rest] = messagesAfter(requests[1]!, 'Run both.');
    assert.equal(assistant?.['role'], 'assistant');
    const calls = assistant?.['tool_calls'] as readonly { id: string; function: { arguments: string } }[];
    assert.deepEqual(
      calls.map((call) => [call.id, call.function.arguments]),
      [['call_1_0', JSON.stringify({ cmd: READER })], ['call_1_1', JSON.stringify({ cmd: WRITER })]],
    );
    assert.deepEqual([first?.['role'], first?.['tool_call_id']], ['tool', 'call_1_0']);
    assert.deepEqual([second?.['role'], second?.['tool_call_id']], ['tool', 'call_1_1']);
    assert.match(first?.['content'], /Output:\nwriter\nreader\n$/);
    assert.match(second?.['content'], /Output:\nwritten\n$/);
    assert.deepEqual(rest, []);
  },
);

scenario(
  'with one call at a time, only the first of two commands runs',
  {
    dialects: ['dashscope'],
    bridgeEnv: { ALLOW_MULTI_TOOL_CALLS: '0' },
    script: [
      answer({ toolCalls: [shellCall('echo one >> runs.txt'), shellCall('echo two >> runs.txt')] }),
      answer({ text: 'One ran.' }),
    ],
  },
  async ({ run, folder }) => {
    const { requests } = await run('Run both.');
    assert.deepEqual(await readTree(folder.workspace), { 'runs.txt': 'one\n' });
    const [assistant, result, ...rest] = messagesAfter(requests[1]!, 'Run both.');
    assert.deepEqual([assistant?.['tool_calls'].length, result?.['tool_call_id'], rest], [1, 'call_1_0', []]);
  },
);
