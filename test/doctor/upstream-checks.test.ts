/** `doctor`: checks the provider with one turn through the bridge's own code. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { run } from '../../src/cli/main';
import { createFakeIo } from '../support/cli/fake-io';
import {
  bridgeToml, createDoctorScene, findPrinted, goodAnswer, KEY, startUpstream,
} from '../support/cli/doctor-scene';
import { startNativeUpstream } from '../support/upstream/native-upstream';
import {
  answer, raw, refuse, reply, type ScriptedUpstreamOptions, type Step,
} from '../support/upstream/scripted-upstream';

const IDS = ['answer', 'access', 'model', 'stream', 'tool-call', 'reasoning', 'usage'] as const;

async function examine(
  context: TestContext,
  script: ScriptedUpstreamOptions['script'],
  more: Readonly<Record<string, string>> = {},
  options: Partial<ScriptedUpstreamOptions> = {},
) {
  const scene = await createDoctorScene(context);
  const upstream = await startUpstream(context, { script, ...options });
  const printed = await scene.examine([], { AI_API_BASE: upstream.url, ...more });
  const findings = Object.fromEntries(IDS.map((id) => [id, findPrinted(printed, id)]));
  return { printed, findings, upstream, levels: IDS.map((id) => findings[id]?.level).join(' ') };
}

test('one request checks answer, key, model, stream, tool call, reasoning and token counts', async (context) => {
  const { printed, findings, upstream, levels } = await examine(context, [goodAnswer()], {}, { apiKey: KEY });
  assert.equal(levels, 'ok ok ok ok ok ok ok');
  assert.equal(printed.requests, 1);
  assert.match(findings['answer']?.seen ?? '', /^HTTP 200, requested as aliyun-codex-bridge\/\d/);
  assert.equal(findings['model']?.seen, 'scripted-model');
  assert.match(findings['stream']?.seen ?? '', /^\d+ events in [\d.]+ m?s, the first after [\d.]+ m?s$/);
  assert.equal(findings['tool-call']?.seen, 'scripted-model called the tool as requested');
  assert.equal(findings['reasoning']?.seen, 'in reasoning_content');
  assert.equal(findings['usage']?.seen, '90 tokens in, 30 out (12 reasoning)');
  upstream.assertClean();
  assert.equal(upstream.requests.length, 1);
  assert.equal(upstream.requests[0]?.body.stream, true);
});

interface Case {
  readonly title: string;
  readonly step: Step;
  /** The levels, in the order of `IDS`. */
  readonly levels: string;
  readonly at: (typeof IDS)[number];
  readonly seen: RegExp;
  readonly fix: RegExp;
}

const error = (status: number, message: string, code?: string) =>
  reply({ status, body: { error: { message, ...(code && { code }) } } });

/** The levels of the checks that need an answer: tool-call, reasoning, usage. */
const CONTENT_SKIPPED = 'skipped skipped skipped';

