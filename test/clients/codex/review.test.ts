/** `codex exec review`: a child with its own instructions, whose answer is a list of findings. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answer } from '../../support/upstream/scripted-upstream';
import { assertGrowing, messagesAfter } from './chat-requests';
import { completedItems, textsOf } from './events';
import { scenario } from './scenario';
import { shellCall } from './versions';

const PROMPT =
  'Review the current code changes (staged, unstaged, and untracked files) and provide prioritized findings.';

scenario(
  'a review of uncommitted changes',
  {
    script: [
      answer({ reasoning: 'What changed?', toolCalls: [shellCall('git status --short')] }),
      answer({
        text: JSON.stringify({
          findings: [{
            title: '[P1] Sum „zählt“ twice', body: 'It adds b two times.', confidence_score: 0.9, priority: 1,
            code_location: { absolute_file_path: '/sum.js', line_range: { start: 1, end: 1 } },
          }],
          overall_correctness: 'patch is incorrect', overall_explanation: 'One bug.', overall_confidence_score: 0.9,
        }),
      }),
    ],
  },
  async ({ run, folder }) => {
    await writeFile(join(folder.workspace, 'sum.js'), 'exports.sum = (a, b) => a + b + b;\n');
    const { events, requests } = await run(undefined, { args: ['review', '--uncommitted'] });
    assert.deepEqual(
      completedItems(events, 'command_execution').map((item) => item.aggregated_output),
      ['?? sum.js\n'],
    );
    const [review] = textsOf(events, 'agent_message');
    assert.match(review ?? '', /^One bug\.[^]*\[P1\] Sum „zählt“ twice — \/sum\.js:1-1\n\s+It adds b two times\./);
    assert.equal(requests.length, 2);
    assertGrowing(requests);
    assert.match(requests[0]?.body.messages[0].content, /^# Review guidelines:/);
    assert.equal(messagesAfter(requests[1]!, PROMPT)[0]?.['reasoning_content'], 'What changed?');
  },
);
