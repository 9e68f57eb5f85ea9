/** `codex` without a key on a terminal: provider, hidden key and model, then Codex runs; the next run does not ask. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listen } from '../support/cli/background';
import { BIN, createLaunchScene } from '../support/cli/launch-scene';
import { startAtTerminal, whyNoTerminal } from '../support/cli/pseudo-terminal';
import { findFreePort } from '../support/free-port';

const LIMITS = { skip: whyNoTerminal(), timeout: 90_000 };

const KEY = 'sk-test-guided';

test('Codex runs after three questions, and the next time without any', LIMITS, async (context) => {
  const keys: (string | undefined)[] = [];
  const provider = await listen(context, ({ headers: { authorization } }, response) => {
    keys.push(authorization);
    const isRight = authorization === `Bearer ${KEY}`;
    response.writeHead(isRight ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isRight ? { data: [{ id: 'one' }, { id: 'two' }] } : { error: { message: 'No.' } }));
  });
  const scene = await createLaunchScene(context, await findFreePort());
  const folder = join(scene.home, '.config', 'aliyun-codex-bridge');
  mkdirSync(folder, { recursive: true });
  const acme = { title: 'Acme', base_url: `http://127.0.0.1:${provider}/v1`, key_variables: ['ACME_KEY'] };
  writeFileSync(join(folder, 'providers.json'), JSON.stringify({ providers: { acme } }));
  const { AI_API_KEY: _key, AI_API_BASE: _base, DEFAULT_MODEL: _model, ...env } = scene.env;
  const start = () => {
    const run = startAtTerminal({ args: [process.execPath, BIN, 'codex'], env: { ...env, LANG: 'C.UTF-8' } });
    context.after(run.kill);
    return run;
  };
  const first = start();
  await first.shows('Provider (number or name) [1]: ');
  first.type('acme\r');
  await first.shows('API key for Acme (input is hidden): ');
  first.type('sk-wrong\r');
  await first.shows('rejects this key (401).\r\nAPI key for Acme (input is hidden): ');
  // Pasted text with a corrected typing error.
  first.type(`\u001b[200~${KEY}x\u001b[201~\u007f\r`);
  await first.shows('Model (number or name) [1]: ');
  first.type('2\r');
  const screen = await first.shows('"args":');
  assert.match(screen, /^There is no API key yet\. Choose a provider; then Codex starts\./);
  assert.match(screen, /Saved the key for Acme in \S+login\.json, which only you can read\./);
  assert.match(screen, /model=\\?"?two/);
  assert.doesNotMatch(screen, /sk-wrong|sk-test-guided/);
  first.type('exit 0\r');
  assert.equal((await first.ended).code, 0);
  assert.ok(keys.includes(`Bearer ${KEY}`));
  assert.equal((JSON.parse(readFileSync(join(folder, 'login.json'), 'utf8')) as { current: string }).current, 'acme');
  const second = start();
  const again = await second.shows('"args":');
  assert.doesNotMatch(again, /API key|Provider \(number/);
  second.type('exit 0\r');
  assert.equal((await second.ended).code, 0);
});

test('Ctrl-C at the hidden key prompt exits, and nothing is saved', LIMITS, async (context) => {
  const scene = await createLaunchScene(context, await findFreePort());
  const { AI_API_KEY: _key, AI_API_BASE: _base, ...env } = scene.env;
  const args = [process.execPath, BIN, '--provider', 'deepseek', 'codex'];
  const run = startAtTerminal({ args, env });
  context.after(run.kill);
  await run.shows('API key for DeepSeek (input is hidden): ');
  run.type('\u0003');
  const { code, screen } = await run.ended;
  assert.deepEqual([code, /Nothing was saved\./.test(screen)], [1, true]);
  assert.deepEqual(await scene.files(join(scene.home, '.config')), []);
});
