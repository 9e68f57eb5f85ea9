/** `quota`: what providers report, what the bridge counts, and what `status` shows of both. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../../src/cli/main';
import { ledgerFileOf } from '../../src/observe/usage-ledger';
import { listen, pretend } from '../support/cli/background';
import { createFakeIo } from '../support/cli/fake-io';
import { ACME_TLS, startConnectProxy } from '../support/upstream/connect-proxy';

const KEY = 'sk-sp-test-quota';

const HOUR = 3_600_000;

type Answers = Readonly<Record<string, readonly [status: number, body: unknown]>>;

/** Creates a home, and starts a provider that answers these paths if the key is right. */
async function createScene(context: TestContext, provider: string, base: string, answers: Answers) {
  const home = mkdtempSync(join(tmpdir(), 'bridge-quota-'));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const asked: string[] = [];
  const port = await listen(context, ({ url = '', headers }, response) => {
    asked.push(url);
    const [status, body] = answers[url] ?? [404, { error: { message: 'Not found' } }];
    const isRight = headers.authorization === `Bearer ${KEY}`;
    response.writeHead(isRight ? status : 401, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  const state = join(home, 'state');
  mkdirSync(state, { mode: 0o700 });
  const env = {
    HOME: home, XDG_CONFIG_HOME: join(home, 'config'), BRIDGE_STATE_DIR: state, LANG: 'C.UTF-8',
    AI_PROVIDER: provider, AI_API_BASE: `http://127.0.0.1:${port}${base}`, AI_API_KEY: KEY,
  };
  return {
    state, asked, env, host: `127.0.0.1:${port}`,
    async run(words: readonly string[], more: Readonly<Record<string, string>> = {}, isTerminal = false) {
      const io = { ...createFakeIo(), isTerminal: () => isTerminal };
      const code = await run(words, { ...env, ...more }, io);
      return { code, ...io.written };
    },
  };
}

const at = (ms: number): number => Date.now() + ms + 30_000;

const ZAI = ['zai', '/api/coding/paas/v4'] as const;

const ZAI_PATH = '/api/monitor/usage/quota/limit';

const zaiAnswer = () => ({
  code: 200, msg: 'Operation successful', success: true,
  data: {
    limits: [
      {
        type: 'TIME_LIMIT', unit: 5, number: 1, usage: 100, currentValue: 28, remaining: 72, percentage: 28,
        nextResetTime: at(72 * HOUR), usageDetails: [{ modelCode: 'search-prime', usage: 28 }],
      },
      { type: 'TOKENS_LIMIT', unit: 3, number: 5, percentage: 42, nextResetTime: at(2 * HOUR) },
      { type: 'TOKENS_LIMIT', unit: 6, number: 7, percentage: 9 },
    ],
    level: 'lite',
  },
});

interface Case {
  readonly name: string;
  readonly provider: readonly [name: string, base: string];
  readonly answers: () => Answers;
  readonly shows: RegExp;
}

const CASES: readonly Case[] = [
  {
    name: 'windows as percentages of a plan',
    provider: ZAI,
    answers: () => ({ [ZAI_PATH]: [200, zaiAnswer()] }),
    shows: new RegExp(
      '^Z\\.ai and BigModel \\(Zhipu\\), lite\\n {2}month, tools +28 of 100 \\(28%\\) +resets in 3 days\\n' +
      ' {2}5 hours +42% used +resets in 2 h\\n {2}week +9% used\\n$',
    ),
  },
  {
    name: 'the remaining requests of an interval, in a field with a misleading name',
    provider: ['minimax', '/v1'],
    answers: () => ({
      '/v1/api/openplatform/coding_plan/remains': [200, {
        base_resp: { status_code: 0, status_msg: 'success' },
        model_remains: [{
          model_name: 'MiniMax-M2', current_interval_total_count: 1_500, current_interval_usage_count: 1_200,
          start_time: Date.now(), end_time: at(HOUR), remains_time: HOUR,
        }],
      }],
    }),
    shows: /^MiniMax\n {2}MiniMax-M2 {2}300 of 1,500 \(20%\) {2}resets in 1 h\n$/,
  },
  {
    name: 'numbers as strings, a week and shorter windows',
    provider: ['kimi-code', '/coding/v1'],
    answers: () => ({
      '/coding/v1/usages': [200, {
        user: { membership: { level: 'LEVEL_BASIC' } },
        usage: { limit: '100', remaining: '74', resetTime: new Date(at(48 * HOUR)).toISOString() },
        limits: [{
          window: { duration: 300, timeUnit: 'TIME_UNIT_MINUTE' },
          detail: { limit: '100', used: '15', remaining: '85', resetTime: new Date(at(HOUR)).toISOString() },
        }, {
          window: { duration: 60, timeUnit: 'TIME_UNIT_MINUTE' }, detail: { limit: '9', used: '3' },
        }, {
          window: { duration: 1, timeUnit: 'TIME_UNIT_DAY' }, detail: { limit: '9', used: '6' },
        }],
      }],
    }),
    shows: new RegExp(
      '^Kimi Code, LEVEL_BASIC\\n {2}5 hours +15 of 100 \\(15%\\) +resets in 1 h\\n {2}1 hour +3 of 9 .*\\n' +
      ' {2}1 day +6 of 9 .*\\n {2}week +26 of 100 \\(26%\\) ',
    ),
  },
  {
    name: 'a balance in each currency',
    provider: ['deepseek', ''],
    answers: () => ({
      '/user/balance': [200, {
        is_available: true,
        balance_infos: [
          { currency: 'CNY', total_balance: '110.00', granted_balance: '10.00', topped_up_balance: '100.00' },
          { currency: 'USD', total_balance: '4.50', granted_balance: '0.00', topped_up_balance: '4.50' },
        ],
      }],
    }),
    shows: /^DeepSeek\n {2}balance {2}110\.00 CNY\n {2}balance {2}4\.50 USD\n$/,
  },
  {
    name: 'an available balance',
    provider: ['moonshot', '/v1'],
    answers: () => ({
      '/v1/users/me/balance': [200, {
        code: 0, data: { available_balance: 49.58894, voucher_balance: 46.58893, cash_balance: 3.00001 },
        scode: '0x0', status: true,
      }],
    }),
    shows: /^Moonshot AI \(Kimi\)\n {2}balance {2}49\.59 USD\n$/,
  },
  {
    name: 'credits, for a management key',
    provider: ['openrouter', '/api/v1'],
    answers: () => ({ '/api/v1/credits': [200, { data: { total_credits: 100.5, total_usage: 25.75 } }] }),
    shows: /^OpenRouter\n {2}balance {2}74\.75 USD\n$/,
  },
  {
    name: 'the limit of the key, if the key may not read credits',
    provider: ['openrouter', '/api/v1'],
    answers: () => ({
      '/api/v1/credits': [403, { error: { message: 'Only management keys can fetch credits', code: 403 } }],
      '/api/v1/key': [200, { data: { label: 'sk-or-v1-abc', usage: 2.5, limit: 10, limit_remaining: 7.5 } }],
    }),
    shows: /^OpenRouter\n {2}this key, USD {2}2\.5 of 10 \(25%\)\n$/,
  },
];

for (const { name, provider, answers, shows } of CASES) {
  test(`${provider[0]}: ${name}`, async (context) => {
    const scene = await createScene(context, ...provider, answers());
    const { code, out, error } = await scene.run(['quota']);
    assert.deepEqual([code, error], [0, '']);
    assert.match(out, shows);
    const json = JSON.parse((await scene.run(['quota', '--json'])).out) as Record<string, unknown>;
    assert.deepEqual([json['provider'], json['source']], [provider[0], 'provider']);
    const status = await scene.run(['status', '--json']);
    const { today } = JSON.parse(status.out) as { today: { quota: Record<string, unknown> } };
    assert.deepEqual([today.quota['windows'], today.quota['balances']], [json['windows'], json['balances']]);
  });
}

test('reports a failure inside a 200, an unexpected answer, an error status and a rejected key', async (context) => {
  const failure = [200, { code: 401, msg: 'token expired or incorrect', success: false }] as const;
  for (const [answer, message] of [
    [failure, 'answered: token expired or incorrect.'],
    [[200, []], 'answered: something other than a quota.'],
    [[200, '<html>'], 'did not answer with JSON.'],
    [[500, {}], 'answered 500.'],
  ] as const) {
    const scene = await createScene(context, ...ZAI, { [ZAI_PATH]: answer });
    const { code, out, error } = await scene.run(['quota']);
    assert.deepEqual([code, out], [1, '']);
    assert.equal(error, `Z.ai and BigModel (Zhipu) (${scene.host}) ${message}\n`);
    assert.equal(existsSync(join(scene.state, 'quota.json')), false);
  }
  const scene = await createScene(context, ...ZAI, { [ZAI_PATH]: [200, zaiAnswer()] });
  assert.match((await scene.run(['quota'], { AI_API_KEY: 'sk-other' })).error, /answered 401\.\n$/);
  const keyless = await scene.run(['quota'], { AI_API_KEY: '' });
  assert.deepEqual([keyless.code, /^No API key for Z\.ai/.test(keyless.error)], [1, true]);
});

/** Writes one ledger entry of the Coding Plan for each age, in hours. */
function writeLedger(state: string, ages: readonly number[]): void {
  const lines = ages.map((age) => JSON.stringify({
    time: new Date(Date.now() - age * HOUR).toISOString(), provider: 'aliyun-coding', base: '127.0.0.1/v1',
    model: 'qwen3.7-plus', client: 'codex_exec', requests: 10, ms: 1, end: 'stop',
  }));
  writeFileSync(ledgerFileOf(state), `${lines.join('\n')}\n`);
}

test('for a plan without an API, counts requests in each window without a request to the provider', async (context) => {
  // A Wednesday at 10:00 in UTC+8, where the plan's week began 58 hours earlier.
  context.mock.method(Date, 'now', () => Date.parse('2026-11-25T02:00:00Z'));
  const scene = await createScene(context, 'aliyun-coding', '/v1', {});
  writeLedger(scene.state, [800, 200, 59, 57, 4, 1]);
  const { code, out } = await scene.run(['quota']);
  assert.equal(code, 0);
  assert.match(out, /^Alibaba Cloud Coding Plan, Pro\n {2}5 hours {2}20 of 6,000 \(0%\)\n {2}week +30 of 45,000 /);
  assert.match(out, /^ {2}week .* resets in 4 days 14 h$/m);
  assert.match(out, /^ {2}month {4}50 of 90,000 \(0%\)$/m);
  assert.match(out, /^Counted by the bridge, as the provider has no API for it; /m);
  assert.deepEqual(scene.asked, []);
  const { source } = JSON.parse((await scene.run(['quota', '--json'])).out) as { source: string };
  assert.equal(source, 'ledger');
  assert.match((await scene.run(['quota'], {}, true)).out, /5 hours .*█/);
});

test('quota uses the proxy', async (context) => {
  const scene = await createScene(context, ...ZAI, { [ZAI_PATH]: [200, zaiAnswer()] });
  const proxy = await startConnectProxy(context, { port: Number(new URL(scene.env.AI_API_BASE).port), allowed: [80] });
  const viaProxy = { AI_API_BASE: 'http://plan.acme.test/v4', HTTP_PROXY: `http://127.0.0.1:${proxy.port}` };
  const { code, error } = await scene.run(['quota'], viaProxy);
  assert.deepEqual([code, error, proxy.seen], [0, '', ['plan.acme.test:80 200']]);
});

test('quota trusts the certificates of --upstream-ca', async (context) => {
  const { cert, key, certFile } = ACME_TLS;
  const server = createServer({ cert, key }, (_request, response) => response.end(JSON.stringify(zaiAnswer())));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const scene = await createScene(context, ...ZAI, {});
  const { port } = server.address() as AddressInfo;
  const base = { AI_API_BASE: `https://localhost:${port}/v4` };
  assert.equal((await scene.run(['quota'], base)).code, 1);
  const { code, error } = await scene.run(['quota', '--upstream-ca', certFile], base);
  assert.deepEqual([code, error], [0, '']);
});

test('says that a provider does not report its quota', async (context) => {
  const scene = await createScene(context, 'siliconflow', '/v1', {});
  const { code, out } = await scene.run(['quota']);
  assert.deepEqual([code, out], [
    0, 'SiliconFlow does not report how much is left. See your usage with: aliyun-codex-bridge usage\n',
  ]);
});

test('status ends with today’s usage and the fullest window, without a request to a provider', async (context) => {
  const scene = await createScene(context, ...ZAI, { [ZAI_PATH]: [200, zaiAnswer()] });
  const port = await pretend(context, { name: 'aliyun-codex-bridge' });
  const lastLine = async (more = {}): Promise<string> =>
    (await scene.run(['status', '--port', String(port)], more)).out.trimEnd().split('\n').at(-1) ?? '';
  assert.equal(await lastLine(), '  today      no requests');
  assert.deepEqual(scene.asked, []);
  await scene.run(['quota']);
  assert.equal(await lastLine(), '  today      no requests; 5 hours 42% used');
  writeLedger(scene.state, [0, 0]);
  assert.equal(
    await lastLine({ AI_PROVIDER: 'aliyun-coding' }),
    '  today      20 requests, in 0, out 0, cost plan; 5 hours 20 of 6,000 (0%)',
  );
  assert.equal(scene.asked.length, 1);
});
