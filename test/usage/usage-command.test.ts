/** `usage`: the totals of the usage ledger as a table, with bars on a terminal, and as JSON. */
import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../../src/cli/main';
import { ledgerFileOf, type UsageEntry } from '../../src/observe/usage-ledger';
import { createFakeIo } from '../support/cli/fake-io';

const DAY = 86_400_000;

/** The entry of a turn that ended this many days ago. */
const turn = (days: number, change: Partial<UsageEntry> = {}): UsageEntry => ({
  time: new Date(Date.now() - days * DAY).toISOString(),
  provider: 'aliyun-coding', base: 'coding.dashscope.aliyuncs.com/v1', model: 'qwen3.7-plus', client: 'codex_exec',
  thread: 't-1', requests: 1, input: 1_000, cached: 800, output: 100, reasoning: 20, ms: 5_000, end: 'stop', ...change,
});

/** Creates a home with this ledger; `older` is its rotated file. */
function createScene(
  context: TestContext, entries: readonly (UsageEntry | string)[], older: readonly UsageEntry[] = [],
) {
  const home = mkdtempSync(join(tmpdir(), 'bridge-usage-'));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const state = join(home, 'state');
  mkdirSync(state);
  const render = (lines: readonly (UsageEntry | string)[]): string =>
    lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
  writeFileSync(ledgerFileOf(state), render(entries));
  if (older.length > 0) writeFileSync(`${ledgerFileOf(state)}.1`, render(older));
  const env = { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), BRIDGE_STATE_DIR: state, LANG: 'C.UTF-8' };
  return {
    home, env, state,
    async run(words: readonly string[], isTerminal = false, more: Readonly<Record<string, string>> = {}) {
      const io = { ...createFakeIo(), isTerminal: () => isTerminal };
      const code = await run(['usage', ...words], { ...env, ...more }, io);
      return { code, ...io.written };
    },
    async sum(...words: readonly string[]) {
      const { out } = await this.run([...words, '--json']);
      return JSON.parse(out) as { groups: Record<string, unknown>[]; total: Record<string, unknown> };
    },
  };
}

test('shows a row for each of the last 30 days with turns, and their total', async (context) => {
  const entries = [turn(1), turn(1, { requests: 3 }), turn(0, { input: 2_000_000 })];
  const scene = createScene(context, entries, [turn(31), turn(2)]);
  const { code, out, error } = await scene.run([]);
  assert.deepEqual([code, error], [0, '']);
  const rows = out.split('\n').slice(2).map((line) => line.split(/ {2,}/));
  assert.deepEqual(rows[0], ['day', 'requests', 'input', 'cached', 'output', 'reasoning', 'cost']);
  assert.deepEqual(rows.slice(1, 4).map(([, ...cells]) => cells), [
    ['1', '1k', '80%', '100', '20', 'plan'],
    ['4', '2k', '80%', '200', '40', 'plan'],
    ['1', '2.0M', '0%', '100', '20', 'plan'],
  ]);
  assert.deepEqual(rows[4], ['total', '6', '2.0M', '0%', '400', '80', 'plan']);
  assert.match(out, /^Usage since \d{4}-\d\d-\d\d\n\nday /);
});

test('groups by model, provider and thread, since a day or for a time span', async (context) => {
  const scene = createScene(context, [
    turn(9), turn(3, { model: 'glm-5', thread: 't-2' }), turn(0),
    turn(0, { provider: 'zai', base: 'api.z.ai/api/paas/v4' }),
  ]);
  const keys = async (...words: string[]) => (await scene.sum(...words)).groups.map(({ key }) => key);
  const models = ['aliyun-coding/qwen3.7-plus', 'aliyun-coding/glm-5', 'zai/qwen3.7-plus'];
  assert.deepEqual(await keys('--by', 'model'), models);
  assert.deepEqual(await keys('--by', 'provider', '--since', '7d'), ['aliyun-coding', 'zai']);
  assert.deepEqual(await keys('--by', 'thread', '--since', '96h'), ['t-2', 't-1']);
  assert.equal((await keys('--since', '2020-01-01')).length, 3);
  assert.deepEqual(await keys('--since', '2999-01-01'), []);
  const { code, error } = await scene.run(['--since', 'yesterday']);
  assert.equal(code, 2);
  assert.match(error, /"yesterday".*expected a day such as 2026-11-01, or a span such as 7d or 12h/);
});

test('cost: by the price list, doubled at peak hours, included in a plan, or unknown', async (context) => {
  const deepseek = { provider: 'deepseek', base: 'api.deepseek.com', model: 'deepseek-v4-pro' };
  const million = { input: 2_000_000, cached: 1_000_000, output: 1_000_000 };
  const totalOf = async (...entries: UsageEntry[]) =>
    (await createScene(context, entries).sum('--since', '2026-01-01')).total;
  // Sunday, and Monday 10:00 in Beijing.
  const quiet = await totalOf(turn(0, { ...deepseek, ...million, time: '2026-11-22T02:00:00.000Z' }));
  assert.deepEqual(quiet['cost'], { CNY: 4.5 + 0.15 + 13.5 });
  const peak = await totalOf(turn(0, { ...deepseek, ...million, time: '2026-11-23T02:00:00.000Z' }));
  assert.deepEqual(peak['cost'], { CNY: 2 * (4.5 + 0.15 + 13.5) });
  const zai = { provider: 'zai', model: 'glm-5.3', ...million };
  assert.deepEqual((await totalOf(turn(0, { ...zai, base: 'api.z.ai/api/paas/v4' })))['cost'], { USD: 6.06 });
  const plan = await totalOf(turn(0, { ...zai, base: 'api.z.ai/api/coding/paas/v4' }));
  assert.deepEqual([plan['cost'], plan['included'], plan['unpriced']], [{}, 1, 0]);
  const unpriced = turn(0, { provider: 'zai', base: 'api.z.ai/api/paas/v4', model: 'new' });
  const unknown = await totalOf(unpriced, turn(0, { provider: 'gone' }));
  assert.deepEqual([unknown['cost'], unknown['unpriced']], [{}, 2]);
});

