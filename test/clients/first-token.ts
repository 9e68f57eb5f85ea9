/**
 * Measures the time from a machine with only Node and Codex to the first word of an answer, with the commands of
 * README.md. `npm --prefix test/clients run first-token` prints the figures of CODEX_TEST_SUITE.md. The bridge is
 * installed from the packed tarball instead of a registry; the provider is scripted and answers at once.
 */
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { answer, startScriptedUpstream } from '../support/upstream/scripted-upstream';
import { PROJECT_ROOT } from '../house/source-tree';
import { untilFree } from '../support/cli/until-free';
import { runTui } from './codex/run-tui';
import { codexCommand, CURRENT_CODEX } from './codex/versions';
import { createClientEnv } from './support/program';
import { createWorkFolder, type WorkFolder } from './support/work-folder';

const KEY = 'sk-test-upstream';
const PORT = 31_415;
const WORD = 'Hallöchen';
const ROUNDS = 5;

/** Measures the milliseconds that `work` takes. */
async function time(work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** Runs `npm install -g aliyun-codex-bridge` from a tarball, without a network. */
async function install(folder: WorkFolder, prefix: string): Promise<number> {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--silent', '--pack-destination', folder.root], {
    cwd: PROJECT_ROOT,
  });
  const tarball = join(folder.root, stdout.trim().split('\n').at(-1) ?? '');
  const quiet = ['--offline', '--no-audit', '--no-fund', '--cache', join(folder.root, 'cache')];
  return time(async () => {
    await promisify(execFile)('npm', ['install', '--global', '--prefix', prefix, ...quiet, tarball]);
  });
}

async function main(): Promise<void> {
  const folder = await createWorkFolder();
  const upstream = await startScriptedUpstream({
    dialect: 'dashscope',
    apiKey: KEY,
    script: () => answer({ text: WORD, pieces: 99 }),
  });
  try {
    const prefix = join(folder.root, 'prefix');
    const installMs = await install(folder, prefix);
    await mkdir(join(folder.root, 'bin'));
    await symlink(codexCommand(CURRENT_CODEX).args[0] ?? '', join(folder.root, 'bin', 'codex'));
    const clean = createClientEnv(folder.home, folder.tmp);
    const env = {
      ...clean,
      PATH: `${join(prefix, 'bin')}:${join(folder.root, 'bin')}:${clean['PATH']}`,
      AI_API_KEY: KEY,
      AI_PROVIDER: 'aliyun-coding',
      AI_API_BASE: upstream.url,
    };
    const program = { command: 'aliyun-codex-bridge', args: ['codex', '-c', 'check_for_update_on_startup=false'] };
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const { workspace, codexHome } = folder;
      const begin = performance.now();
      const onSeen = (): void => void rounds.push(performance.now() - begin);
      await runTui({ program, prompt: 'Say hello.', workspace, codexHome, env, until: [WORD], onSeen });
      await untilFree(PORT);
    }
    const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
    const sorted = [...rounds].sort((a, b) => a - b);
    console.log(
      [
        'commands: 3 (install, export the key, aliyun-codex-bridge codex)',
        `install from the tarball: ${seconds(installMs)} s`,
        `aliyun-codex-bridge codex until the first word of the answer is on the screen: ${seconds(rounds[0] ?? 0)} s ` +
        'the first time,' +
          ` median ${seconds(sorted[sorted.length >> 1] ?? 0)} s of ${ROUNDS}`,
      ].join('\n'),
    );
  } finally {
    await upstream.close();
    await folder.dispose({ rejections: upstream.rejections });
  }
}

void main();
