/** The model of a launched Codex, which is never an OpenAI model. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { loadConfig } from '../../src/command/load-config';
import { pickModel, type ModelQuestion } from '../../src/launch/pick-model';
import { createFakeIo } from '../support/cli/fake-io';
import { BIN, createLaunchScene } from '../support/cli/launch-scene';
import { startAtTerminal, whyNoTerminal } from '../support/cli/pseudo-terminal';
import { findFreePort } from '../support/free-port';

const LOCAL = { AI_API_BASE: 'http://127.0.0.1:11434/v1', AI_PROVIDER: 'ollama' };

/** The picked model and the prompt; `typed` is the user's input on a terminal. */
async function pick(given: Partial<ModelQuestion>, env: Readonly<Record<string, string>> = LOCAL, typed?: string) {
  const loaded = loadConfig({}, env);
  assert.ok(loaded.ok);
  const asked: string[] = [];
  const ask = async (question: string): Promise<string> => {
    asked.push(question);
    return typed ?? '';
  };
  const io = { ...createFakeIo(), ...(typed !== undefined && { ask }) };
  const defaults = { offered: [], configured: undefined, args: [] };
  return { picked: await pickModel({ config: loaded.config, io, ...defaults, ...given }), asked };
}

test('the only model of a server is used', async () => {
  assert.deepEqual((await pick({ offered: ['qwen3:8b'] })).picked, { model: 'qwen3:8b' });
});

test('on a terminal, the user chooses among several models by number or name', async () => {
  const offered = ['a:1', 'b:2'];
  const { picked, asked } = await pick({ offered }, LOCAL, '2');
  assert.deepEqual(picked, { model: 'b:2' });
  assert.deepEqual(asked, ['  1  a:1\n  2  b:2\nModel (number, name or arrow keys) [1]: ']);
  assert.deepEqual((await pick({ offered }, LOCAL, ' B:2 ')).picked, { model: 'b:2' });
  assert.deepEqual((await pick({ offered }, LOCAL, '')).picked, { model: 'a:1' });
  assert.match(
    JSON.stringify((await pick({ offered }, LOCAL, '3')).picked),
    /There is no model \\"3\\"\. Choose one of 2/,
  );
});

test('without a terminal, the models are listed', async () => {
  const { picked } = await pick({ offered: ['a', 'b'] });
  assert.deepEqual(picked, { problem: 'Choose one of 2 models: aliyun-codex-bridge codex -m MODEL\n  a\n  b' });
  const many = await pick({ offered: Array.from({ length: 30 }, (_unused, index) => `m${index}`) });
  assert.match(
    JSON.stringify(many.picked),
    /Choose one of 30 models.*m19\\n {2}… for all of them, run: aliyun-codex-bridge models/,
  );
});

test('without any model, the error says what to do', async () => {
  assert.match(
    JSON.stringify((await pick({})).picked),
    /No model: the provider has no default and lists none\. Choose one: /,
  );
});

test('a user who has already chosen gets no prompt', async () => {
  const offered = ['a', 'b'];
  const args: readonly (readonly string[])[] = [
    ['-m', 'b'], ['exec', '--model', 'b'], ['--model=b'], ['-mb'], ['-c', 'model="b"'], ['--config', 'model = "b"'],
    ['--config=model="b"'], ['-p', 'work'], ['--profile=work'],
  ];
  for (const given of args) {
    const { picked, asked } = await pick({ offered, args: given }, LOCAL, '1');
    assert.deepEqual([picked, asked], [{ model: 'a' }, []], given.join(' '));
  }
  assert.deepEqual((await pick({ offered, configured: 'b' }, LOCAL, '1')).asked, []);
  assert.deepEqual((await pick({ offered, configured: 'a' })).picked, { model: 'a' });
  assert.deepEqual((await pick({ offered }, { ...LOCAL, DEFAULT_MODEL: 'a' })).picked, { model: 'a' });
  assert.deepEqual((await pick({ offered }, { AI_API_KEY: 'sk-test-key' })).picked, { model: 'a' }, 'a known provider');
  assert.deepEqual((await pick({ configured: 'mine' })).picked, { model: undefined }, 'config.toml names one');
});

test('other arguments of Codex do not select a model', async () => {
  for (const args of [['exec', 'use -m b'], ['-c', 'model_provider="x"'], ['--', 'hi'], ['--json']]) {
    assert.ok('problem' in (await pick({ offered: ['a', 'b'], args })).picked, args.join(' '));
  }
});

/** A provider's own list of models; resolves to its base URL. */
async function serveModels(context: TestContext, models: readonly string[]): Promise<string> {
  const list = JSON.stringify({ data: models.map((id) => ({ id })) });
  const server = createServer(({ url }, response) =>
    (url === '/v1/models' ? response.end(list) : response.writeHead(404).end()));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  context.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

const DOWN = '\u001b[B';
const UP = '\u001b[A';

for (const [keys, model] of [
  ['2', 'b:2'], ['c:3', 'c:3'], ['', 'a:1'], [DOWN, 'a:1'], [DOWN + DOWN, 'b:2'], [UP, 'c:3'], [DOWN + UP + UP, 'b:2'],
] as const) {
  const name = `at a terminal, the input ${JSON.stringify(keys)} selects ${model}`;
  test(name, { skip: whyNoTerminal(), timeout: 60_000 }, async (context) => {
    const scene = await createLaunchScene(context, await findFreePort());
    const base = await serveModels(context, ['a:1', 'b:2', 'c:3']);
    const provider = keys === '2' ? {} : { AI_PROVIDER: 'ollama' };
    const env = { ...scene.env, ...provider, AI_API_BASE: base, DEFAULT_MODEL: '' };
    const run = startAtTerminal({ args: [process.execPath, BIN, 'codex'], env });
    context.after(run.kill);
    await run.shows('Model (number, name or arrow keys) [1]: ');
    run.type(`${keys}\r`);
    await run.shows(`model=\\"${model}\\"`);
    run.type('exit 0\r');
    assert.equal((await run.ended).code, 0);
  });
}

test('a launch without a terminal lists the models and starts nothing', async (context) => {
  const scene = await createLaunchScene(context, await findFreePort());
  const base = await serveModels(context, ['a:1', 'b:2']);
  for (const provider of [{}, { AI_PROVIDER: 'ollama' }]) {
    const run = scene.launch(['codex'], { ...provider, AI_API_BASE: base, DEFAULT_MODEL: '' });
    const { code, error } = await run.ended;
    assert.deepEqual([code, error], [1, 'Choose one of 2 models: aliyun-codex-bridge codex -m MODEL\n  a:1\n  b:2\n']);
  }
});
