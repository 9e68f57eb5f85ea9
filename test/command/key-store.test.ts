/** The systems' key stores, each with a fake tool that stores secrets in a file. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../../src/cli/main';
import { openKeyStore } from '../../src/command/key-store';
import { loadConfig } from '../../src/command/load-config';
import { post } from '../support/bridge/test-server';
import { listen } from '../support/cli/background';
import { startBuiltBridge } from '../support/cli/built-bridge';
import { createFakeIo } from '../support/cli/fake-io';
import { findFreePort } from '../support/free-port';

const KEY = `sk-"quoted"'$HOME\`\\`;

/** Shared by all fake tools: `store` is a map by account, `input` is standard input. */
const HEAD = `#!${process.execPath}
const fs = require('node:fs');
const file = process.env.STORE;
const store = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
const save = () => fs.writeFileSync(file, JSON.stringify(store));
const args = process.argv.slice(2);
fs.appendFileSync(file + '.args', JSON.stringify(args) + '\\n');
const input = () => fs.readFileSync(0, 'utf8');
const print = (key) => (key === undefined ? process.exit(44) : process.stdout.write(key));
`;

const TOOLS: Readonly<Record<string, readonly [platform: NodeJS.Platform, script: string]>> = {
  security: ['darwin', `
const own = args[0] === '-i' ? input().trim().split(' ') : args;
const after = (flag) => own[own.indexOf(flag) + 1];
if (own[0] === 'add-generic-password') {
  store[after('-s') + '/' + after('-a')] = Buffer.from(after('-X'), 'hex').toString();
  save();
}
if (own[0] === 'find-generic-password') print(store[after('-s') + '/' + after('-a')]);
if (own[0] === 'delete-generic-password') {
  if (!(after('-s') + '/' + after('-a') in store)) {
    console.error('security: SecKeychainSearchCopyNext: The specified item could not be found in the keychain.');
    process.exit(44);
  }
  delete store[after('-s') + '/' + after('-a')];
  save();
}`],
  'secret-tool': ['linux', `
const at = args.slice(-3).filter((_, index) => index !== 1).join('/');
if (args[0] === 'store') { store[at] = input(); save(); }
if (args[0] === 'lookup') print(store[at]);
if (args[0] === 'clear') { delete store[at]; save(); }`],
  'powershell.exe': ['win32', `
const script = args.at(-1);
const [, name] = /'aliyun-codex-bridge', '([^']*)'/.exec(script);
if (script.includes('.Add(')) { store[name] = input(); save(); }
else if (script.includes('.Remove(')) { delete store[name]; save(); }
else print(store[name]);`],
};

function createTool(context: TestContext, name: string, script: string) {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-keys-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, name), HEAD + script);
  chmodSync(join(folder, name), 0o755);
  const args = (): string => readFileSync(join(folder, 'store.args'), 'utf8');
  return { env: { PATH: folder, STORE: join(folder, 'store'), HOME: folder, XDG_CONFIG_HOME: folder }, args };
}

const skip = process.platform === 'win32' && 'fake tools need #!';

for (const [name, [platform, script]] of Object.entries(TOOLS)) {
  test(`${name}: a key is stored, read and removed, and never on a command line`, { skip }, (context) => {
    const { env, args } = createTool(context, name, script);
    const store = openKeyStore(env, platform);
    assert.equal(store.read('zai'), undefined);
    assert.equal(store.write('zai', KEY), undefined);
    assert.equal(store.write('acme', 'other'), undefined);
    assert.deepEqual([store.read('zai'), store.read('acme')], [KEY, 'other']);
    assert.equal(store.remove('zai'), undefined);
    assert.equal(store.remove('zai'), undefined, 'no such key any more');
    assert.deepEqual([store.read('zai'), store.read('acme')], [undefined, 'other']);
    assert.ok(!args().includes('sk-') && !args().includes('other'));
  });

  test(`${name}: a missing or failing tool is reported`, { skip }, (context) => {
    const failing = createTool(context, name, "console.error('No keyring.\\nat'); process.exit(1);");
    const locked = openKeyStore(failing.env, platform);
    assert.equal(locked.write('zai', KEY), 'No keyring.');
    const missing = openKeyStore({ PATH: '/nowhere' }, platform);
    assert.match(missing.write('zai', KEY) ?? '', new RegExp(`^cannot run ${name} \\(`));
    assert.equal(missing.read('zai'), undefined);
    assert.equal(locked.remove('zai'), 'No keyring.');
    assert.match(missing.remove('zai') ?? '', new RegExp(`^cannot run ${name} \\(`));
  });
}

