/**
 * Draws docs/images/first-turn.svg: runs the commands of README.md with the real Codex, through the built bridge, with
 * a scripted provider, and renders their output. Run it with `npm --prefix test/clients run picture`.
 */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../house/source-tree';
import { untilFree } from '../support/cli/until-free';
import { answer, startScriptedUpstream } from '../support/upstream/scripted-upstream';
import { renderTerminalSvg } from '../tools/terminal-svg';
import { codexCommand, CURRENT_CODEX, shellCall } from './codex/versions';
import { createClientEnv, runProgram } from './support/program';
import { createWorkFolder } from './support/work-folder';

const KEY = 'sk-sp-your-key';
const PORT = 31_415;
const PROMPT = 'Which file says hello? Answer in one sentence.';

/** The model's two answers: it searches, then it reports. */
const SCRIPT = [
  answer({ reasoning: 'I search the folder for the word.', toolCalls: [shellCall('grep -rl hello .')] }),
  answer({ text: 'The file src/greet.js says hello.', usage: { prompt: 5_120, completion: 42, cached: 4_608 } }),
];

async function main(): Promise<void> {
  const folder = await createWorkFolder();
  const upstream = await startScriptedUpstream({ provider: 'aliyun-coding', script: SCRIPT });
  try {
    const bin = join(folder.root, 'bin');
    await mkdir(bin);
    await symlink(codexCommand(CURRENT_CODEX).args[0] ?? '', join(bin, 'codex'));
    await symlink(join(PROJECT_ROOT, 'bin', 'aliyun-codex-bridge.js'), join(bin, 'aliyun-codex-bridge'));
    await mkdir(join(folder.workspace, 'src'));
    await writeFile(join(folder.workspace, 'src', 'greet.js'), "console.log('hello');\n");
    const clientEnv = createClientEnv(folder.home, folder.tmp);
    const env = {
      ...clientEnv, PATH: `${bin}:${clientEnv['PATH']}`, CODEX_HOME: folder.codexHome, FORCE_COLOR: '1',
      AI_API_KEY: KEY, AI_PROVIDER: 'aliyun-coding', AI_API_BASE: upstream.url,
    };
    const run = async (args: readonly string[]): Promise<string> => {
      const program = { command: 'aliyun-codex-bridge', args, cwd: folder.workspace, env };
      const { stdout, stderr, exitCode } = await runProgram(program, 60_000);
      if (exitCode !== 0) throw new Error(`${args.join(' ')} ended with ${exitCode}:\n${stdout}${stderr}`);
      return stderr + stdout;
    };
    const flags = ['--dangerously-bypass-approvals-and-sandbox'];
    const turn = await run(['codex', 'exec', ...flags, PROMPT]);
    await untilFree(PORT);
    const log = await run(['logs', '--lines', '2']);
    const screen = [
      `\u001b[36m$\u001b[0m export AI_API_KEY=${KEY}`,
      `\u001b[36m$\u001b[0m aliyun-codex-bridge codex exec "${PROMPT}"`,
      hideTestSetup(turn, folder.workspace, upstream.url),
      '\u001b[36m$\u001b[0m aliyun-codex-bridge logs --lines 2',
      hideTestSetup(log, folder.workspace, upstream.url),
    ].join('\n');
    const file = join(PROJECT_ROOT, 'docs', 'images', 'first-turn.svg');
    await writeFile(file, renderTerminalSvg(screen, 'A first turn of Codex through the bridge, and its log lines'));
    console.log(`${screen}\n\n${file} written`);
  } finally {
    await upstream.close();
    await folder.dispose({ rejections: upstream.rejections });
  }
}

/** Replaces the scratch folder and the scripted provider's address with those of a user. */
const hideTestSetup = (text: string, workspace: string, url: string): string =>
  text.replaceAll(workspace, '~/project').replaceAll(url, 'https://coding.dashscope.aliyuncs.com/v1').trimEnd();

void main();