const CASES: readonly Case[] = [
  {
    title: 'no answer',
    step: refuse(),
    at: 'answer',
    levels: `failure skipped skipped skipped ${CONTENT_SKIPPED}`,
    seen: /closed the connection|reset the connection/,
    fix: /Check the base URL, the network/,
  },
  {
    title: 'a wrong path',
    step: reply({ status: 404, body: 'nothing here' }),
    at: 'answer',
    levels: `failure skipped skipped skipped ${CONTENT_SKIPPED}`,
    seen: /answered 404: nothing here\.$/,
    fix: /^127\.0\.0\.1:\d+ has no API at this path\. Check AI_API_BASE; it usually ends in \/v1\.$/,
  },
  {
    title: 'an HTML page of a proxy',
    step: reply({ status: 403, body: '<html><title>Blocked</title></html>' }),
    at: 'answer',
    levels: `failure skipped skipped skipped ${CONTENT_SKIPPED}`,
    seen: /an HTML page titled "Blocked"/,
    fix: /A proxy or firewall in front of/,
  },
  {
    title: 'a rejected key',
    step: error(401, 'Incorrect API key provided.', 'invalid_api_key'),
    at: 'access',
    levels: `ok failure skipped skipped ${CONTENT_SKIPPED}`,
    seen: /answered 401: Incorrect API key provided\.$/,
    fix: /Check that AI_API_KEY belongs to 127\.0\.0\.1/,
  },
  {
    title: 'a rejected program',
    step: reply({ status: 405, body: { error: 'Coding Plan is currently only available for Coding Agents' } }),
    at: 'access',
    levels: `ok warning skipped skipped ${CONTENT_SKIPPED}`,
    seen: /answered 405: Coding Plan is currently/,
    fix: /Try: aliyun-codex-bridge codex/,
  },
  {
    title: 'an exhausted quota',
    step: error(429, 'week allocated quota exceeded'),
    at: 'access',
    levels: `ok failure skipped skipped ${CONTENT_SKIPPED}`,
    seen: /week allocated quota exceeded/,
    fix: /will not help until the quota resets/,
  },
  {
    title: 'too many requests',
    step: error(429, 'Too many requests'),
    at: 'access',
    levels: `ok warning skipped skipped ${CONTENT_SKIPPED}`,
    seen: /answered 429/,
    fix: /Wait a minute/,
  },
  {
    title: 'an overload',
    step: error(503, 'The engine is currently overloaded'),
    at: 'access',
    levels: `ok warning skipped skipped ${CONTENT_SKIPPED}`,
    seen: /answered 503/,
    fix: /Wait a few minutes/,
  },
  {
    title: 'an unknown model',
    step: error(404, "model 'scripted-model' is not supported"),
    at: 'model',
    levels: `ok ok failure skipped ${CONTENT_SKIPPED}`,
    seen: /is not supported\.$/,
    fix: /Check the model name/,
  },
  {
    title: 'a rejected request',
    step: error(400, 'The widget is wrong'),
    at: 'stream',
    levels: `ok ok ok failure ${CONTENT_SKIPPED}`,
    seen: /answered 400: The widget is wrong/,
    fix: /--log-level debug/,
  },
  {
    title: 'a truncated answer',
    step: goodAnswer({ cutAfter: 3, end: 'cut' }),
    at: 'stream',
    levels: `ok ok ok failure ${CONTENT_SKIPPED}`,
    seen: /./,
    fix: /broke off mid-stream/,
  },
];

for (const { title, step, levels, at, seen, fix } of CASES) {
  test(`${title} is reported at its check, with a fix`, async (context) => {
    const { printed, findings, levels: found, upstream } = await examine(context, [step]);
    assert.equal(found, levels);
    assert.match(findings[at]?.seen ?? '', seen);
    assert.match(findings[at]?.fix ?? '', fix);
    assert.equal(printed.requests, 1);
    assert.equal(upstream.requests.length, 1, 'the request is not repeated');
    assert.ok(!JSON.stringify(printed).includes(KEY));
  });
}

test('a key quoted by the provider is not shown', async (context) => {
  const { printed } = await examine(context, [error(401, `Incorrect API key provided: ${KEY}`)]);
  assert.ok(!JSON.stringify(printed).includes(KEY));
});

test('without a model no request is sent', async (context) => {
  const { printed, findings, levels } = await examine(context, [], { DEFAULT_MODEL: '' });
  assert.equal(levels, `ok ok failure skipped ${CONTENT_SKIPPED}`);
  assert.match(findings['model']?.seen ?? '', /the request has no model/);
  assert.match(findings['model']?.fix ?? '', /--default-model/);
  assert.equal(printed.requests, 0);
});

interface Answer {
  readonly title: string;
  readonly step: Step;
  readonly env?: Readonly<Record<string, string>>;
  readonly id: (typeof IDS)[number];
  readonly level: string;
  readonly seen: RegExp;
}

const chunk = (delta: object, finish: string | null = null, usage?: object): string =>
  `data: ${JSON.stringify({
    id: 'c',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...(usage && { usage }),
  })}\n\n`;

const COMPLETION = {
  id: 'c',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'bridge' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
};

