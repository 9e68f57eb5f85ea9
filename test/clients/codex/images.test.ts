/**
 * Images from the user, from Codex's own tool and from an MCP server: for a model with vision, and for one without.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answer } from '../../support/upstream/scripted-upstream';
import { messagesAfter, type ChatMessage } from './chat-requests';
import { mcpServer } from './config';
import { completedItems, textsOf } from './events';
import { scenario, type ScenarioOptions } from './scenario';

/** Two by two red pixels. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR42mM4IScHRAwQCgAfJgQRSo6NIAAAAABJRU5ErkJggg==';
const IMAGE = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}`, detail: 'high' } };

/** Like DashScope, the strict upstream rejects lists of parts for text models. */
const WITH_VISION: Pick<ScenarioOptions, 'dialects' | 'model'> = { dialects: ['dashscope'], model: 'qwen3.7-plus' };
const WITHOUT_VISION: Pick<ScenarioOptions, 'dialects' | 'model'> = { dialects: ['dashscope'], model: 'glm-4.7' };

const savePng = (workspace: string): Promise<void> => writeFile(join(workspace, 'red.png'), Buffer.from(PNG, 'base64'));

const VIEW = answer({ toolCalls: [{ name: 'view_image', arguments: { path: 'red.png' } }] });

scenario('view_image', { ...WITH_VISION, script: [VIEW, answer({ text: 'Red.' })] }, async ({ run, folder }) => {
  await savePng(folder.workspace);
  const { events, requests } = await run('What colour?');
  assert.deepEqual(textsOf(events, 'agent_message'), ['Red.']);
  const [, result, image, ...rest] = messagesAfter(requests[1]!, 'What colour?');
  assert.deepEqual(result, { role: 'tool', tool_call_id: 'call_1_0', content: '[image: see the next user message]' });
  assert.deepEqual(image, {
    role: 'user',
    content: [{ type: 'text', text: '[Content of the result of view_image]' }, IMAGE],
  });
  assert.deepEqual(rest, []);
});

const UNSEEN = answer({ text: 'Unseen.' });

const WITHOUT_IMAGE = { ...WITHOUT_VISION, script: [VIEW, UNSEEN] };

scenario('view_image for a model without vision', WITHOUT_IMAGE, async ({ run, folder }) => {
  await savePng(folder.workspace);
  const { requests } = await run('What colour?');
  const [, result, ...rest] = messagesAfter(requests[1]!, 'What colour?');
  assert.deepEqual(result, {
    role: 'tool',
    tool_call_id: 'call_1_0',
    content: '[image left out: the model cannot see images]',
  });
  assert.deepEqual(rest, []);
});

scenario('a user’s image', { ...WITH_VISION, script: [answer({ text: 'Red.' })] }, async ({ run, folder }) => {
  await savePng(folder.workspace);
  const { events, requests } = await run('What colour?', { args: ['--image=red.png'] });
  assert.deepEqual(textsOf(events, 'agent_message'), ['Red.']);
  assert.deepEqual(lastOf(requests[0]?.body.messages), {
    role: 'user',
    content: [
      { type: 'text', text: '<image name=[Image #1] path="red.png">' },
      IMAGE,
      { type: 'text', text: '</image>' },
      { type: 'text', text: 'What colour?' },
    ],
  });
});

scenario(
  'a user’s image for a model without vision',
  { ...WITHOUT_VISION, script: [UNSEEN] },
  async ({ run, folder }) => {
    await savePng(folder.workspace);
    const { requests } = await run('What colour?', { args: ['--image=red.png'] });
    assert.deepEqual(lastOf(requests[0]?.body.messages), {
      role: 'user',
      content:
        '<image name=[Image #1] path="red.png">\n[image left out: the model cannot see images]\n</image>\nWhat colour?',
    });
  },
);

/** The image is between two other results, which must not be separated from their calls. */
const FETCH = answer({
  toolCalls: [
    { name: 'mcp__mini__echo', arguments: { text: 'before' } },
    { name: 'mcp__mini__get_image', arguments: {} },
    { name: 'mcp__mini__echo', arguments: { text: 'after' } },
  ],
});

for (const { setup, marker, shown } of [
  {
    setup: { ...WITH_VISION, name: 'an MCP image' },
    marker: '[image: see the next user message]',
    shown: [
      { role: 'user', content: [{ type: 'text', text: '[Content of the result of mcp__mini__get_image]' }, IMAGE] },
    ],
  },
  {
    setup: { ...WITHOUT_VISION, name: 'an MCP image for a model without vision' },
    marker: '[image left out: the model cannot see images]',
    shown: [],
  },
]) {
  const { name, ...options } = setup;
  const config = { tables: mcpServer('mini') };
  scenario(name, { ...options, config, script: [FETCH, answer({ text: 'Fetched.' })] }, async ({ run }) => {
    const { events, requests } = await run('Fetch it.');
    const statuses = completedItems(events, 'mcp_tool_call').map(({ status }) => status);
    assert.deepEqual(statuses, ['completed', 'completed', 'completed']);
    const [, ...after] = messagesAfter(requests[1]!, 'Fetch it.');
    assert.deepEqual(
      after.slice(0, 3).map(({ role, tool_call_id: id }) => [role, id]),
      [
        ['tool', 'call_1_0'],
        ['tool', 'call_1_1'],
        ['tool', 'call_1_2'],
      ],
    );
    assert.ok(after[1]?.['content'].endsWith(marker), after[1]?.['content']);
    assert.match(after[2]?.['content'], /mini echoes: after$/);
    assert.deepEqual(after.slice(3), shown);
  });
}

const lastOf = (messages: readonly ChatMessage[]): ChatMessage | undefined => messages.at(-1);
