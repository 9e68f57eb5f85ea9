/** `doctor`: the checks of the machine, the configuration, the key and the running bridge, at each level. */
import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Finding } from '../../src/doctor/check';
import { createDoctorScene, findPrinted, KEY, type DoctorScene } from '../support/cli/doctor-scene';

const LONG = `sk-sp-${KEY}`;
const CODING = { AI_API_BASE: 'https://coding.dashscope.aliyuncs.com/v1', AI_API_KEY: LONG };

function assertFinding(finding: Finding, level: Finding['level'], seen: RegExp, fix?: RegExp): void {
  assert.equal(finding.level, level, finding.seen);
  assert.match(finding.seen, seen);
  if (fix === undefined) assert.equal(finding.fix, undefined);
  else assert.match(finding.fix ?? '', fix);
}

test('node: old versions fail; the end of security updates is mentioned without a warning', async (context) => {
  const scene = await createDoctorScene(context);
  const now = () => Date.parse('2026-11-22');
  const look = (nodeVersion: string) => scene.check('node', {}, { nodeVersion, now, platform: 'linux', arch: 'x64' });
  assertFinding(await look('18.16.1'), 'failure', /^18\.16\.1 on linux x64$/, /needs Node\.js 18\.17\.0 or later/);
  assertFinding(
    await look('18.17.0'),
    'ok',
    /^18\.17\.0 on linux x64; security updates for this line ended on 2025-04-30$/,
  );
  assertFinding(await look('24.1.0'), 'ok', /^24\.1\.0 on linux x64$/);
  assertFinding(await look('30.0.0'), 'ok', /^30\.0\.0 on linux x64$/);
});

test('state-folder: a missing folder is fine, a path below a file is not', async (context) => {
  const scene = await createDoctorScene(context);
  assertFinding(await scene.check('state-folder'), 'ok', /state \(created on first use\)$/);
  await mkdir(scene.state);
  assertFinding(await scene.check('state-folder'), 'ok', /state$/);
  const file = join(scene.home, 'file');
  await writeFile(file, '');
  assertFinding(
    await scene.check('state-folder', { BRIDGE_STATE_DIR: join(file, 'below') }),
    'warning',
    /file is not a folder$/,
    /--state-dir/,
  );
});

test('options: defaults, given values with their origin, and every error as a finding', async (context) => {
  const scene = await createDoctorScene(context);
  const none = { PORT: '', AI_API_BASE: '', AI_API_KEY: '', DEFAULT_MODEL: '', BRIDGE_STATE_DIR: '' };
  assertFinding(await scene.check('options', none), 'ok', /^all defaults$/);
  assertFinding(
    await scene.check('options'),
    'ok',
    /^--port from env PORT, .*--ai-api-key from env AI_API_KEY.*; defaults otherwise$/,
  );
  assert.ok(!(await scene.check('options')).seen.includes(KEY));
  const wrong = await scene.check('options', { PORT: 'x', LOG_LEVEL: 'loud' });
  assertFinding(
    wrong,
    'failure',
    /^2 invalid options:\nCannot use "x" from env PORT: .*\nCannot use "loud" from env LOG_LEVEL/,
    /help serve/,
  );
});

test('invalid options do not cause exit code 2: checks that do not need them still run', async (context) => {
  const scene = await createDoctorScene(context);
  const printed = await scene.examine(['--offline'], { PORT: 'x' });
  assert.equal(printed.ok, false);
  for (const id of ['base-url', 'key', 'proxy', 'port']) {
    assert.equal(findPrinted(printed, id).level, 'skipped', id);
    assert.equal(findPrinted(printed, id).seen, 'the options are invalid', id);
  }
  for (const id of ['node', 'codex', 'codex-file', 'key-form'])
    assert.notEqual(findPrinted(printed, id).level, 'skipped', id);
});

