/** Patches that models write in another form than `{"input": PATCH}`; each must reach Codex as intended. */
import assert from 'node:assert/strict';
import { answer } from '../../support/upstream/scripted-upstream';
import { readTree } from '../support/work-folder';
import { messagesAfter } from './chat-requests';
import { completedItems } from './events';
import { scenario } from './scenario';

const PATCH = '*** Begin Patch\n*** Add File: größe.txt\n+„eins“\n+😀 \\ "zwei"\n*** End Patch';
const WITHOUT_END = PATCH.replace('\n*** End Patch', '');

/** The argument text that the model writes. */
const WRITTEN: Readonly<Record<string, string>> = {
  'in a code fence': JSON.stringify({ input: `\`\`\`diff\n${PATCH}\n\`\`\`\n` }),
  'in a heredoc': JSON.stringify({ input: `apply_patch <<'EOF'\n${PATCH}\nEOF\n` }),
  'without its last line': JSON.stringify({ input: WITHOUT_END }),
  'without its last line, in a code fence': JSON.stringify({ input: `\`\`\`\n${WITHOUT_END}\n\`\`\`` }),
  'with the end of a heredoc instead of its last line': JSON.stringify({ input: `${WITHOUT_END}\nEOF\n` }),
  'with a code fence instead of its last line': JSON.stringify({ input: `${WITHOUT_END}\n\`\`\`\n` }),
  'encoded twice': JSON.stringify(JSON.stringify({ input: PATCH })),
  'inside a second input object': JSON.stringify({ input: JSON.stringify({ input: PATCH }) }),
  'as bare text': PATCH,
  'as bare text in a code fence': `\`\`\`\n${PATCH}\n\`\`\``,
  'under another key': JSON.stringify({ patch: PATCH }),
  'among other keys': JSON.stringify({ workdir: '/tmp', explanation: 'Adds it.', input: PATCH }),
};

for (const [how, text] of Object.entries(WRITTEN)) {
  scenario(
    `a patch ${how}`,
    {
      dialects: ['dashscope'],
      catalog: { apply_patch_tool_type: 'freeform' },
      script: [
        answer({ toolCalls: [{ name: 'apply_patch', arguments: text }], pieces: 2 }),
        answer({ text: 'Patched.' }),
      ],
    },
    async ({ run, folder }) => {
      const { events, requests } = await run('Patch it.');
      assert.deepEqual(await readTree(folder.workspace), { 'größe.txt': '„eins“\n😀 \\ "zwei"\n' });
      assert.equal(completedItems(events, 'file_change')[0]?.status, 'completed');
      const [assistant] = messagesAfter(requests[1]!, 'Patch it.');
      assert.deepEqual(JSON.parse(assistant?.['tool_calls'][0].function.arguments), { input: PATCH });
    },
  );
}