const ANSWERS: readonly Answer[] = [
  {
    title: 'text instead of a call',
    step: answer({ text: 'The word is bridge.' }),
    id: 'tool-call',
    level: 'warning',
    seen: /did not call the test tool/,
  },
  {
    title: 'a call with other arguments',
    step: goodAnswer({ toolCalls: [{ name: 'report_word', arguments: { word: 'ridge' } }] }),
    id: 'tool-call',
    level: 'warning',
    seen: /with wrong arguments/,
  },
  { title: 'no counts', step: goodAnswer({ usage: null }), id: 'usage', level: 'warning', seen: /reports none/ },
  {
    title: 'no reasoning from an unknown model',
    step: answer({ text: 'bridge' }),
    id: 'reasoning',
    level: 'ok',
    seen: /^none; this model is not known/,
  },
  {
    title: 'reasoning in another field',
    id: 'reasoning',
    level: 'ok',
    seen: /^in reasoning$/,
    step: raw({
      chunks: [
        chunk({ role: 'assistant', reasoning: 'Hm.' }),
        chunk({ content: 'bridge' }, 'stop'),
        'data: [DONE]\n\n',
      ],
      end: 'eof',
    }),
  },
  {
    title: 'reasoning in tags',
    step: answer({ text: '<think>Hm.</think>bridge' }),
    id: 'reasoning',
    level: 'ok',
    seen: /<think> tags/,
  },
  {
    title: 'an answer in a single chunk',
    id: 'stream',
    level: 'warning',
    seen: /arrived in one piece/,
    step: reply({ status: 200, body: COMPLETION }),
  },
];

for (const { title, step, id, level, seen, env = {} } of ANSWERS) {
  test(`${title}: ${level}`, async (context) => {
    const { findings } = await examine(context, [step], env);
    assert.equal(findings[id]?.level, level);
    assert.match(findings[id]?.seen ?? '', seen);
    assert.equal(findings[id]?.fix !== undefined, level !== 'ok');
  });
}

test('a model that can think but sends no reasoning is a warning', async (context) => {
  const env = { AI_PROVIDER: 'aliyun-coding', DEFAULT_MODEL: '', AI_API_KEY: `sk-sp-${KEY}` };
  const { findings, levels, upstream } = await examine(context, [goodAnswer({ reasoning: '' })], env, {
    dialect: 'dashscope',
  });
  assert.equal(levels, 'ok ok ok ok ok warning ok');
  assert.match(findings['reasoning']?.seen ?? '', /though this model can think/);
  assert.equal(findings['model']?.seen, 'qwen3.7-plus');
  upstream.assertClean();
});

test('the provider’s Responses endpoint gets the request if the user chose it', async (context) => {
  const scene = await createDoctorScene(context);
  const upstream = await startNativeUpstream({ script: [goodAnswer()], apiKey: KEY });
  context.after(() => upstream.close());
  const printed = await scene.examine([], { AI_API_BASE: upstream.url, UPSTREAM_WIRE: 'responses' });
  assert.deepEqual(IDS.map((id) => findPrinted(printed, id).level), IDS.map(() => 'ok'));
  assert.equal(findPrinted(printed, 'reasoning').seen, 'in response.reasoning_text.delta');
  upstream.assertClean();
});

