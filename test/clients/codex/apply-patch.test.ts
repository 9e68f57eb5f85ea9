/** The free-form tool apply_patch: files with Unicode names and contents, streamed character by character. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { answer } from '../../support/upstream/scripted-upstream';
import { readTree } from '../support/work-folder';
import { assertGrowing, messagesAfter, toolsOf } from './chat-requests';
import { completedItems, textsOf } from './events';
import { scenario } from './scenario';

const NAME = 'größe 世界 😀.txt';

const FIRST = `*** Begin Patch
*** Add File: neu/${NAME}
+Grüße, "世界" 👩‍👩‍👧 – \\n is no line end, \\u00e9 no é
+	tabs and C:\\temp
*** Update File: notes/ünï.md
@@
 # Titel
-alt
+neu „ok“ 🎉
*** Delete File: weg.txt
*** End Patch`;

const SECOND = `*** Begin Patch
*** Update File: neu/${NAME}
*** Move to: neu/${NAME}.bak
@@
-	tabs and C:\\temp
+gone
*** End Patch
`;

/** JSON as some models write it: only ASCII, so that one character is a pair of escapes. */
const asciiOnly = (value: object): string =>
  JSON.stringify(value).replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

scenario(
  'apply_patch creates, updates, moves and deletes files',
  {
    catalog: { apply_patch_tool_type: 'freeform' },
    script: [
      answer({
        reasoning: 'Patch it.',
        toolCalls: [{ name: 'apply_patch', arguments: asciiOnly({ input: FIRST }) }],
        pieces: 1,
      }),
      answer({ toolCalls: [{ name: 'apply_patch', arguments: { input: SECOND } }], pieces: 1, writeSize: 3 }),
      answer({ text: 'Patched.' }),
    ],
  },
  async ({ run, folder }) => {
    await mkdir(join(folder.workspace, 'notes'));
    await writeFile(join(folder.workspace, 'notes/ünï.md'), '# Titel\nalt\n');
    await writeFile(join(folder.workspace, 'weg.txt'), 'weg\n');
    const { events, requests } = await run('Patch them.');
    assert.deepEqual(await readTree(folder.workspace), {
      [`neu/${NAME}.bak`]: 'Grüße, "世界" 👩‍👩‍👧 – \\n is no line end, \\u00e9 no é\ngone\n',
      'notes/ünï.md': '# Titel\nneu „ok“ 🎉\n',
    });
    const changes = completedItems(events, 'file_change').map((item) =>
      (item.changes ?? []).map(({ kind, path }) => `${kind} ${basename(path)}`).sort());
    assert.deepEqual(changes, [[`add ${NAME}`, 'delete weg.txt', 'update ünï.md'], [`update ${NAME}`]]);
    assert.deepEqual(textsOf(events, 'agent_message'), ['Patched.']);

    assert.equal(requests.length, 3);
    assertGrowing(requests);
    const tool = toolsOf(requests[0]!).find(({ name }) => name === 'apply_patch');
    assert.match(tool?.description ?? '', /lark grammar:\nstart: begin_patch hunk\+ end_patch/);
    const [first, firstResult, second, secondResult, ...rest] = messagesAfter(requests[2]!, 'Patch them.');
    assert.equal(first?.['reasoning_content'], 'Patch it.');
    assert.deepEqual(first?.['tool_calls'], [
      {
        id: 'call_1_0',
        type: 'function',
        function: { name: 'apply_patch', arguments: JSON.stringify({ input: FIRST }) },
      },
    ]);
    const changed = `Updated the following files:\nA neu/${NAME}\nM notes/ünï.md\nD weg.txt\n`;
    assert.ok(firstResult?.['content'].endsWith(changed), firstResult?.['content']);
    assert.equal(second?.['tool_calls'][0].function.arguments, JSON.stringify({ input: SECOND }));
    assert.match(secondResult?.['content'], /^Exit code: 0\n/);
    assert.deepEqual(rest, []);
  },
);
