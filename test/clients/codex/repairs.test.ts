/** Hosts that reject Codex's requests: the bridge repairs the request, and Codex completes its turn. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answer } from '../../support/upstream/scripted-upstream';
import { textsOf } from './events';
import { scenario } from './scenario';
import { shellCall } from './versions';

const OPENAI = { dialects: ['openai'] } as const;
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR42mM4IScHRAwQCgAfJgQRSo6NIAAAAABJRU5ErkJggg==';

scenario('a host that requires alternating roles', {
  ...OPENAI,
  quirks: ['roles must alternate'],
  refusals: ['roles must alternate'],
  script: [answer({ text: 'One.' }), answer({ text: 'Two.' })],
}, async ({ run }) => {
  const first = await run('Say one.');
  assert.deepEqual(textsOf(first.events, 'agent_message'), ['One.']);
  const second = await run('Say two.', { args: ['resume', '--last'] });
  assert.deepEqual(textsOf(second.events, 'agent_message'), ['Two.']);
  assert.equal(second.requests.length, 1, 'the repair is remembered');
});

scenario('a host that rejects pictures', {
  ...OPENAI,
  quirks: ['no pictures'],
  refusals: ['no pictures'],
  script: [
    answer({ toolCalls: [{ name: 'view_image', arguments: { path: 'red.png' } }] }), answer({ text: 'Unseen.' }),
    answer({ text: 'Still unseen.' }),
  ],
}, async ({ run, folder }) => {
  await writeFile(join(folder.workspace, 'red.png'), Buffer.from(PNG, 'base64'));
  const first = await run('What colour?');
  assert.deepEqual(textsOf(first.events, 'agent_message'), ['Unseen.']);
  const second = await run('And now?', { args: ['resume', '--last'] });
  assert.deepEqual(textsOf(second.events, 'agent_message'), ['Still unseen.']);
  assert.equal(second.requests.length, 1);
});

scenario('a host that requires ids of nine letters', {
  ...OPENAI,
  quirks: ['ids of nine letters'],
  refusals: ['ids of nine letters'],
  script: [
    answer({ text: 'First.', toolCalls: [shellCall('echo hi')] }), answer({ toolCalls: [shellCall('echo ho')] }),
    answer({ text: 'Done.' }),
  ],
}, async ({ run }) => {
  const { events, requests } = await run('Say hi, then ho.');
  assert.deepEqual(textsOf(events, 'agent_message'), ['First.', 'Done.']);
  const last = requests.at(-1)?.body.messages.filter(({ role }: { readonly role: string }) => role === 'tool');
  assert.equal(last.length, 2);
});

/** Compaction starts at nine tenths of the window, according to the upstream's usage. */
const FULL = { prompt: 36_000, completion: 50 };

scenario('a host that rejects calls without tools, which Codex sends when it compacts', {
  ...OPENAI,
  quirks: ['tools for a history with calls'],
  refusals: ['tools for a history with calls'],
  catalog: { context_window: 40_000 },
  script: [
    answer({ text: 'Saying hi.', toolCalls: [shellCall('echo hi')], usage: FULL }),
    answer({ text: 'SUMMARY: hi was said.', usage: FULL }), answer({ text: 'It is said.' }),
  ],
}, async ({ run }) => {
  const { events, requests } = await run('Say hi.');
  assert.deepEqual(textsOf(events, 'agent_message'), ['Saying hi.', 'It is said.']);
  assert.ok(JSON.stringify(requests.at(-1)?.body.messages).includes('SUMMARY: hi was said.'));
});