test('a price in the providers file overrides the one in the catalog', async (context) => {
  const deepseek = { provider: 'deepseek', base: 'api.deepseek.com', model: 'deepseek-v4-pro', cached: 0 };
  const scene = createScene(context, [turn(0, deepseek)]);
  const file = join(scene.home, 'providers.json');
  const price = { currency: 'USD', input: 2.5, output: 10 };
  const write = (model: string, value: object): void =>
    writeFileSync(file, JSON.stringify({ providers: { deepseek: { models: { [model]: { price: value } } } } }));
  write('deepseek-v4-pro', price);
  const { out } = await scene.run(['--providers', file, '--json']);
  const { total } = JSON.parse(out) as { total: { cost: unknown } };
  assert.deepEqual(total.cost, { USD: (1_000 * 2.5 + 100 * 10) / 1e6 });
  write('m', { currency: 'usd', input: -1 });
  const { code, error } = await scene.run(['--providers', file]);
  assert.equal(code, 2);
  assert.match(error, /price\.currency: expected a code such as USD, got "usd"/);
  assert.match(error, /price\.input: expected a number of at least 0, got -1/);
  assert.match(error, /price\.output: missing/);
});

test('shows bars only on a terminal, in ASCII if the terminal has no Unicode', async (context) => {
  const scene = createScene(context, [turn(1, { input: 400 }), turn(0, { input: 900 })]);
  assert.doesNotMatch((await scene.run([])).out, /█/);
  const bars = (text: string, glyph: string): number[] =>
    text.split('\n').map((line) => line.split(glyph).length - 1).filter((length) => length > 0);
  assert.deepEqual(bars((await scene.run([], true)).out, '█'), [5, 10]);
  assert.deepEqual(bars((await scene.run([], true, { LANG: 'C' })).out, '#'), [5, 10]);
});

test('turns without token counts are counted and listed; invalid lines are skipped', async (context) => {
  const { input: _input, cached: _cached, output: _output, reasoning: _reasoning, ...bare } = turn(0);
  const scene = createScene(context, ['{"time":"nonsense"}', '', 'torn {"time"', bare, turn(0)]);
  const { out } = await scene.run([]);
  assert.match(out, /^total +2 +1k +80% +100 +20 +plan\n\n1 turn without token counts from the provider\.$/m);
});

test('calls to another model count as its requests, tokens and cost, but not as a turn', async (context) => {
  const { input: _input, cached: _cached, output: _output, reasoning: _reasoning, ...bare } = turn(0);
  const deepseek = { provider: 'deepseek', base: 'api.deepseek.com', model: 'deepseek-v4-pro' };
  const scene = createScene(context, [
    { ...bare, ...deepseek, requests: 3, end: 'replaced' },
    turn(0, { ...deepseek, time: '2026-11-22T02:00:00.000Z', input: 2_000_000, cached: 0, output: 0, end: 'pictures' }),
    turn(0),
  ]);
  const { groups, total } = await scene.sum('--by', 'model', '--since', '2026-01-01');
  const [other, own] = groups;
  assert.deepEqual([other?.['turns'], other?.['requests'], other?.['uncounted'], other?.['unpriced']], [0, 4, 0, 0]);
  assert.deepEqual([own?.['turns'], total['turns'], total['requests']], [1, 1, 5]);
  const { out } = await scene.run(['--by', 'model', '--since', '2026-01-01']);
  assert.match(out, /^deepseek\/deepseek-v4-pro .* 9\.00 CNY$/m);
  assert.doesNotMatch(out, /without/);
});

test('a model that only failed has no cost; one without a price that described pictures has an unknown cost',
  async (context) => {
    const { input: _input, cached: _cached, output: _output, reasoning: _reasoning, ...bare } = turn(0);
    const row = async (end: string) => {
      const entry = { ...bare, provider: 'zai', base: 'api.z.ai/api/paas/v4', model: 'new', end };
      return (await createScene(context, [entry]).run(['--by', 'model'])).out;
    };
    assert.match(await row('replaced'), /^zai\/new +1 +0 +- +0 +0 +-$/m);
    assert.match(await row('pictures'), /^zai\/new +1 +0 +- +0 +0 +\?$/m);
  });

test('for an empty ledger, the message has its path, and says if recording is off', async (context) => {
  const scene = createScene(context, []);
  const path = ledgerFileOf(scene.state);
  assert.match((await scene.run([])).out, new RegExp(`^No turns since \\d{4}-\\d\\d-\\d\\d in ${path}\\.\n$`));
  assert.match((await scene.run(['--no-usage-ledger'])).out, /\. Recording is off \(--no-usage-ledger\)\.\n$/);
});
