/** Drives Codex's terminal interface in a pseudo-terminal, which util-linux's `script` provides. */
import { spawnSync } from 'node:child_process';
import { exitOf, killGroup, startProgram, type Program } from '../support/program';

const PATIENCE_MS = 30_000;

/** Interrupts a turn; sent again, exits. */
const CTRL_C = '\x03';

/** Restores the terminal's main screen; the interface writes it when it is about to exit. */
const LEAVE_SCREEN = '\x1b[?1049l';

/** Why there is no pseudo-terminal on this machine, or `false`; for the `skip` option of a test. */
export function whyNoTerminal(): string | false {
  const { stdout } = spawnSync('script', ['--version'], { encoding: 'utf8' });
  return (stdout ?? '').includes('util-linux') ? false : 'needs script of util-linux';
}

export interface TuiOptions {
  /** Codex or its launcher, with the first arguments. */
  readonly program: Pick<Program, 'command' | 'args'>;
  readonly prompt: string;
  readonly workspace: string;
  readonly codexHome: string;
  readonly env: Readonly<Record<string, string>>;
  /** The interface is closed once it has written all of these. */
  readonly until: readonly string[];
  /** Called at that time. */
  readonly onSeen?: () => void;
}

/**
 * Starts Codex with a first prompt and resolves with its terminal output.
 *
 * @throws Error with its output, if it exits or times out before it has written all of `until`
 */
export async function runTui({
  program,
  prompt,
  workspace,
  codexHome,
  env,
  until,
  onSeen,
}: TuiOptions): Promise<string> {
  const words = [
    program.command,
    ...program.args,
    '--no-daemon',
    '--dangerously-bypass-approvals-and-sandbox',
    '-c',
    `projects={${JSON.stringify(workspace)}={trust_level="trusted"}}`,
    prompt,
  ];
  const child = startProgram({
    command: 'script',
    // If the input is not a terminal, the pseudo-terminal has no size.
    args: [
      '--quiet',
      '--return',
      '--command',
      `stty rows 40 columns 120 && exec ${words.map(quote).join(' ')}`,
      '/dev/null',
    ],
    cwd: workspace,
    env: { ...env, CODEX_HOME: codexHome, TERM: 'xterm-256color', SHELL: '/bin/sh' },
    hasInput: true,
  });
  let screen = '';
  const sawAll = (): boolean => until.every((text) => screen.includes(text));
  const timer = setTimeout(() => killGroup(child), PATIENCE_MS);
  // The interface writes something in response to every key, and each write triggers another Ctrl-C.
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const sawAllBefore = sawAll();
    screen += text;
    if (sawAll() && !sawAllBefore) onSeen?.();
    if (sawAll() && !screen.includes(LEAVE_SCREEN)) child.stdin?.write(CTRL_C);
  });
  child.stdin?.on('error', () => undefined);
  const exitCode = await exitOf(child).finally(() => clearTimeout(timer));
  killGroup(child);
  // One Ctrl-C too many makes it exit with 130, so the exit code is not checked.
  if (sawAll()) return screen;
  throw new Error(`The terminal interface ended with ${exitCode} before it wrote ${until.join(' and ')}:\n${screen}`);
}

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