test('the turn has its own User-Agent, even if Codex is installed, and the model of config.toml', async (context) => {
  const scene = await createDoctorScene(context);
  const upstream = await startUpstream(context, { script: [goodAnswer(), goodAnswer()] });
  await scene.installCodex();
  await scene.writeConfig(bridgeToml(scene.port, '', 'model = "another-model"'));
  const printed = await scene.examine([], { AI_API_BASE: upstream.url });
  assert.match(findPrinted(printed, 'answer').seen, /requested as aliyun-codex-bridge\/[\d.]+$/);
  assert.match(upstream.requests[0]?.headers['user-agent'] ?? '', /^aliyun-codex-bridge\//);
  assert.equal(upstream.requests[0]?.body.model, 'another-model');
  await scene.examine(['--user-agent', 'mine/1'], { AI_API_BASE: upstream.url });
  assert.equal(upstream.requests[1]?.headers['user-agent'], 'mine/1');
});

test('a repaired request is counted, and the repair is shown with its dialect field', async (context) => {
  const refusal = error(400, 'Range of max_tokens should be [1, 100]');
  const env = { AI_PROVIDER: 'aliyun-coding', DEFAULT_MODEL: '', AI_API_KEY: `sk-sp-${KEY}` };
  const { printed, levels, upstream } = await examine(context, [refusal, goodAnswer()], env, { dialect: 'dashscope' });
  assert.equal(levels, 'ok ok ok ok ok ok ok');
  assert.match(findPrinted(printed, 'model').seen, /; sent again with "max_tokens at most 100", .*maxTokens: 100/);
  assert.equal(printed.requests, 2);
  assert.equal(upstream.requests.length, 2);
});

test("if clients send their own key, Codex's key is used; without one, no request is sent", async (context) => {
  const scene = await createDoctorScene(context);
  const upstream = await startUpstream(context, { script: [goodAnswer()], apiKey: 'sk-test-key-of-codex' });
  const env = { AI_API_BASE: upstream.url, AI_API_KEY: '', FORCE_ENV_AUTH: '0' };
  const none = await scene.examine([], env);
  assert.deepEqual(
    IDS.map((id) => findPrinted(none, id).seen),
    IDS.map(() => 'clients send their own key, and doctor knows none'),
  );
  assert.equal(none.requests, 0);
  await scene.writeConfig(bridgeToml(scene.port, 'env_key = "MY_KEY"'));
  const printed = await scene.examine([], { ...env, MY_KEY: 'sk-test-key-of-codex' });
  assert.deepEqual(IDS.map((id) => findPrinted(printed, id).level), IDS.map(() => 'ok'));
  assert.ok(!JSON.stringify(printed).includes('key-of-codex'));
  upstream.assertClean();
});

test('a self-hosted server gets a request without a key', async (context) => {
  const { printed, levels, upstream } = await examine(
    context,
    [goodAnswer()],
    { AI_API_KEY: '', AI_PROVIDER: 'vllm' },
    { provider: 'vllm', without: ['authorization'] },
  );
  assert.equal(levels, 'ok ok ok ok ok ok ok');
  assert.match(findPrinted(printed, 'key').seen, /needs none$/);
  assert.equal(upstream.requests[0]?.headers.authorization, undefined);
});

test('a rejected key is tried once at the other address, and the matching address is named', async (context) => {
  const scene = await createDoctorScene(context);
  const here = await startUpstream(context, { script: () => error(401, 'Invalid API-key provided.') });
  const there = await startUpstream(context, { script: () => goodAnswer(), apiKey: KEY });
  const look = (sibling: string) =>
    scene.check('access', { AI_API_BASE: here.url }, { findSiblingEndpoint: () => sibling });
  const fits = await look(there.url);
  assert.equal(fits.level, 'failure');
  assert.match(fits.seen, /\nThe key belongs to 127\.0\.0\.1:\d+\.$/);
  assert.equal(fits.fix, `Set AI_API_BASE=${there.url}`);
  assert.equal(there.requests.length, 1);
  const neither = await look(here.url);
  assert.match(neither.seen, /does not accept it either\.$/);
  assert.doesNotMatch(neither.fix ?? '', /AI_API_BASE/);
});

test('a saved key is not tried at the other address', async (context) => {
  const scene = await createDoctorScene(context);
  const here = await startUpstream(context, { script: () => error(401, 'Invalid API-key provided.') });
  const there = await startUpstream(context, { script: () => goodAnswer(), apiKey: KEY });
  const io = { ...createFakeIo(), readInput: async () => KEY };
  const words = ['login', '--provider', 'openai-compatible', '--ai-base-url', here.url, '--with-api-key'];
  const free = { AI_API_KEY: '', AI_API_BASE: '' };
  assert.equal(await run(words, { ...scene.env, ...free }, io), 0);
  const { level, seen } = await scene.check('access', free, { findSiblingEndpoint: () => there.url });
  assert.deepEqual([level, here.requests.length, there.requests.length], ['failure', 1, 0], seen);
  assert.match((await scene.check('key-form', free)).seen, /^login openai-compatible, "sk-/);
});

test('a model that cannot call tools: the fix names some that can', async (context) => {
  const refusal = (model: string): Step =>
    reply({ status: 400, body: { error: { message: `library/${model} does not support tools` } } });
  const local = await examine(context, [refusal('gemma:2b')], { AI_PROVIDER: 'ollama', DEFAULT_MODEL: 'gemma:2b' });
  assert.equal(local.levels, 'ok ok failure skipped skipped skipped skipped');
  assert.match(local.findings['model']?.seen ?? '', /gemma:2b does not support tools/);
  assert.match(local.findings['model']?.fix ?? '', /^Choose a model that can call tools, such as qwen3, gpt-oss or ll/);
  const other = await examine(context, [refusal('m')], { AI_PROVIDER: 'vllm', DEFAULT_MODEL: 'm' });
  assert.match(other.findings['model']?.fix ?? '', /^Choose a model that can call tools; aliyun-codex-bridge models/);
});
