/**
 * The terminal interface requests a title in the first turn of a thread; SMALL_MODEL writes it if set, and Codex shows
 * it.
 */
import assert from 'node:assert/strict';
import { answer, type CapturedRequest } from '../../support/upstream/scripted-upstream';
import { assertChatRequest, toolNames } from './chat-requests';
import { runTui, whyNoTerminal } from './run-tui';
import { scenario, UPSTREAM_KEY } from './scenario';
import { codexCommand } from './versions';

const TITLE = 'Grüße 世界 sagen';

const requestsTitle = ({ body }: CapturedRequest): boolean =>
  /Generate a concise, single-line task title/.test(body.messages.at(-1).content);

for (const { name, bridgeEnv, titleModel } of [
  { name: 'a thread title', bridgeEnv: {}, titleModel: 'glm-4.7' },
  {
    name: 'a thread title by the small model',
    bridgeEnv: { SMALL_MODEL: 'qwen3-coder-plus' },
    titleModel: 'qwen3-coder-plus',
  },
]) {
  scenario(
    name,
    {
      dialects: ['dashscope'],
      skip: whyNoTerminal(),
      bridgeEnv,
      config: { settings: { check_for_update_on_startup: false } },
      script: (request) =>
        answer({ text: requestsTitle(request) ? JSON.stringify({ title: TITLE }) : 'Hallöchen', pieces: 99 }),
    },
    async ({ configure, folder, env, version, model, upstream }) => {
      await configure();
      const { workspace, codexHome } = folder;
      // OSC 0 sets the terminal title: the thread's title and the workspace name.
      await runTui({
        program: codexCommand(version),
        prompt: 'Say hello.',
        workspace,
        codexHome,
        env,
        until: ['Hallöchen', `\x1b]0;${TITLE} |`],
      });
      assert.equal(upstream.requests.length, 2);
      for (const request of upstream.requests) assertChatRequest(request, version, UPSTREAM_KEY);
      const [title] = upstream.requests.filter(requestsTitle);
      const [turn] = upstream.requests.filter((request) => !requestsTitle(request));
      assert.deepEqual([turn?.body.model, title?.body.model], [model, titleModel]);
      assert.equal(turn?.body.messages.at(-1).content, 'Say hello.');
      assert.deepEqual(toolNames(title!), []);
      assert.match(title?.body.messages[0].content, /"title":\{"type":"string"/);
    },
  );
}
