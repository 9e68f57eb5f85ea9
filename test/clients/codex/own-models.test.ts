/**
 * Codex's own models: every model name that Codex knows selects the configured model, also that of its approvals
 * reviewer, which allows or denies commands outside the sandbox in JSON.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { findProvider, resolveModel } from '../../../src/providers/catalog';
import { answer } from '../../support/upstream/scripted-upstream';
import { createWorkFolder } from '../support/work-folder';
import { messagesAfter, toolNames } from './chat-requests';
import type { ModelInfo } from './config';
import { CATALOG_READERS, debugModels } from './debug-models';
import { completedItems, textsOf } from './events';
import { scenario } from './scenario';
import { CURRENT_CODEX, shellCall, type CodexVersion } from './versions';

const CONFIGURED = 'qwen3-coder-plus';

for (const version of CATALOG_READERS) {
  test(`every model that Codex ${version} knows resolves to the configured one`, async () => {
    const folder = await createWorkFolder();
    try {
      const slugs = (await debugModels(folder, version)).map(({ slug }) => slug);
      assert.ok(slugs.includes('codex-auto-review'), slugs.join(' '));
      for (const provider of [undefined, 'aliyun-coding']) {
        const row = findProvider(provider, 'http://127.0.0.1:1/v1');
        assert.deepEqual(slugs.filter((slug) => resolveModel(row, slug, CONFIGURED).id !== CONFIGURED), []);
      }
    } finally {
      await folder.dispose({});
    }
  });
}

scenario(
  'a Codex model in config.toml resolves to the configured one',
  {
    model: 'gpt-6.2-sol',
    bridgeEnv: { DEFAULT_MODEL: CONFIGURED },
    script: [answer({ toolCalls: [shellCall('echo hi')] }), answer({ text: 'Hi.' }), answer({ text: 'Still.' })],
  },
  async ({ run, bridge }) => {
    const first = await run('Say hi.');
    assert.deepEqual(textsOf(first.events, 'agent_message'), ['Hi.']);
    assert.deepEqual(completedItems(first.events, 'error'), []);
    const later = await run('Still?', { args: ['resume', '--last', '-m', 'gpt-6-luna'] });
    assert.deepEqual(textsOf(later.events, 'agent_message'), ['Still.']);
    const models = [...first.requests, ...later.requests].map(({ body }) => body.model);
    assert.deepEqual(models, [CONFIGURED, CONFIGURED, CONFIGURED]);
    await bridge.logged(/instead of gpt-6\.2-sol/);
  },
);

/** Calls a command that Codex runs outside its sandbox only if the reviewer allows it. */
const escalated = (cmd: string) => answer({
  toolCalls: [{ name: 'exec_command', arguments: {
    cmd, sandbox_permissions: 'require_escalated', justification: 'Write it?',
  } }],
});
const ALLOWED = JSON.stringify({ outcome: 'allow' });
const DENIED = JSON.stringify({
  outcome: 'deny', risk_level: 'high', user_authorization: 'unknown', rationale: 'Nobody asked for „that“.',
});

const SUPERVISED = {
  approvals_reviewer: 'auto_review', approval_policy: 'on-request', sandbox_mode: 'workspace-write',
};

interface Reviewer {
  readonly name: string;
  readonly version: CodexVersion;
  /** The model that Codex requests; undefined for the thread's model. */
  readonly requested: 'codex-auto-review' | undefined;
  readonly catalog?: ModelInfo;
}

const REVIEWERS: readonly Reviewer[] = [
  { name: "the catalog's model", version: CURRENT_CODEX, requested: 'codex-auto-review',
    catalog: { auto_review_model_override: 'codex-auto-review' } },
  { name: "the thread's model", version: CURRENT_CODEX, requested: undefined },
  { name: "the thread's model", version: '0.169.0', requested: undefined },
  { name: "Codex's model", version: '0.146.0', requested: 'codex-auto-review' },
];

for (const { name, version, requested, catalog } of REVIEWERS) {
  scenario(
    `the approvals reviewer, ${name}, Codex ${version}`,
    {
      version,
      ...(catalog && { catalog }),
      config: { settings: SUPERVISED },
      bridgeEnv: { DEFAULT_MODEL: CONFIGURED },
      script: [
        escalated('echo yes > ../yes.txt'),
        answer({ reasoning: 'It was asked for.', text: ALLOWED }),
        escalated('echo no > ../no.txt'),
        // The reviewer may look around first.
        answer({ reasoning: 'What is there?', toolCalls: [shellCall('ls ..', version)] }),
        answer({ text: `\`\`\`json\n${DENIED}\n\`\`\`` }),
        answer({ text: 'One of two.' }),
      ],
    },
    async ({ run, folder, dialect, model, bridge }) => {
      const { events, requests } = await run('Write ../yes.txt.', { isSupervised: true });
      assert.deepEqual(textsOf(events, 'agent_message'), ['One of two.']);
      assert.equal(await readFile(join(folder.root, 'yes.txt'), 'utf8'), 'yes\n');
      await assert.rejects(readFile(join(folder.root, 'no.txt')), { code: 'ENOENT' });

      const reviewer = requested === undefined ? model : CONFIGURED;
      assert.deepEqual(requests.map(({ body }) => body.model), [model, reviewer, model, reviewer, reviewer, model]);
      if (requested === undefined) assert.doesNotMatch(bridge.log(), /instead of codex-auto-review/);
      else await bridge.logged(/instead of codex-auto-review/);
      const reviews = requests.filter(({ body }) => JSON.stringify(body.messages).includes('planned coding-agent'));
      assert.equal(reviews.length, 3);
      for (const review of reviews) {
        assert.ok(toolNames(review).includes('exec_command'));
        const schema = dialect === 'openai'
          ? JSON.stringify(review.body.response_format.json_schema.schema)
          : review.body.messages[0].content;
        assert.match(schema, /"outcome":\{[^}]*"enum":\["allow","deny"\]/);
      }
      const results = messagesAfter(requests.at(-1)!, 'Write ../yes.txt.').filter(({ role }) => role === 'tool');
      assert.match(results[0]?.['content'], /exited with code 0/);
      assert.match(results[1]?.['content'], /Nobody asked for „that“\./);
    },
  );
}

scenario(
  'without DEFAULT_MODEL, the approvals reviewer fails and the command is denied',
  {
    version: '0.146.0', dialects: ['openai'], models: ['scripted-model'], config: { settings: SUPERVISED },
    script: [escalated('echo yes > ../yes.txt'), answer({ text: 'It was not allowed.' })],
    refusals: ['unknown-model'],
  },
  async ({ run, folder }) => {
    const { events, requests } = await run('Write ../yes.txt.', { isSupervised: true });
    assert.deepEqual(textsOf(events, 'agent_message'), ['It was not allowed.']);
    await assert.rejects(readFile(join(folder.root, 'yes.txt')), { code: 'ENOENT' });
    const [, result] = messagesAfter(requests.at(-1)!, 'Write ../yes.txt.');
    assert.match(result?.['content'], /codex-auto-review.{1,6}is a Codex model: set DEFAULT_MODEL to replace it\./);
  },
);
