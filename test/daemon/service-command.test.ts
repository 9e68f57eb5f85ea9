/** `service`: the files for each platform's service manager, their variables, and the printed commands. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../../src/cli/main';
import { findPaths, type Machine } from '../../src/command/paths';
import { renderEnvFile } from '../../src/daemon/service/env-file';
import { detectKind, SERVICE_KINDS } from '../../src/daemon/service-command';
import { locateProgram, warnOfMoves } from '../../src/daemon/service/locate-program';
import type { ServiceKindName, ServiceProgram } from '../../src/daemon/service/service-kind';
import { quoteShellWord } from '../../src/base/shell-word';
import { parseEnvFile } from '../../src/config/env-file';
import { createFakeIo } from '../support/cli/fake-io';

const FILES: Readonly<Record<ServiceKindName, string>> = {
  systemd: '.config/systemd/user/aliyun-codex-bridge.service',
  launchd: 'Library/LaunchAgents/dev.wellanet.aliyun-codex-bridge.plist',
  windows: '.config/aliyun-codex-bridge/task.xml',
  termux: '.termux/boot/aliyun-codex-bridge',
};
const NAMES = Object.keys(SERVICE_KINDS) as ServiceKindName[];
const ENV_FILE = '.config/aliyun-codex-bridge/env';

async function createHome(context: TestContext, more: Readonly<Record<string, string>> = {}) {
  const home = await mkdtemp(join(tmpdir(), 'service '));
  context.after(() => rm(home, { recursive: true, force: true }));
  const path = (name: string): string => join(home, name);
  return {
    path,
    read: (name: string) => readFile(path(name), 'utf8'),
    async write(name: string, content: string) {
      await mkdir(dirname(path(name)), { recursive: true });
      await writeFile(path(name), content);
    },
    async service(...args: string[]) {
      const io = createFakeIo();
      const code = await run(['service', ...args], { HOME: home, ...more }, io);
      return { code, ...io.written };
    },
  };
}

const AWKWARD: ServiceProgram = {
  node: '/opt/no de/it\'s "$HOME" %h & <b>\\/node',
  script: '/opt/$x ${y} 100% \\n;#/bin/aliyun-codex-bridge.js',
  envFile: "/home/user/ä→/o'neil/env",
  logFile: '/home/user/*.log',
  home: '/home/user/a & b',
  user: 'PC & CO\\me',
  prefix: '/usr',
  variables: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/c a/it\'s "$HOME" %h & <b>\\.pem' }],
};
const [CERTIFICATES] = AWKWARD.variables;

function wordsOf({ node, script, envFile, logFile }: ServiceProgram, command = 'serve'): readonly string[] {
  return [node, script, command, '--config-file', envFile, '--log-file', logFile];
}

for (const name of NAMES) {
  test(`${name}: install writes the file and prints the commands, remove deletes it`, async (context) => {
    const { path, read, service } = await createHome(context, { AI_API_KEY: 'sk-test-service' });
    const file = path(FILES[name]);
    const { code, out } = await service('install', '--kind', name);
    assert.equal(code, 0);
    assert.ok(out.startsWith(`Wrote ${file}\nWrote ${path(ENV_FILE)} with AI_API_KEY; only you can read it.\n`), out);
    assert.match(out, /\n\n[^\n]*tart[^\n]*:\n {2}\S/);
    assert.match(out, /\n\nCheck it:\n {2}\S/);
    assert.equal((await readFile(file, SERVICE_KINDS[name].encoding)).includes('sk-test'), false, 'no key in it');
    assert.equal((await stat(file)).mode & 0o777, SERVICE_KINDS[name].mode);
    assert.equal(
      (await service('install', '--kind', name, '--print')).out,
      (await readFile(file, SERVICE_KINDS[name].encoding)).replace('\ufeff', ''),
    );

    const again = await service('install', '--kind', name);
    assert.ok(
      again.out.startsWith(
        `Already up to date: ${file}\nKept ${path(ENV_FILE)} unchanged. Edit it to change variables.\n`,
      ),
    );

    const removed = await service('remove', '--kind', name);
    assert.deepEqual([removed.code, removed.error], [0, '']);
    assert.ok(removed.out.startsWith('Stop '), removed.out);
    assert.ok(
      removed.out.endsWith(
        `\n\nRemoved ${file}\nKept ${path(ENV_FILE)}: it contains your variables, possibly including your key.\n`,
      ),
    );
    await assert.rejects(stat(file), /ENOENT/);
    assert.match(await read(ENV_FILE), /\nAI_API_KEY=sk-test-service\n/);
    const removedAgain = await service('remove', '--kind', name);
    assert.deepEqual(removedAgain, { code: 0, out: `No service to remove: ${file} does not exist.\n`, error: '' });
  });

  test(`${name}: --print writes nothing`, async (context) => {
    const { path, service } = await createHome(context);
    const { code, out, error } = await service('install', '--kind', name, '--print');
    assert.deepEqual([code, error], [0, '']);
    assert.ok(out.includes(name === 'termux' ? ' start ' : 'serve') && out.includes(path(ENV_FILE)));
    assert.deepEqual(await readdir(path('')), []);
  });

  test(`${name}: keeps a file of another program, and updates an older one of the bridge`, async (context) => {
    const { path, read, write, service } = await createHome(context);
    await write(FILES[name], 'mine');
    for (const action of ['install', 'remove']) {
      const { code, out, error } = await service(action, '--kind', name);
      assert.deepEqual([code, out], [1, '']);
      assert.match(error, /^Cannot (write|remove) .*"service install" did not write it\./);
    }
    assert.equal(await read(FILES[name]), 'mine');
    assert.deepEqual(await readdir(path('')), [FILES[name].split('/')[0]], 'no environment file either');
    const { encoding } = SERVICE_KINDS[name];
    await writeFile(path(FILES[name]), Buffer.from('old: Written by "aliyun-codex-bridge service install"', encoding));
    assert.match((await service('install', '--kind', name)).out, /^Updated /);
  });
}

const isMissing = spawnSync('systemd-analyze', ['--version']).error !== undefined;
const skipped = isMissing ? ' (skipped: no systemd-analyze on this machine)' : '';
test(`systemd-analyze accepts the unit${skipped}`, { skip: isMissing }, async (context) => {
  const { path, service, write } = await createHome(context);
  const verify = (file: string) => spawnSync('systemd-analyze', ['--user', '--man=no', 'verify', file], {
    env: { PATH: process.env['PATH'], HOME: path(''), XDG_RUNTIME_DIR: path('') },
    encoding: 'utf8',
  });
  await service('install', '--kind', 'systemd');
  const { status, stdout, stderr } = verify(path(FILES.systemd));
  assert.deepEqual([status, stdout, stderr], [0, '', '']);

  for (const name of ['plain', 'a $b %c ä', AWKWARD.node.slice(1, -5)]) {
    const node = path(join(name, 'node'));
    await mkdir(dirname(node), { recursive: true });
    await symlink(process.execPath, node);
    await write('aliyun-codex-bridge.service', SERVICE_KINDS.systemd.render({ ...AWKWARD, node }));
    const found = verify(path('aliyun-codex-bridge.service'));
    assert.deepEqual([found.status, found.stdout, found.stderr], [0, '', ''], node);
  }
});

test('systemd: words with spaces, quotes, variables and specifiers are parsed back unchanged', () => {
  const unit = SERVICE_KINDS.systemd.render(AWKWARD);
  const line = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '';
  assert.equal(line, [
    '/usr/bin/env',
    '"/opt/no de/it\'s \\"$$HOME\\" %%h & <b>\\\\/node"',
    '"/opt/$$x $${y} 100%% \\\\n;#/bin/aliyun-codex-bridge.js"',
    'serve --config-file',
    '"/home/user/ä→/o\'neil/env"',
  ].join(' '));
  assert.match(SERVICE_KINDS.systemd.render({ ...AWKWARD, node: '/o p/$n/node' }), /^ExecStart="\/o p\/\$n\/node" /m);
  assert.equal(
    /^Environment=(.*)$/m.exec(unit)?.[1], '"NODE_EXTRA_CA_CERTS=/c a/it\'s \\"$HOME\\" %%h & <b>\\\\.pem"',
  );
});

/**
 * Returns elements in the order of their end tags, with their text; throws if tags or references are not well-formed.
 */
