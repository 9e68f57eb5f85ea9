/** Defines SHELLS, the table of shells: the function that runs Codex with the bridge, and its start-up file. */
import { posix, win32 } from 'node:path';
import type { Environment } from '../config/resolve';
import { readXdgFolder } from '../command/paths';
import { quotePowerShellWord, quoteShellWord } from '../base/shell-word';

export type ShellName = 'bash' | 'zsh' | 'fish' | 'powershell';

/** The function's name, from the README of version 0.1.2. */
export const FUNCTION_NAME = 'codex-with-codingplan';

/** The facts that determine the paths of start-up files. */
export interface ShellMachine {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** The system's home folder. Unix shells use HOME instead, which MSYS2 and Cygwin set differently on Windows. */
  readonly home: string;
  readonly exists: (path: string) => boolean;
}

export interface Shell {
  /** The function; it looks up the launcher on the PATH each time. */
  readonly lines: readonly string[];
  /** Matches a line that defines the function, or an alias of that name. */
  readonly definition: RegExp;
  /** Returns the file for the function, then others that the shell may read. */
  readonly findFiles: (machine: ShellMachine) => readonly [string, ...string[]] | { readonly problem: string };
  /** Returns how to use the function in the current shell; printed after "Use it now:". */
  readonly useNow: (file: string) => string;
  /** A common problem and its fix. */
  readonly hint?: string;
}

/** In bash and zsh, `name()` would expand an alias, `function name` does not. `command` skips functions and aliases. */
const POSIX_LIKE = {
  lines: [`function ${FUNCTION_NAME} { command aliyun-codex-bridge codex "$@"; }`],
  definition: new RegExp(
    `^\\s*(?:function\\s+${FUNCTION_NAME}(?![\\w-])|${FUNCTION_NAME}\\s*\\(\\s*\\)|alias\\s+(?:-\\w+\\s+)*${FUNCTION_NAME}=)`,
  ),
  useNow: (file) => `source ${quoteShellWord(file)}`,
} as const satisfies Partial<Shell>;

/** The shells by the value of `--shell`. */
export const SHELLS: Readonly<Record<ShellName, Shell>> = {
  bash: { ...POSIX_LIKE, findFiles: findBashFiles },
  zsh: { ...POSIX_LIKE, findFiles: findZshFiles },
  fish: {
    lines: [
      `function ${FUNCTION_NAME} --wraps codex --description 'Codex through aliyun-codex-bridge'`,
      '    command aliyun-codex-bridge codex $argv',
      'end',
    ],
    definition: new RegExp(
      `^\\s*(?:function\\s+(?:-\\S+\\s+)*${FUNCTION_NAME}(?![\\w-])|alias\\s+${FUNCTION_NAME}[=\\s])`,
    ),
    findFiles: findFishFiles,
    useNow: () => 'fish finds it automatically, even in open shells.',
  },
  powershell: {
    // Piped input reaches a program only through $input (about_Automatic_Variables).
    lines: [
      `function ${FUNCTION_NAME} {`,
      '    if ($MyInvocation.ExpectingInput) { $input | aliyun-codex-bridge codex @args } else { aliyun-codex-bridge codex @args }',
      '}',
    ],
    definition: new RegExp(
      `^\\s*(?:function\\s+(?:\\w+:)?${FUNCTION_NAME}(?![\\w-])|(?:Set|New)-Alias\\b.*\\b${FUNCTION_NAME}(?![\\w-]))`,
      'i',
    ),
    findFiles: findProfiles,
    useNow: (file) => `. ${quotePowerShellWord(file)}`,
    hint: 'If running scripts is disabled, run: Set-ExecutionPolicy -Scope CurrentUser RemoteSigned',
  },
};

const findUnixHome = ({ env, home }: ShellMachine): string => env['HOME'] || home;

function findBashFiles(machine: ShellMachine): ReturnType<Shell['findFiles']> {
  const { platform, exists } = machine;
  const at = (name: string): string => joinOn(platform, findUnixHome(machine), name);
  const [rc, profile] = [at('.bashrc'), at('.bash_profile')];
  const others = [at('.bash_login'), at('.profile'), at('.bash_aliases')];
  // Terminals on macOS open login shells, which do not read .bashrc.
  if (platform !== 'darwin' || exists(rc)) return [rc, profile, ...others];
  // A login shell reads only the first of .bash_profile, .bash_login and .profile (bash(1), INVOCATION).
  const hidden = exists(profile) ? undefined : others.slice(0, 2).find(exists);
  if (hidden === undefined) return [profile, rc, ...others];
  const [source, target] = [quoteShellWord(hidden), quoteShellWord(profile)];
  const problem = `${profile} does not exist, and creating it would hide ${hidden} from bash.`;
  return { problem: `${problem} Create it with: echo '. ${source}' > ${target}` };
}

function findZshFiles(machine: ShellMachine): readonly [string, ...string[]] {
  const { env, platform } = machine;
  const at = (name: string): string => joinOn(platform, env['ZDOTDIR'] || findUnixHome(machine), name);
  return [at('.zshrc'), at('.zprofile'), at('.zshenv')];
}

function findFishFiles(machine: ShellMachine): readonly [string, ...string[]] {
  const { env, platform } = machine;
  const config = readXdgFolder('XDG_CONFIG_HOME', env, platform) ?? joinOn(platform, findUnixHome(machine), '.config');
  const folder = joinOn(platform, config, 'fish');
  return [joinOn(platform, folder, 'functions', `${FUNCTION_NAME}.fish`), joinOn(platform, folder, 'config.fish')];
}

const PROFILE = 'Microsoft.PowerShell_profile.ps1';

function findProfiles({ env, platform, home, exists }: ShellMachine): readonly [string, ...string[]] {
  if (platform !== 'win32') {
    const config = readXdgFolder('XDG_CONFIG_HOME', env, platform) ?? posix.join(home, '.config');
    return [posix.join(config, 'powershell', PROFILE)];
  }
  const current = findProfileFolder(env);
  const documents = current === undefined ? win32.join(home, 'Documents') : win32.dirname(current);
  const folders = ['PowerShell', 'WindowsPowerShell'].map((name) => win32.join(documents, name));
  // Every Windows has Windows PowerShell; PowerShell 7 is installed separately.
  const traces = [documents, env['ProgramFiles'] ?? 'C:\\Program Files'].map((folder) =>
    win32.join(folder, 'PowerShell'),
  );
  const hasPowerShell7 = traces.some(exists);
  const first = current ?? win32.join(documents, hasPowerShell7 ? 'PowerShell' : 'WindowsPowerShell');
  const others = folders.filter((folder) => folder !== first).map((folder) => win32.join(folder, PROFILE));
  return [win32.join(first, PROFILE), ...others];
}

/**
 * Finds the folder of the user's profile: it also contains the modules folder, which PowerShell lists first
 * (about_PSModulePath). Distinguishes PowerShell 7 from Windows PowerShell, even if OneDrive has moved Documents.
 */
function findProfileFolder(env: Environment): string | undefined {
  const [first = ''] = (env['PSModulePath'] ?? env['PSMODULEPATH'] ?? '').split(';');
  const folder = /^(.+[\\/](?:Windows)?PowerShell)[\\/]Modules[\\/]?$/i.exec(first)?.[1];
  return folder === undefined || /[\\/]Program Files/i.test(folder) ? undefined : folder;
}

function joinOn(platform: NodeJS.Platform, ...parts: string[]): string {
  return (platform === 'win32' ? win32 : posix).join(...parts);
}