test('env-file: none, readable by others, private, unreadable', async (context) => {
  const scene = await createDoctorScene(context);
  assertFinding(await scene.check('env-file'), 'ok', /^none$/);
  const file = join(scene.home, 'my variables');
  await writeFile(file, `MODEL_MAP=a=b\nZAI_API_KEY=${KEY}\n`);
  await chmod(file, 0o644);
  const env = { BRIDGE_ENV_FILE: file };
  assertFinding(
    await scene.check('env-file', env, { platform: 'linux' }),
    'warning',
    /variables: MODEL_MAP, ZAI_API_KEY; other users/,
    /chmod 600 '.*my variables'$/,
  );
  assertFinding(await scene.check('env-file', env, { platform: 'win32' }), 'ok', /variables: MODEL_MAP, ZAI_API_KEY$/);
  await chmod(file, 0o600);
  assertFinding(await scene.check('env-file', env), 'ok', /ZAI_API_KEY$/);
  assertFinding(
    await scene.check('env-file', { BRIDGE_ENV_FILE: join(scene.home, 'none') }),
    'skipped',
    /see Options/,
  );
});

test('variables: a provider that contradicts the address', async (context) => {
  const scene = await createDoctorScene(context);
  assertFinding(await scene.check('variables'), 'ok', /^consistent$/);
  assertFinding(await scene.check('variables', { AI_PROVIDER: 'zai' }), 'ok', /^consistent$/);
  const contradiction = await scene.check('variables', { ...CODING, AI_PROVIDER: 'zai' });
  assertFinding(
    contradiction,
    'warning',
    /^the provider is zai from env AI_PROVIDER, but the base URL from env AI_API_BASE belongs to Alibaba/,
    /AI_PROVIDER=aliyun-coding goes with coding\.dashscope/,
  );
});

const ADDRESSES: readonly (readonly [
  url: string,
  level: Finding['level'],
  seen: RegExp,
  fix?: RegExp | undefined,
  provider?: string,
])[] = [
  ['https://coding.dashscope.aliyuncs.com/v1', 'ok', /, Alibaba Cloud Coding Plan$/],
  [
    'https://coding.dashscope.aliyuncs.com/v1/models',
    'failure',
    /ends with the endpoint \/models/,
    /https:\/\/coding\.dashscope\.aliyuncs\.com\/v1$/,
  ],
  ['https://example.com/v1/embeddings', 'failure', /with the endpoint \/embeddings/, /https:\/\/example\.com\/v1$/],
  [
    'https://coding.dashscope.aliyuncs.com',
    'warning',
    /not a known base URL/,
    /Use https:\/\/coding\.dashscope\.aliyuncs\.com\/v1,/,
  ],
  ['https://api.z.ai/api/anthropic', 'warning', /not a known base URL/, /coding\/paas\/v4/],
  ['http://127.0.0.1:8000', 'warning', /not a known base URL/, /http:\/\/127\.0\.0\.1:8000\/v1/, 'vllm'],
  ['http://127.0.0.1:8000/v1', 'ok', /127/, undefined, 'vllm'],
  ['http://example.com/v1', 'warning', /not encrypted/, /https/],
  ['http://192.168.1.5:8000/v1', 'ok', /192/],
  ['http://host.docker.internal:8000/v1', 'ok', /docker/],
  ['https://gateway.example.com', 'ok', /gateway/],
];

for (const [url, level, seen, fix, provider] of ADDRESSES) {
  test(`base-url: ${url}${provider === undefined ? '' : ` of ${provider}`} is ${level}`, async (context) => {
    const scene = await createDoctorScene(context);
    assertFinding(
      await scene.check('base-url', { AI_API_BASE: url, ...(provider && { AI_PROVIDER: provider }) }),
      level,
      seen,
      fix,
    );
  });
}

test('listen: on this machine only, or for all machines', async (context) => {
  const scene = await createDoctorScene(context);
  assertFinding(await scene.check('listen'), 'ok', /^127\.0\.0\.1, port \d+ from env PORT$/);
  assertFinding(
    await scene.check('listen', { PORT: '0', HOST: 'localhost' }),
    'ok',
    /^localhost from env HOST, port chosen at start/,
  );
  const open = { HOST: '0.0.0.0' };
  assertFinding(await scene.check('listen', open), 'warning', /other machines can reach .* use your key$/, /--host/);
  const guarded = { ...open, BRIDGE_ACCESS_TOKEN: '0123456789abcdef' };
  assertFinding(await scene.check('listen', guarded), 'warning', /use your key, with an access token$/, /--host/);
});

