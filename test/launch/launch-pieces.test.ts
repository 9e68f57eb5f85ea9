/** The parts of a launch: version, model, proxy, subcommand, quoting, signals. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isBefore } from '../../src/base/version';
import { attach } from '../../src/launch/hold-bridge';
import { chooseModel } from '../../src/codex/choose-model';
import { renderCmdArguments } from '../../src/codex/program';
import { readCodexVersion } from '../../src/codex/codex-program';
import { bypassProxy } from '../../src/launch/prepare-codex';
import { needsBridge, needsNoDaemon } from '../../src/launch/launch-codex';
import { forwardSignals } from '../../src/codex/run-child';
import { loadConfig } from '../../src/command/load-config';
import { run } from '../../src/cli/main';
import { findPaths } from '../../src/command/paths';
import { readVersion } from '../../src/command/version';
import { listen } from '../support/cli/background';
import { createFakeIo } from '../support/cli/fake-io';
import { startServer } from '../support/bridge/test-server';

test('the version is parsed from Codex’s output', () => {
  assert.equal(readCodexVersion('codex-cli 0.169.0\n'), '0.169.0');
  assert.equal(readCodexVersion('warning: something\ncodex-cli 0.170.0-alpha.3'), '0.170.0');
  assert.equal(readCodexVersion('v0.1'), undefined);
});

test('versions are compared number by number', () => {
  const pairs: readonly (readonly [string, string, boolean])[] = [
    ['0.80.0', '0.99.0', true],
    ['0.99.0', '0.99.0', false],
    ['0.169.0', '0.99.0', false],
    ['1.0.0', '0.99.0', false],
    ['0.98.12', '0.99.0', true],
  ];
  for (const [version, limit, expected] of pairs)
    assert.equal(isBefore(version, limit), expected, `${version} < ${limit}`);
});

test('chooses the default model, or the configured one if the bridge serves it, or the first', () => {
  const loaded = loadConfig({}, { AI_API_KEY: 'sk-test-key', MODEL_MAP: 'fast=glm' });
  assert.ok(loaded.ok);
  const { config } = loaded;
  const offered = ['qwen', 'glm'];
  for (const configured of ['glm', 'GLM', 'fast', 'zai/glm-5.3'])
    assert.equal(chooseModel({ config, configured, offered }), configured);
  assert.equal(chooseModel({ config: { ...config, defaultModel: 'mine' }, configured: 'glm', offered }), 'mine');
  assert.equal(chooseModel({ config, configured: 'gpt-6.1', offered }), 'qwen');
  assert.equal(chooseModel({ config, configured: 'gpt-6.1', offered: [] }), undefined);
});

test('with a proxy, NO_PROXY gets the addresses of this machine', () => {
  const plain = { PATH: '/bin' };
  assert.equal(bypassProxy(plain), plain);
  const { NO_PROXY, no_proxy } = bypassProxy({
    https_proxy: 'x',
    HTTP_PROXY: 'http://proxy:3128',
    no_proxy: 'intra.example, localhost',
  });
  assert.equal(NO_PROXY, 'intra.example,localhost,127.0.0.1,::1');
  assert.equal(no_proxy, NO_PROXY);
  assert.equal(bypassProxy({ ALL_PROXY: 'x', NO_PROXY: '*' })['NO_PROXY'], '*,127.0.0.1,localhost,::1');
});

test('only arguments that use a model need a bridge', () => {
  for (const line of ['', 'exec hi', 'resume --last', '-m glm-4.7', 'fix it', 'review', 'doctor', '--search x'])
    assert.ok(needsBridge(line.split(' ').filter(Boolean)), line);
  for (const line of ['--version', '-h', 'login', 'mcp add x', 'completion bash', 'help exec'])
    assert.ok(!needsBridge(line.split(' ')), line);
});

/** Parses a line like cmd.exe: a caret escapes the next character. */
const readByCmd = (line: string): string => line.replace(/\^(.)/g, '$1');

test('a batch file gets its arguments through cmd.exe unchanged', () => {
  const args = ['say "hi"', 'a&b|c>d', '100%PATH%', 'C:\\dir\\', '', '(x)^!'];
  const [d, s, c, quoted] = renderCmdArguments('C:\\Program Files\\codex.cmd', args);
  assert.deepEqual([d, s, c], ['/d', '/s', '/c']);
  assert.match(quoted ?? '', /^".*"$/);
  const line = (quoted ?? '').slice(1, -1);
  for (const character of '&|<>%!()"') {
    assert.doesNotMatch(line, new RegExp(`(?<!\\^)\\${character}`), `${character} has no caret before it`);
  }
  const once = readByCmd(line);
  assert.ok(once.startsWith('C:\\Program Files\\codex.cmd '));
  assert.equal(readByCmd(once).slice('C:\\Program Files\\codex.cmd '.length),
    '"say \\"hi\\"" "a&b|c>d" "100%PATH%" "C:\\dir\\\\" "" "(x)^!"');
});

test('signals are forwarded, except on Windows, where the console signals all processes', () => {
  const seen: string[] = [];
  const kill = (signal: NodeJS.Signals): number => seen.push(signal);
  for (const [hasTerminal, platform, wanted] of [
    [false, 'linux', ['SIGHUP', 'SIGQUIT']],
    [true, 'darwin', ['SIGHUP']],
    [false, 'win32', []],
  ] as const) {
    const stopForwarding = forwardSignals(kill, hasTerminal, platform);
    for (const signal of ['SIGHUP', 'SIGQUIT'] as const) process.emit(signal, signal);
    stopForwarding();
    assert.deepEqual(seen.splice(0), wanted, `${platform}, ${hasTerminal}`);
  }
});

test('once Codex has its port, no bridge on another port is used', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'attach-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const env = { HOME: folder, AI_API_KEY: 'sk-test-attach', AI_API_BASE: 'http://127.0.0.1:9/v1' };
  const attachTo = (port: number) => {
    const resolved = loadConfig({ port: String(port) }, env);
    assert.ok(resolved.ok);
    const paths = findPaths({ env, platform: 'linux', homedir: () => folder });
    return attach({
      config: resolved.config,
      flags: {},
      env,
      paths,
      version: readVersion(),
      obstacle: 'nothing is to be started',
      isPortFixed: true,
    });
  };
  const stranger = await listen(context, (_request, response) => response.end('hello'));
  assert.deepEqual(await attachTo(stranger), {
    ok: false,
    problem: 'Cannot use the bridge: it ended each time before Codex could connect.',
  });
  const { port } = await startServer(context);
  const attached = await attachTo(port);
  assert.ok(attached.ok, 'a bridge for another provider is better than none');
  assert.equal(attached.port, port);
  attached.launch.close();
});

test('a Codex without its interpreter is reported, with the exit code of shells', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'launch-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'codex');
  await writeFile(file, '#!/no/such/interpreter\n');
  await chmod(file, 0o755);
  const io = createFakeIo();
  assert.equal(await run(['--codex-bin', file, 'codex', '--version'], { HOME: folder }, io), 126);
  assert.equal(
    io.written.error,
    `Cannot run ${file} as Codex: its interpreter or loader is missing.\n`,
  );
});

test('Codex gets --no-daemon once, and only if its version knows the flag', () => {
  for (const [version, args, expected] of [
    ['0.171.0', [], true], ['0.169.0', ['exec', 'hi'], true], ['0.168.9', [], false], [undefined, [], false],
    ['0.171.0', ['resume', '--no-daemon'], false],
  ] as const) assert.equal(needsNoDaemon(version, args), expected, `${version} ${args.join(' ')}`);
});