test('reads the key store only for a key that is needed', {
  skip: process.platform !== 'linux' && 'runs with secret-tool',
}, async (context) => {
  const { env, args } = createTool(context, 'secret-tool', TOOLS['secret-tool']?.[1] ?? '');
  for (const provider of ['zai', 'deepseek']) {
    const io = { ...createFakeIo(), readInput: async () => `sk-${provider}` };
    assert.equal(await run(['login', '--provider', provider, '--with-api-key', '--save-to', 'system'], env, io), 0);
  }
  const port = ['--port', String(await findFreePort())];
  const listReads = () => args().split('\n').filter((line) => line.includes('lookup'));
  const saved = listReads().length;
  for (const command of [
    ['status', ...port], ['stop', ...port], ['logs', ...port], ['usage'], ['login', '--status'], ['providers'],
    ['logout', '--provider', 'moonshot'],
  ]) {
    await run(command, env, createFakeIo());
    assert.equal(listReads().length, saved, command.join(' '));
  }
  for (const more of [{ AI_API_KEY: 'sk-own' }, { DEEPSEEK_API_KEY: 'sk-own' }, { AI_PROVIDER: 'moonshot' }]) {
    assert.equal(await run(['config'], { ...env, ...more }, createFakeIo()), 0);
    assert.equal(listReads().length, saved, JSON.stringify(more));
  }
  const taken = await listen(context, (_, response) => response.writeHead(404).end());
  assert.equal(await run(['restart', '--port', String(taken)], env, createFakeIo()), 1);
  assert.equal(listReads().length, saved, 'restart reads it only when it starts');
  assert.equal(await run(['config', '--ai-base-url', 'https://gateway.example/v1'], env, createFakeIo()), 0);
  assert.equal(listReads().length, saved, 'another address');
  assert.equal(await run(['config'], env, createFakeIo()), 0);
  assert.deepEqual(listReads().slice(saved).map((line) => line.includes('deepseek')), [true], 'only the chosen one');
});

test('serve reads the key store only for the provider of a request, and masks the key', {
  skip: process.platform !== 'linux' && 'runs with secret-tool',
}, async (context) => {
  const { env, args } = createTool(context, 'secret-tool', TOOLS['secret-tool']?.[1] ?? '');
  const authorizations: string[] = [];
  const port = await listen(context, ({ headers }, response) => {
    authorizations.push(headers.authorization ?? '');
    response.writeHead(400).end(JSON.stringify({ error: { message: `Wrong header: ${headers.authorization}` } }));
  });
  const rows = ['acme', 'other'].map((name) => [name, { title: name, base_url: `http://127.0.0.1:${port}/${name}` }]);
  const providers = join(env.HOME, 'providers.json');
  writeFileSync(providers, JSON.stringify({ providers: Object.fromEntries(rows) }));
  for (const provider of ['zai', 'other', 'acme']) {
    const io = { ...createFakeIo(), readInput: async () => `stored-key-of-${provider}` };
    const login = ['login', '--provider', provider, '--with-api-key', '--save-to', 'system'];
    assert.equal(await run(login, { ...env, AI_PROVIDERS: providers }, io), 0, io.written.error);
  }
  const listReads = () => args().split('\n').filter((line) => line.includes('lookup'));
  const saved = listReads().length;
  const bridge = await startBuiltBridge(context, {
    upstream: `http://127.0.0.1:${port}/home`, flags: ['--log-level', 'debug'],
    env: { ...env, AI_PROVIDERS: providers },
  });
  await post(bridge.port, { model: 'm', input: 'Hi' });
  assert.equal(listReads().length, saved, 'AI_API_KEY is set');
  for (let turns = 0; turns < 2; turns += 1) await post(bridge.port, { model: 'acme/m', input: 'Hi' });
  assert.deepEqual(listReads().slice(saved).map((line) => line.includes('acme')), [true], 'once, for acme');
  assert.equal(authorizations.at(-1), 'Bearer stored-key-of-acme');
  assert.match(bridge.output(), /Wrong header/);
  assert.doesNotMatch(bridge.output(), /stored-key-of/);
});

