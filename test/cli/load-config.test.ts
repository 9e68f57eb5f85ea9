/** Commands are given the whole configuration; the catalogue is loaded only when it can add something. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/cli/load-config';

test('it adds what the provider has, and passes mistakes on', () => {
  const loaded = loadConfig({ provider: 'deepseek' }, { DEEPSEEK_API_KEY: 'sk-test-own' });
  assert.ok(loaded.ok);
  assert.deepEqual([loaded.config.aiBaseUrl, loaded.config.aiApiKey], ['https://api.deepseek.com', 'sk-test-own']);
  assert.equal(loadConfig({ port: 'x' }, {}).ok, false);
  assert.equal(loadConfig({ provider: 'openai-compatible' }, {}).ok, false);
});

test('with a key and no provider the catalogue stays unread', () => {
  const script = `
    const { loadConfig } = require('./src/cli/load-config');
    const catalogIsLoaded = () => Object.keys(require.cache).some((path) => /providers.catalog/.test(path));
    loadConfig({}, { AI_API_KEY: 'sk-test' });
    const before = catalogIsLoaded();
    loadConfig({}, {});
    console.log(before, catalogIsLoaded());`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--require', require.resolve('tsx/cjs'), '--eval', script], {
    cwd: join(__dirname, '..', '..'), env: { PATH: process.env['PATH'] }, encoding: 'utf8',
  });
  assert.equal(stdout, 'false true\n', stderr);
});