function readXml(xml: string): readonly (readonly [name: string, text: string])[] {
  const open: { name: string; text: string }[] = [];
  const closed: [string, string][] = [];
  const body = xml
    .replace(/^\ufeff?<\?xml [^?]*\?>\s*/, '')
    .replace(/<!DOCTYPE [^>]*>/, '')
    .replace(/<!--(?:(?!--)[\s\S])*-->/g, '');
  for (const [token, end, name = '', alone] of body.matchAll(/<(\/?)([A-Za-z]+)[^<>]*?(\/?)>|[^<]+|</g)) {
    if (name === '') {
      assert.doesNotMatch(token, /<|&(?!(?:amp|lt|gt);)/, 'text is escaped');
      const last = open.at(-1);
      if (last) last.text += token.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
    } else if (end) {
      const last = open.pop();
      assert.equal(last?.name, name, 'tags are nested');
      closed.push([name, last?.text ?? '']);
    } else if (!alone) open.push({ name, text: '' });
  }
  assert.equal(open.length, 0);
  return closed;
}

test('launchd: the agent is well-formed and contains each word', () => {
  const elements = readXml(SERVICE_KINDS.launchd.render(AWKWARD));
  const strings = elements.filter(([name]) => name === 'string').map(([, text]) => text);
  const label = 'dev.wellanet.aliyun-codex-bridge';
  const { value } = CERTIFICATES ?? {};
  assert.deepEqual(strings, [label, ...wordsOf(AWKWARD), value, AWKWARD.home, AWKWARD.logFile]);
  assert.ok(elements.some(([name, text]) => name === 'key' && text === CERTIFICATES?.name));
});