test('key: a key of the provider in another variable is found and named', async (context) => {
  const scene = await createDoctorScene(context);
  const finding = await scene.check('key', { ...CODING, AI_API_KEY: '', OPENAI_API_KEY: LONG });
  assertFinding(
    finding, 'failure', /^none for Alibaba Cloud Coding Plan$/,
    /OPENAI_API_KEY holds a key for Alibaba Cloud Coding Plan\. Run: .*AI_API_KEY.*OPENAI_API_KEY/,
  );
  assert.ok(!JSON.stringify(finding).includes(LONG));
  const other = await scene.check('key', { ...CODING, AI_API_KEY: '', OPENAI_API_KEY: 'sk-proj-0123456789' });
  assert.doesNotMatch(other.fix ?? '', /OPENAI/);
});

test('key: its origin, missing with hints, not needed, forwarded', async (context) => {
  const scene = await createDoctorScene(context);
  assertFinding(await scene.check('key', CODING), 'ok', /^set from env AI_API_KEY$/);
  assertFinding(
    await scene.check('key', { ...CODING, DASHSCOPE_API_KEY: 'sk-test-other-key' }),
    'ok',
    /; overrides DASHSCOPE_API_KEY$/,
  );
  const missing = await scene.check('key', { ...CODING, AI_API_KEY: '', ZAI_API_KEY: 'sk-test-zai-key' });
  assertFinding(
    missing,
    'failure',
    /^none for Alibaba Cloud Coding Plan$/,
    /^ZAI_API_KEY is set: use it with AI_PROVIDER=zai\. Run: export AI_API_KEY=sk-sp-…, or save it: /,
  );
  assertFinding(await scene.check('key', { AI_API_KEY: '', AI_PROVIDER: 'vllm' }), 'ok', /needs none$/);
  assertFinding(await scene.check('key', { AI_API_KEY: '', FORCE_ENV_AUTH: '0' }), 'ok', /forwarded/);
});

const FORMS: readonly (readonly [key: string, level: Finding['level'], seen: RegExp, fix?: RegExp])[] = [
  [LONG, 'ok', /"sk-…", looks like a key for Alibaba Cloud Coding Plan$/],
  [`  ${LONG}\n`, 'ok', /looks like a key/],
  ['sk-0123456789abcdefghij', 'warning', /does not look like a key for Alibaba/, /start with sk-sp-.*See https:/],
  [`Bearer ${LONG}`, 'failure', /begins with "Bearer"/, /Remove that word/],
  [`"${LONG}"`, 'failure', /is in quotes/, /Remove the quotes/],
  [`\u201c${LONG}\u201d`, 'failure', /is in quotes/, /Remove the quotes/],
  [`AI_API_KEY=${LONG}`, 'failure', /contains its own name/, /Set only the key/],
  ['sk-sp-your-key-here-please', 'failure', /placeholder/, /your own key/],
  ['sk-xxxxxxxxxxxxxxxxxxxx', 'failure', /placeholder/, /your own key/],
  [`${LONG} ${LONG}`, 'failure', /contains spaces/, /Copy it again/],
  [`${LONG}\u200b`, 'failure', /invisible/, /plain text/],
  ['sk-sp-012345', 'warning', /looks too short for a key/, /may be truncated/],
];

for (const [key, level, seen, fix] of FORMS) {
  test(`key-form: ${JSON.stringify(key.replaceAll(LONG, 'KEY'))} is ${level}`, async (context) => {
    const scene = await createDoctorScene(context);
    const finding = await scene.check('key-form', { ...CODING, AI_API_KEY: key });
    assertFinding(finding, level, seen, fix);
    assert.ok(!JSON.stringify(finding).includes(KEY));
  });
}

test('key-form: an OpenAI key, a short local key, a Coding Plan key at another URL, no key', async (context) => {
  const scene = await createDoctorScene(context);
  const openai = await scene.check('key-form', { OPENAI_API_KEY: KEY });
  assertFinding(openai, 'warning', /the same as OPENAI_API_KEY$/, /does not work at 127\.0\.0\.1:9/);
  const documented = await scene.check('key-form', { ...CODING, AI_API_KEY: LONG, OPENAI_API_KEY: LONG });
  assertFinding(documented, 'ok', /looks like a key for Alibaba Cloud Coding Plan$/);
  assertFinding(await scene.check('key-form', { AI_API_KEY: 'sk-1234' }), 'ok', /AI_API_KEY/);
  const payg = await scene.check('key-form', {
    ...CODING,
    AI_API_BASE: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
  });
  assertFinding(payg, 'warning', /does not look like a key/, /it belongs to the Coding Plan/);
  assertFinding(await scene.check('key-form', { AI_API_KEY: '' }), 'ok', /no key to check/);
});

