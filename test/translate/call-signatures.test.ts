/** The signature of a call is sent back with the same call, in the envelope that the client stores. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createAnswerStream } from '../support/stream/answer-streams';
import { ToolSet } from '../../src/tools/tool-set';
import { readConversation } from '../../src/translate/conversation';
import { readInput } from '../../src/wire/read-responses';

const EXTRA = { extra_content: { google: { thought_signature: 'c2lnbmVk' } } };

it('a thought signature survives the answer and the next request', () => {
  const call = { index: 0, id: 'call_1', ...EXTRA, function: { name: 'run', arguments: '{"a":1}' } };
  const chunks = [{ delta: { tool_calls: [call] } }, { delta: {}, finish_reason: 'tool_calls' }];
  const stream = createAnswerStream({ client: 'codex' });
  const bytes = chunks.map((choice) => `data: ${JSON.stringify({ choices: [choice] })}\n\n`).join('');
  const events = [...stream.push(Buffer.from(bytes)), ...stream.end()];
  const items = events.flatMap((event) => (event.type === 'response.output_item.done' ? [{ ...event.item }] : []));
  const output = { type: 'function_call_output', call_id: 'call_1', output: 'done' };
  const [node] = readConversation(readInput([...items, output]), new ToolSet(), new Set<string>());
  assert.equal(node?.kind, 'assistant');
  assert.deepEqual(node?.kind === 'assistant' && node.calls[0]?.signature, EXTRA);
});