/** Parses like CommandLineToArgvW; here the first word is an argument too. */
function splitWindowsLine(line: string): readonly string[] {
  const args = [...line.matchAll(/(?:[^\s"]|"(?:[^"\\]|\\.)*")+/g)].map(([word]) => word);
  return args.map((word) =>
    word.replace(
      /(\\*)"/g,
      (_, slashes: string) => slashes.slice(slashes.length / 2) + (slashes.length % 2 ? '"' : ''),
    ),
  );
}

test('windows: the task is well-formed UTF-16 with CRLF, for this user, with every argument', async (context) => {
  const program = {
    ...AWKWARD,
    node: 'C:\\Program Files\\nodejs\\node.exe',
    script: 'D:\\a & b\\x.js',
    envFile: 'C:\\u\\env',
    logFile: 'C:\\log dir\\l',
  };
  const xml = SERVICE_KINDS.windows.render(program);
  assert.equal(xml.replaceAll('\r\n', '').includes('\n'), false);
  const find = (wanted: string): readonly string[] =>
    readXml(xml)
      .filter(([name]) => name === wanted)
      .map(([, text]) => text);
  assert.deepEqual(find('UserId'), [AWKWARD.user, AWKWARD.user]);
  assert.deepEqual(find('Command'), ['conhost.exe']);
  assert.deepEqual(splitWindowsLine(find('Arguments')[0] ?? ''), ['--headless', ...wordsOf(program)]);
  assert.deepEqual(find('ExecutionTimeLimit'), ['PT0S']);

  const { path, service } = await createHome(context, { USERDOMAIN: 'PC', USERNAME: 'me' });
  await service('install', '--kind', 'windows');
  const bytes = await readFile(path(FILES.windows));
  assert.deepEqual([...bytes.subarray(0, 4)], [0xff, 0xfe, '<'.charCodeAt(0), 0]);
  assert.match(bytes.toString('utf16le'), /encoding="UTF-16"[^]*<UserId>PC\\me<\/UserId>/);
});

test('termux: the script acquires a wake lock, starts the bridge, and logs its errors', async (context) => {
  const { path, read, write } = await createHome(context);
  const program = { ...AWKWARD, node: path("it's $HOME/node"), logFile: path('state dir/log') };
  await write('boot script', SERVICE_KINDS.termux.render(program).replace(/^#!.*/, '#!/bin/sh'));
  await write("it's $HOME/node", [
    '#!/bin/sh', 'printf "%s\\n" "$NODE_EXTRA_CA_CERTS" "$0" "$@"', 'echo problem >&2', '',
  ].join('\n'));
  await write('bin/termux-wake-lock', '#!/bin/sh\necho locked\n');
  await mkdir(path('state dir'));
  for (const name of ['boot script', "it's $HOME/node", 'bin/termux-wake-lock']) await chmod(path(name), 0o755);
  const { stdout, stderr } = spawnSync(path('boot script'), {
    env: { PATH: `${path('bin')}:/usr/bin:/bin` },
    encoding: 'utf8',
  });
  const lines = ['locked', CERTIFICATES?.value, ...wordsOf(program, 'start')];
  assert.deepEqual([stdout.trimEnd().split('\n'), stderr], [lines, '']);
  assert.equal(await read('state dir/log'), 'problem\n');
  assert.match(SERVICE_KINDS.termux.render(AWKWARD), /^#!\/usr\/bin\/sh\n/);
});

const MACHINES: readonly (readonly [ServiceKindName, NodeJS.Platform, Record<string, string>])[] = [
  ['systemd', 'linux', {}],
  ['launchd', 'darwin', {}],
  ['windows', 'win32', {}],
  ['termux', 'android', {}],
  ['termux', 'android', { TERMUX_VERSION: '0.118' }],
  ['termux', 'linux', { PREFIX: '/data/data/com.termux/files/usr' }],
  ['systemd', 'linux', { PREFIX: '/usr/local' }],
];

for (const [wanted, platform, env] of MACHINES) {
  test(`${platform} with ${JSON.stringify(env)} uses ${wanted}`, () => {
    assert.equal(detectKind({ platform, env, homedir: () => '/' }), wanted);
  });
}

test('each kind has a file path on its platform', () => {
  const find = (name: ServiceKindName, platform: NodeJS.Platform, env: Record<string, string>): string => {
    const machine: Machine = { platform, env, homedir: () => '/' };
    return SERVICE_KINDS[name].findFile(machine, findPaths(machine));
  };
  assert.equal(
    find('systemd', 'linux', { HOME: '/h', XDG_CONFIG_HOME: '/c' }),
    '/c/systemd/user/aliyun-codex-bridge.service',
  );
  assert.equal(
    find('systemd', 'linux', { HOME: '/h', XDG_CONFIG_HOME: 'c' }),
    '/h/.config/systemd/user/aliyun-codex-bridge.service',
  );
  assert.equal(
    find('launchd', 'darwin', { HOME: '/Users/me' }),
    '/Users/me/Library/LaunchAgents/dev.wellanet.aliyun-codex-bridge.plist',
  );
  assert.equal(find('windows', 'win32', { APPDATA: 'C:\\r' }), 'C:\\r\\aliyun-codex-bridge\\task.xml');
  assert.equal(find('termux', 'android', { HOME: '/t' }), '/t/.termux/boot/aliyun-codex-bridge');
});

test('the variables of the bridge and its provider are saved privately, and others are not', async (context) => {
  const { path, read, service } = await createHome(context, {
    AI_PROVIDER: 'deepseek',
    DEEPSEEK_API_KEY: 'sk-test-deep',
    ZAI_API_KEY: 'sk-test-routed',
    KIMI_API_KEY: 'sk-test-other',
    MODEL_MAP: 'fast=zai/glm-4.7',
    LOG_LEVEL: ' debug ',
    SMALL_MODEL: '',
    SECRET_OF_MINE: 'x',
    BRIDGE_STORE: 'relative/store',
  });
  const { code, out } = await service(
    'install',
    '--kind',
    'systemd',
    '--port',
    '8080',
    '--web-search',
    '--no-force-env-auth',
    '--user-agent',
    "it's me",
  );
  assert.equal(code, 0);
  assert.ok(!out.includes('sk-test'));
  const parsed = parseEnvFile(await read(ENV_FILE));
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.values, {
    PORT: '8080',
    AI_PROVIDER: 'deepseek',
    FORCE_ENV_AUTH: '0',
    MODEL_MAP: 'fast=zai/glm-4.7',
    UPSTREAM_USER_AGENT: "it's me",
    WEB_SEARCH: '1',
    BRIDGE_STORE: join(process.cwd(), 'relative/store'),
    LOG_LEVEL: 'debug',
    DEEPSEEK_API_KEY: 'sk-test-deep',
    ZAI_API_KEY: 'sk-test-routed',
  });
  assert.equal((await stat(path(ENV_FILE))).mode & 0o777, 0o600);
  assert.equal((await stat(path(dirname(ENV_FILE)))).mode & 0o777, 0o700);
  assert.match(
    (await service('install', '--kind', 'systemd', '--port', '9')).out,
    /unchanged\. The flags of this command were not added\. Edit it to change variables\.\n/,
  );
});

test('saves numbered keys, keys of fallbacks and searches, variables of headers and proxies', async (context) => {
  const saved = {
    AI_PROVIDER: 'deepseek', DEEPSEEK_API_KEY_1: 'sk-test-one', DEEPSEEK_API_KEY_2: 'sk-test-two',
    FALLBACK_MODELS: 'zai/glm-5.3', ZAI_API_KEY: 'sk-test-fallback', HTTPS_PROXY: 'http://proxy.example:1',
    NO_PROXY: '.local', UPSTREAM_HEADER: 'x-a=$GATE', GATE: 'open', TEAM: 'blue', ACME_A: 'sk-test-a',
    BRIDGE_SEARCH: 'tavily', TAVILY_API_KEY: 'sk-test-search',
  };
  const { read, write, service } = await createHome(context, { ...saved, ACME_TEAM: 'unused', KIMI_API_KEY: 'x' });
  const acme = { base_url: 'https://a.example/v1', keys: ['$ACME_A'], headers: { 'x-team': '$TEAM' } };
  await write('.config/aliyun-codex-bridge/providers.json', JSON.stringify({ providers: { acme } }));
  assert.equal((await service('install', '--kind', 'systemd')).code, 0);
  const parsed = parseEnvFile(await read(ENV_FILE));
  assert.deepEqual(parsed.ok && parsed.values, saved);
});

test('variables that Node reads when it starts are in the service file, with absolute paths', async (context) => {
  const { read, service } = await createHome(context, {
    NODE_EXTRA_CA_CERTS: 'ca.pem', SSL_CERT_FILE: '/ca.pem', SSL_CERT_DIR: `/a${delimiter}b`, NODE_USE_SYSTEM_CA: '1',
    NODE_OPTIONS: '--inspect --use-openssl-ca --require ./x.js  --dns-result-order=ipv4first',
    NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1',
  });
  await service('install', '--kind', 'systemd');
  const lines = (await read(FILES.systemd)).split('\n').filter((line) => line.startsWith('Environment='));
  assert.deepEqual(lines, [
    `Environment="NODE_EXTRA_CA_CERTS=${resolve('ca.pem')}"`,
    'Environment="SSL_CERT_FILE=/ca.pem"',
    `Environment="SSL_CERT_DIR=/a${delimiter}${resolve('b')}"`,
    'Environment="NODE_USE_SYSTEM_CA=1"',
    'Environment="NODE_OPTIONS=--use-openssl-ca --dns-result-order=ipv4first"',
  ]);
  assert.doesNotMatch(await read(ENV_FILE), /CA_CERTS/);
  const { out } = await service('install', '--kind', 'windows');
  assert.match(out, /Set the variables that Node reads when it starts:\n {2}setx NODE_EXTRA_CA_CERTS \S+\n {2}setx/);
});

test('the folders of the XDG specification are saved, because logins and records are there', async (context) => {
  const { path, read, service } = await createHome(context);
  const [config, state] = [path('c'), path('s')];
  const io = createFakeIo();
  const env = { HOME: path(''), XDG_CONFIG_HOME: config, XDG_STATE_HOME: state };
  assert.equal(await run(['service', 'install', '--kind', 'launchd'], env, io), 0);
  const parsed = parseEnvFile(await read('c/aliyun-codex-bridge/env'));
  assert.deepEqual(parsed.ok && parsed.values, { XDG_CONFIG_HOME: config, XDG_STATE_HOME: state });
  assert.equal((await service('install', '--kind', 'launchd')).code, 0);
});

test('without a key, the output shows how to set one', async (context) => {
  const { path, read, service } = await createHome(context);
  const { out } = await service('install', '--kind', 'systemd');
  assert.ok(
    out.includes(
      `Wrote ${path(ENV_FILE)} with no variables; only you can read it.\nNo API key. Add AI_API_KEY=… to that file`,
    ),
  );
  assert.match(await read(ENV_FILE), /\n#AI_API_KEY=\n$/);
});

test('a kept file without a key is reported, also if the command has one', async (context) => {
  const { write, service } = await createHome(context, { ZAI_API_KEY: 'sk-test-other' });
  const advice = 'No API key. Add AI_API_KEY=… to that file';
  const install = async (...flags: readonly string[]) =>
    (await service('install', '--kind', 'systemd', ...flags)).out.includes(advice);
  assert.equal(await install(), true, 'a new file');
  assert.equal(await install('--ai-api-key', 'sk-sp-test-key'), true, 'the key is not added to the file');
  for (const [text, isMissing] of [
    ['AI_API_KEY=\n', true],
    ['AI_API_KEY=sk\n', false],
    ['AI_PROVIDER=zai\n', true],
    ['AI_PROVIDER=zai\nZAI_API_KEY=sk\n', false],
    ['AI_PROVIDER=ollama\n', false],
  ] as const) {
    await write(ENV_FILE, text);
    assert.equal(await install(), isMissing, text);
  }
});

test('a new file for a local server does not ask for a key', async (context) => {
  const { service } = await createHome(context);
  assert.doesNotMatch((await service('install', '--kind', 'systemd', '--provider', 'ollama')).out, /No API key/);
});

test('every value is parsed back unchanged, and one with a line break is omitted', () => {
  const values = [
    'plain',
    '',
    'a b',
    '#x',
    ' x ',
    "it's",
    'say "hi" \\ $HOME `id` \\n',
    "a'\\",
    "'",
    '"',
    'C:\\a b',
    'ä→',
    ';',
    'a=b=c',
  ];
  const variables = values.map((value, index) => ({ name: `V${index}`, value }));
  const { text, omitted } = renderEnvFile([...variables, { name: 'LINES', value: 'a\nb' }], true);
  assert.deepEqual(omitted, ['LINES']);
  const parsed = parseEnvFile(text);
  assert.ok(parsed.ok);
  assert.deepEqual(Object.values(parsed.values), values);
});

test('uses absolute paths of a given environment file and of the log', async (context) => {
  const { path, read, write, service } = await createHome(context);
  await write('my env', `PORT=4000\nBRIDGE_STATE_DIR='${path('state')}'\n`);
  const { code, out } = await service(
    'install',
    '--kind',
    'launchd',
    '--config-file',
    path('my env'),
  );
  assert.equal(code, 0);
  assert.ok(out.includes(`Kept ${path('my env')} unchanged`));
  const agent = await read(FILES.launchd);
  assert.ok(agent.includes(`<string>${path('my env')}</string>`));
  assert.ok(
    agent.includes(`<string>${path('state/bridge-4000.log')}</string>`),
    'the log file that logs reads',
  );
  assert.equal((await stat(path('state'))).mode & 0o777, 0o700);
});

test('an existing environment file decides about the service, not flags and variables', async (context) => {
  const { path, read, service } = await createHome(context, { BRIDGE_STATE_DIR: '' });
  await service('install', '--kind', 'launchd', '--port', '8080');
  const agent = await read(FILES.launchd);
  assert.match(agent, /bridge-8080\.log</);
  assert.match((await service('install', '--kind', 'launchd')).out, /^Already up to date: /);
  await service('install', '--kind', 'launchd', '--port', '9', '--state-dir', path('other'), '--log-file', path('log'));
  assert.equal(await read(FILES.launchd), agent);
});

test('an existing environment file with an error is reported', async (context) => {
  const { write, service } = await createHome(context);
  await write(ENV_FILE, 'PORT=x\n');
  const { code, error } = await service('install', '--kind', 'systemd');
  assert.equal(code, 2);
  assert.match(error, /Cannot use "x" from file PORT in .*env: expected a port number/);
});

test('remove deletes the link of systemctl enable, which systemctl would keep', async (context) => {
  const { path, write, service } = await createHome(context);
  await service('install', '--kind', 'systemd');
  const wants = join(dirname(FILES.systemd), 'default.target.wants');
  await write(join(wants, 'other.service'), '');
  await symlink(path(FILES.systemd), path(join(wants, 'aliyun-codex-bridge.service')));
  await service('remove', '--kind', 'systemd');
  assert.deepEqual(await readdir(path(wants)), ['other.service']);
});

const MOVES: readonly (readonly [string, string | undefined])[] = [
  ['/usr/bin/node', undefined],
  ['/home/user/.nvm/versions/node/v20.1.0/bin/node', 'nvm'],
  ['C:\\Users\\user\\AppData\\Roaming\\nvm\\v20.1.0\\node.exe', 'nvm'],
  ['/home/user/.local/share/fnm/node-versions/v20.1.0/installation/bin/node', 'fnm'],
  ['/run/user/1000/fnm_multishells/1_2/bin/node', 'fnm'],
  ['/home/user/.volta/tools/image/node/20.1.0/bin/node', 'Volta'],
  ['C:\\Users\\user\\AppData\\Local\\Volta\\tools\\image\\node\\20.1.0\\node.exe', 'Volta'],
  ['/home/user/.asdf/installs/nodejs/20.1.0/bin/node', 'asdf'],
  ['/home/user/.local/share/mise/installs/node/20.1.0/bin/node', 'mise'],
  ['/opt/homebrew/Cellar/node/22.1.0/bin/node', 'Homebrew'],
];

for (const [node, manager] of MOVES) {
  test(`${node} ${manager === undefined ? 'is permanent' : `is removed by an update of ${manager}`}`, () => {
    const warning = warnOfMoves({ node, script: '/usr/lib/node_modules/x.js' });
    if (manager === undefined) assert.equal(warning, undefined);
    else
      assert.ok(
        warning?.startsWith(`Node is in a folder that ${manager} may remove at the next update: ${node}\n`),
        warning,
      );
  });
}

test("Homebrew's permanent link replaces the folder of one version; npx causes a warning", () => {
  const cellar = '/opt/homebrew/Cellar/node@22/22.1.0/bin/node';
  const stable = '/opt/homebrew/opt/node@22/bin/node';
  assert.equal(locateProgram(cellar, (path) => path === stable).node, stable);
  assert.equal(locateProgram(cellar, () => false).node, cellar);
  const { script } = locateProgram('/usr/bin/node', () => true);
  assert.ok(script.endsWith(join('bin', 'aliyun-codex-bridge.js')));
  assert.match(
    warnOfMoves({ node: '/usr/bin/node', script: '/home/user/.npm/_npx/1/x.js' }) ?? '',
    /^The bridge is in .* npx[^]*npm install -g/,
  );
});

const ERRORS = [
  [['install', '--port', '0'], 'A service cannot use port 0, which picks another port at each start. Choose one with ' +
    '--port.'],
  [['install', '--port', 'x'], 'Cannot use "x" from flag --port: expected a port number from 0 to 65535.'],
  [['remove', '--print'], '--print works only with service install.'],
  [
    ['install', '--kind', 'upstart'],
    'Cannot use "upstart" from flag --kind: expected systemd, launchd, windows or termux.',
  ],
] as const;

for (const [args, sentence] of ERRORS) {
  test(`service ${args.join(' ')} is rejected`, async (context) => {
    const { path, service } = await createHome(context);
    const { code, out, error } = await service(...args);
    assert.deepEqual([code, out], [2, '']);
    assert.ok(error.includes(`  ${sentence}\n`), error);
    assert.deepEqual(await readdir(path('')), []);
  });
}

test('the error names the file that cannot be written', async (context) => {
  const { path, write, service } = await createHome(context);
  const folder = path('.config/aliyun-codex-bridge');
  await write('.config/aliyun-codex-bridge', 'a file');
  const first = await service('install', '--kind', 'launchd');
  assert.equal(first.code, 1);
  assert.equal(first.error, `Cannot write ${folder}/env: a part of its path is a file, not a folder.\n`);
  assert.equal((await service('remove', '--kind', 'launchd')).code, 0, 'the file is removed');
  await rm(folder);
  await write('.local/state/aliyun-codex-bridge', 'a file');
  const second = await service('install', '--kind', 'launchd');
  assert.equal(
    second.error,
    `Cannot create ${path('.local/state/aliyun-codex-bridge')}: a part of its path is a file, not a folder.\n`,
  );
});

test('termux: the printed commands use the options of the service', async (context) => {
  const { path, service } = await createHome(context);
  const file = path(ENV_FILE);
  const { out } = await service('install', '--kind', 'termux', '--port', '8080', '--state-dir', path('state'));
  const word = quoteShellWord(file);
  assert.ok(out.includes(`  aliyun-codex-bridge stop --config-file ${word}\n`), out);
  assert.ok(out.includes(`  aliyun-codex-bridge status --config-file ${word}\n`), out);
  const removed = (await service('remove', '--kind', 'termux')).out;
  assert.ok(removed.includes(`  aliyun-codex-bridge stop --config-file ${word}\n`), removed);
  await service('install', '--kind', 'termux');
  await rm(file);
  assert.match((await service('remove', '--kind', 'termux')).out, / {2}aliyun-codex-bridge stop\n/);
});

test('an unwritable folder is reported', async (context) => {
  const { write, service } = await createHome(context);
  await write('.config', 'a file');
  const { code, out, error } = await service('install', '--kind', 'systemd');
  assert.deepEqual([code, out], [1, '']);
  assert.match(error, /^Cannot write .*: a part of its path is a file, not a folder\.\n$/);
});