test('a key store that waits for the user delays only the turns that need its key', {
  skip: process.platform !== 'linux' && 'runs with secret-tool',
}, async (context) => {
  const { env, args } = createTool(context, 'secret-tool', `
if (args[0] === 'lookup' && process.env.LOCK) fs.readFileSync(process.env.LOCK);
${TOOLS['secret-tool']?.[1]}`);
  const authorizations: string[] = [];
  const port = await listen(context, ({ headers }, response) => {
    authorizations.push(headers.authorization ?? '');
    response.writeHead(400).end('{"error":{"message":"No."}}');
  });
  const acme = { title: 'Acme', base_url: `http://127.0.0.1:${port}/acme` };
  const providers = join(env.HOME, 'providers.json');
  writeFileSync(providers, JSON.stringify({ providers: { acme } }));
  const io = { ...createFakeIo(), readInput: async () => 'stored-key' };
  const login = ['login', '--provider', 'acme', '--with-api-key', '--save-to', 'system'];
  assert.equal(await run(login, { ...env, AI_PROVIDERS: providers }, io), 0, io.written.error);
  const lock = join(env.HOME, 'lock');
  execFileSync('mkfifo', [lock]);
  const listReads = () => args().split('\n').filter((line) => line.includes('lookup'));
  const saved = listReads().length;
  const bridge = await startBuiltBridge(context, {
    upstream: `http://127.0.0.1:${port}/home`, env: { ...env, AI_PROVIDERS: providers, LOCK: lock },
  });
  const waiting = [1, 2].map(() => post(bridge.port, { model: 'acme/m', input: 'Hi' }));
  // Opens once the tool reads at the other end; closing it lets the tool continue.
  const unlock = await open(lock, 'w');
  await post(bridge.port, { model: 'm', input: 'Hi' });
  assert.equal(authorizations.filter((key) => key === 'Bearer stored-key').length, 0);
  assert.equal(authorizations.length, 1, 'the turn with another key did not wait');
  await unlock.close();
  await Promise.all(waiting);
  assert.deepEqual(authorizations.slice(1), ['Bearer stored-key', 'Bearer stored-key']);
  assert.equal(listReads().length, saved + 1, 'both turns waited for one read');
});

test('saving a key to the file removes it from the key store', {
  skip: process.platform !== 'linux' && 'runs with secret-tool',
}, async (context) => {
  const { env } = createTool(context, 'secret-tool', TOOLS['secret-tool']?.[1] ?? '');
  for (const more of [['--save-to', 'system'], []]) {
    const io = { ...createFakeIo(), readInput: async () => 'sk-moves' };
    assert.equal(await run(['login', '--provider', 'zai', '--with-api-key', ...more], env, io), 0);
  }
  assert.equal(openKeyStore(env).read('zai'), undefined);
});

test('logout and login report a key that the key store does not remove', {
  skip: process.platform !== 'linux' && 'runs with secret-tool',
}, async (context) => {
  const { env } = createTool(context, 'secret-tool', `
if (args[0] === 'clear') { console.error('Cannot unlock the keyring'); process.exit(1); }
${TOOLS['secret-tool']?.[1]}`);
  const login = (...more: readonly string[]) => {
    const io = { ...createFakeIo(), readInput: async () => 'sk-test-stays' };
    return { io, code: run(['login', '--provider', 'zai', '--with-api-key', ...more], env, io) };
  };
  assert.equal(await login('--save-to', 'system').code, 0);
  const leftover = 'The key of zai is still in the Secret Service: Cannot unlock the keyring. Remove it there.\n';
  const moved = login();
  assert.deepEqual([await moved.code, moved.io.written.error], [0, leftover]);
  assert.equal(await login('--save-to', 'system').code, 0);
  const io = createFakeIo();
  assert.equal(await run(['logout'], env, io), 1);
  assert.match(io.written.out, /^Logged out of zai\. /);
  assert.equal(io.written.error, leftover);
});

test('login --save-to system writes the key only to the key store, and the configuration reads it', {
  skip: process.platform !== 'linux' && 'runs with secret-tool',
}, async (context) => {
  const { env } = createTool(context, 'secret-tool', TOOLS['secret-tool']?.[1] ?? '');
  const io = { ...createFakeIo(), readInput: async () => 'sk-stored' };
  assert.equal(await run(['login', '--provider', 'deepseek', '--with-api-key', '--save-to', 'system'], env, io), 0);
  assert.match(io.written.out, /^Saved the key for DeepSeek in the Secret Service\.\n/);
  const file = readFileSync(join(env.XDG_CONFIG_HOME, 'aliyun-codex-bridge', 'login.json'), 'utf8');
  assert.doesNotMatch(file, /sk-stored/);
  const loaded = loadConfig({}, env);
  assert.ok(loaded.ok && loaded.config.aiApiKey === 'sk-stored');
  const out = createFakeIo();
  assert.equal(await run(['logout'], env, out), 0);
  const after = loadConfig({}, env);
  assert.ok(after.ok && after.config.aiApiKey === undefined);
  assert.equal(openKeyStore(env).read('deepseek'), undefined);
});
