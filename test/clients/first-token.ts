/**
 * Measures what a user goes through, with the commands of README.md: from a machine with only Node and Codex to the
 * first word of an answer, from a rejected key to its fix, and from one provider to another.
 * `npm --prefix test/clients run first-token` prints the figures of CODEX_TEST_SUITE.md. The bridge is installed from
 * the packed tarball instead of a registry; the providers are scripted and answer at once.
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
import { createClientEnv, runProgram } from './support/program';
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

/** Runs `doctor`. @returns how long it took, how many lines it printed, and the last one */
async function diagnose(env: Readonly<Record<string, string>>, cwd: string) {
  const begin = performance.now();
  const { stdout } = await runProgram({ command: 'aliyun-codex-bridge', args: ['doctor'], cwd, env }, 60_000);
  const lines = stdout.trim().split('\n');
  return { ms: performance.now() - begin, lines: lines.length, fix: lines.at(-1)?.trim() };
}

async function main(): Promise<void> {
  const folder = await createWorkFolder();
  const upstream = await startScriptedUpstream({
    dialect: 'dashscope',
    apiKey: KEY,
    script: () => answer({ text: WORD, pieces: 99 }),
  });
  const other = await startScriptedUpstream({
    provider: 'zai',
    apiKey: KEY,
    script: () => answer({ text: WORD, pieces: 99 }),
  });
  try {
    const prefix = join(folder.root, 'prefix');
    const installMs = await install(folder, prefix);
    await mkdir(join(folder.root, 'bin'));
    await symlink(codexCommand(CURRENT_CODEX).args[0] ?? '', join(folder.root, 'bin', 'codex'));
    const clientEnv = createClientEnv(folder.home, folder.tmp);
    const env = {
      ...clientEnv,
      PATH: `${join(prefix, 'bin')}:${join(folder.root, 'bin')}:${clientEnv['PATH']}`,
      AI_API_KEY: KEY,
      AI_PROVIDER: 'aliyun-coding',
      AI_API_BASE: upstream.url,
    };
    const program = { command: 'aliyun-codex-bridge', args: ['codex', '-c', 'check_for_update_on_startup=false'] };
    const { workspace, codexHome } = folder;
    const timeFirstWord = async (variables: Readonly<Record<string, string>>): Promise<number> => {
      const begin = performance.now();
      let end = NaN;
      const onSeen = (): void => void (end = performance.now());
      await runTui({ program, prompt: 'Say hello.', workspace, codexHome, env: variables, until: [WORD], onSeen });
      await untilFree(PORT);
      return end - begin;
    };
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await timeFirstWord(env));
    const wrongKey = await diagnose({ ...env, AI_API_KEY: 'sk-sp-of-another-account' }, workspace);
    const otherProviderMs = await timeFirstWord({ ...env, AI_PROVIDER: 'zai', AI_API_BASE: other.url });
    const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
    const sorted = [...rounds].sort((a, b) => a - b);
    console.log(
      [
        'commands: 3 (install, export the key, aliyun-codex-bridge codex)',
        `install from the tarball: ${seconds(installMs)} s`,
        `aliyun-codex-bridge codex until the first word of the answer is on the screen: ${seconds(rounds[0] ?? 0)} s ` +
        'the first time,' +
          ` median ${seconds(sorted[sorted.length >> 1] ?? 0)} s of ${ROUNDS}`,
        `a rejected key: 1 command (doctor), ${seconds(wrongKey.ms)} s, ${wrongKey.lines} lines, the last: ` +
          `${wrongKey.fix}`,
        'another provider: 1 command (codex with AI_PROVIDER and its key), first word after ' +
          `${seconds(otherProviderMs)} s`,
      ].join('\n'),
    );
  } finally {
    await Promise.all([upstream.close(), other.close()]);
    await folder.dispose({ rejections: [...upstream.rejections, ...other.rejections] });
  }
}

void main();
