/** Older versions of Codex: patches and MCP tools, in the form of each version. */
import assert from 'node:assert/strict';
import { answer, type CapturedRequest } from '../../support/upstream/scripted-upstream';
import { readTree } from '../support/work-folder';
import { assertGrowing, messagesAfter, toolNames, type ChatMessage } from './chat-requests';
import { mcpServer } from './config';
import { completedItems, textsOf } from './events';
import { scenario, type ScenarioOptions } from './scenario';
import { CODEX_VERSIONS, CURRENT_CODEX, shellCall, type CodexVersion } from './versions';

const PATCH = '*** Begin Patch\n*** Add File: größe 😀.txt\n+„eins“ \\ "zwei"\n*** End Patch';

/** The free-form tool was added in 0.125; before that, Codex extracts the patch from a shell command. */
const hasPatchTool = (version: CodexVersion): boolean => version !== '0.80.0' && version !== '0.99.0';

const patchCall = (version: CodexVersion) =>
  hasPatchTool(version)
    ? { name: 'apply_patch', arguments: { input: PATCH } }
    : shellCall(`apply_patch <<'EOF'\n${PATCH}\nEOF`, version);

for (const version of CODEX_VERSIONS.filter((each) => each !== CURRENT_CODEX)) {
  const call = patchCall(version);
  const options: ScenarioOptions = {
    version,
    dialects: ['dashscope'],
    ...(hasPatchTool(version) && { catalog: { apply_patch_tool_type: 'freeform' } }),
    config: { tables: mcpServer('mini') },
    script: [
      answer({ reasoning: 'Patch it.', toolCalls: [call], pieces: 1 }),
      answer({ toolCalls: [{ name: 'mcp__mini__echo', arguments: { text: 'Grüße' } }] }),
      answer({ text: 'Both done.' }),
    ],
  };
  scenario(`Codex ${version}: a patch and an MCP tool`, options, async ({ run, folder }) => {
    const { events, requests } = await run('Do both.');
    assert.deepEqual(await readTree(folder.workspace), { 'größe 😀.txt': '„eins“ \\ "zwei"\n' });
    assert.deepEqual(completedItems(events, 'file_change').map(({ status }) => status), ['completed']);
    const [echo] = completedItems(events, 'mcp_tool_call');
    assert.deepEqual([echo?.server, echo?.tool, echo?.status], ['mini', 'echo', 'completed']);
    assert.deepEqual(textsOf(events, 'agent_message'), ['Both done.']);

    assert.equal(requests.length, 3);
    assertGrowing(requests);
    assert.ok(toolNames(requests[0]!).includes(call.name));
    assert.ok(toolNames(requests[0]!).includes('mcp__mini__echo'));
    const [patched, done] = messagesAfter(requests[2]!, 'Do both.');
    assert.equal(patched?.['reasoning_content'], 'Patch it.');
    assert.deepEqual(JSON.parse(patched?.['tool_calls'][0].function.arguments), call.arguments);
    assert.match(done?.['content'], /Success\. Updated the following files:/);
    assert.match(lastMessage(requests[2]!)?.['content'], /mini echoes: Grüße/);
  });
}

const lastMessage = ({ body }: CapturedRequest): ChatMessage | undefined =>
  (body.messages as readonly ChatMessage[]).at(-1);
