/** Checks that the files of docs/docker match the options and metrics, and that nginx and Prometheus accept them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { OPTIONS, OPTION_NAMES } from '../../src/config/options';
import { getJson } from '../support/clients/sse-client';
import { startBridge } from '../support/bridge/test-bridge';
import { NGINX_MISSING, writeNginxConfig } from '../support/state/nginx';

const FOLDER = join(__dirname, '..', '..', 'docs', 'docker');
const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

test('compose.yaml sets existing variables, mounts existing files, and names the hosts of the other files', () => {
  const text = read('compose.yaml');
  const known = new Set<string>(OPTION_NAMES.flatMap((name) => OPTIONS[name].env));
  const environment = /environment: &environment\n([^]*?)\n {2}\w/.exec(text)?.[1] ?? '';
  const names = [...environment.matchAll(/^ {4}([A-Z_]+):/gm)].map(([, name]) => name ?? '');
  assert.ok(names.length >= 5 && names.includes('BRIDGE_STORE'), names.join());
  assert.deepEqual(names.filter((name) => !known.has(name)), []);
  const files = [...text.matchAll(/"\.\/([\w.]+):/g)].map(([, name]) => name ?? '');
  assert.deepEqual(files, ['nginx.conf', 'prometheus.yml']);
  for (const name of files) assert.ok(read(name).length > 0);
  for (const name of ['bridge-1', 'bridge-2']) {
    assert.match(text, new RegExp(`hostname: ${name}\n`));
    assert.match(read('nginx.conf'), new RegExp(`server ${name}:31415 `));
    assert.match(read('prometheus.yml'), new RegExp(`"${name}:31415"`));
  }
});

test('the dashboard queries existing metrics, and each query selects the job', async (context) => {
  const bridge = await startBridge(context);
  const { text } = await getJson(`${bridge.url}/metrics`);
  const dashboard = read('grafana-dashboard.json');
  const names = [...dashboard.matchAll(/\b(?:aliyun_codex_bridge|process)_[a-z0-9_]+/g)].map(([name]) => name);
  assert.ok(new Set(names).size >= 12);
  for (const name of names) assert.ok(text.includes(`\n${name}{`) || text.includes(`\n${name} `), name);
  for (const { targets } of JSON.parse(dashboard).panels) {
    for (const { expr } of targets) assert.match(expr, /\{job="\$job"\}/);
  }
});

test('docs/team.md lists every metric with its type', async (context) => {
  const bridge = await startBridge(context);
  const { text } = await getJson(`${bridge.url}/metrics`);
  const team = readFileSync(join(FOLDER, '..', 'team.md'), 'utf8');
  const ROW = /^\| `((?:aliyun_codex_bridge|process)_\w+)` \| (\w+) \|/gm;
  const listed = [...team.matchAll(ROW)].map(([, ...row]) => row.join());
  const served = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, ...row]) => row.join());
  assert.deepEqual(listed.sort(), served.sort());
});

test(`nginx accepts nginx.conf${NGINX_MISSING}`, { skip: NGINX_MISSING !== '' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-nginx-'));
  try {
    const file = writeNginxConfig(folder, 8080, [31415, 31416]);
    const { status, stderr } = spawnSync('nginx', ['-t', '-c', file, '-p', folder], { encoding: 'utf8', env: SBIN });
    assert.equal(status, 0, stderr);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

const SBIN = { PATH: `${process.env['PATH']}:/usr/sbin` };

const promtool = spawnSync('promtool', ['--version']).status === 0;
const reason = promtool ? '' : ' (skipped: promtool, of the Debian package prometheus, is not installed)';
test(`promtool accepts prometheus.yml${reason}`, { skip: !promtool }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-prometheus-'));
  try {
    const [file, token] = [join(folder, 'prometheus.yml'), join(folder, 'token')];
    writeFileSync(token, 'x');
    writeFileSync(file, read('prometheus.yml').replace('/run/secrets/bridge_access_token', token));
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', file], { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