test('key-form: every key that the bridge uses is checked', async (context) => {
  const scene = await createDoctorScene(context);
  const numbered = { ...CODING, AI_API_KEY_1: `"${LONG}"`, AI_API_KEY_2: 'sk-sp-012345', AI_API_KEY_4: 'unused' };
  const finding = await scene.check('key-form', numbered);
  assertFinding(
    finding, 'failure', /^AI_API_KEY_1, .*, is in quotes\nAI_API_KEY_2, "sk-…", looks too short for a key$/,
    /^Remove the quotes.* Copy it again: it may be truncated\.$/,
  );
  assertFinding(
    await scene.check('key-form', { ...CODING, AI_API_KEY: '', AI_API_KEY_1: LONG, AI_API_KEY_2: `${LONG}0` }),
    'ok', /^AI_API_KEY_1, .*, looks like a key for Alibaba Cloud Coding Plan\nAI_API_KEY_2, .*, looks like a key/,
  );
  // Invalid options: the provider is unknown, but not the flaw.
  assertFinding(
    await scene.check('key-form', { ...CODING, AI_API_KEY_1: `${LONG} ${LONG}` }),
    'failure', /^AI_API_KEY_1, .* spaces/, /Copy it again/,
  );
  const own = await scene.check('key-form', {
    AI_API_KEY: '', AI_PROVIDER: 'deepseek', AI_API_BASE: '', DEEPSEEK_API_KEY_1: KEY, DEEPSEEK_API_KEY_2: 'your-key',
  });
  assertFinding(own, 'failure', /^DEEPSEEK_API_KEY_2, .*placeholder/, /your own key/);
});

async function listen(context: TestContext, scene: DoctorScene, body: string): Promise<Server> {
  const server = createServer((_request, response) => response.end(body)).listen(scene.port, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  return server;
}

const health = (fields: object): string =>
  JSON.stringify({ ok: true, name: 'aliyun-codex-bridge', version: '1.2.3', pid: 4711, uptime: 7_300, ...fields });

test('port: free, chosen at start, in use by another program', async (context) => {
  const scene = await createDoctorScene(context);
  assertFinding(await scene.check('port'), 'ok', /is free; no bridge is running$/);
  assertFinding(await scene.check('bridge-version'), 'skipped', /^no bridge is running$/);
  assertFinding(await scene.check('port', { PORT: '0' }), 'ok', /^any free one$/);
  await listen(context, scene, 'hello');
  assertFinding(await scene.check('port'), 'failure', /is in use by another program$/, /--port/);
});

test('the running bridge: same version, another version, another upstream', async (context) => {
  const scene = await createDoctorScene(context);
  const server = await listen(context, scene, health({ upstream: 'http://127.0.0.1:9/v1', openStreams: 2 }));
  assertFinding(await scene.check('port'), 'ok', /is used by bridge 1\.2\.3 \(pid 4711, up 2 h 1 min, 2 streaming\)$/);
  assertFinding(await scene.check('bridge-version'), 'ok', /^1\.2\.3$/);
  assertFinding(await scene.check('bridge-upstream'), 'ok', /^http:\/\/127\.0\.0\.1:9\/v1$/);
  assertFinding(
    await scene.check('bridge-upstream', CODING),
    'warning',
    /this configuration https:\/\/coding/,
    /Replace it: aliyun-codex-bridge stop/,
  );
  server
    .removeAllListeners('request')
    .on('request', (_request, response) => response.end(health({ version: '1.0.0', upstream: null })));
  assertFinding(
    await scene.check('bridge-version'),
    'warning',
    /^1\.0\.0 is running, 1\.2\.3 is installed$/,
    /aliyun-codex-bridge start/,
  );
  assertFinding(await scene.check('bridge-upstream'), 'warning', /an unknown URL/, /Replace it: .* stop/);
});
