/** Drives Codex's terminal interface in a pseudo-terminal, which util-linux's `script` provides. */
import { spawnSync } from 'node:child_process';
import { exitOf, killGroup, startProgram, type Program } from '../support/program';

const PATIENCE_MS = 30_000;

/** Ends the interface, once to interrupt a turn and once more to leave. */
const CTRL_C = '\x03';

/** The interface gives the terminal its own screen back: it is about to end. */
const LEFT = '\x1b[?1049l';

/** Why there is no pseudo-terminal on this machine; `false` when there is one. As the `skip` option of a test. */
export function whyNoTerminal(): string | false {
  const { stdout } = spawnSync('script', ['--version'], { encoding: 'utf8' });
  return (stdout ?? '').includes('util-linux') ? false : 'needs script of util-linux';
}

export interface TuiOptions {
  /** Codex, or what launches it, with its first arguments. */
  readonly program: Pick<Program, 'command' | 'args'>;
  readonly prompt: string;
  readonly workspace: string;
  readonly codexHome: string;
  readonly env: Readonly<Record<string, string>>;
  /** The interface is left when it has written all of these. */
  readonly until: readonly string[];
  /** Called when it has. */
  readonly onSeen?: () => void;
}

/**
 * Starts Codex with a first prompt and resolves with all that it wrote to the terminal.
 *
 * @throws Error with what it wrote, when it ends or its time is over before it has shown all of `until`
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
    // Without an input that is a terminal itself, the new one has no size.
    args: [
      '--quiet',
      '--return',
      '--command',
      `stty rows 40 columns 120 && exec ${words.map(quote).join(' ')}`,
      '/dev/null',
    ],
    cwd: workspace,
    env: { ...env, CODEX_HOME: codexHome, TERM: 'xterm-256color', SHELL: '/bin/sh' },
    typed: true,
  });
  let screen = '';
  const seen = (): boolean => until.every((text) => screen.includes(text));
  const timer = setTimeout(() => killGroup(child), PATIENCE_MS);
  // Each thing it writes after that, and it answers every key with something, is another chance to tell it to end.
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const wasSeen = seen();
    screen += text;
    if (seen() && !wasSeen) onSeen?.();
    if (seen() && !screen.includes(LEFT)) child.stdin?.write(CTRL_C);
  });
  child.stdin?.on('error', () => undefined);
  const exitCode = await exitOf(child).finally(() => clearTimeout(timer));
  killGroup(child);
  // One Ctrl-C more than it needed makes it end with 130: only what it has shown counts.
  if (seen()) return screen;
  throw new Error(`The terminal interface ended with ${exitCode}, wanted was ${until.join(' and ')}:\n${screen}`);
}

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
