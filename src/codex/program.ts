/** Finds a program as a shell would, and builds the arguments to start it without a shell. */
import type { SpawnOptions } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { posix, win32 } from 'node:path';
import { quoteArgument } from '../base/shell-word';
import { attempt } from '../base/thrown';
import type { Environment } from '../config/resolve';

/** How to start a program: `args` precede the arguments that the caller gives it. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Only cmd.exe can run this file, so arguments must be quoted for it. */
  readonly isScript?: true;
}

export interface ProgramSearch {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** Whether `path` is a file that can be executed. */
  readonly isProgram: (path: string) => boolean;
  /** The path of Node.js, which runs npm's scripts. */
  readonly node: string;
}

/** Finds an installed program. @param name a name on the PATH, or a path */
export const findInstalledProgram = (name: string, env: Environment, platform = process.platform) =>
  findProgram(name, { env, platform, isProgram: isExecutable, node: process.execPath });

/** Finds a program on the machine that `search` describes. @param name a name on the PATH, or a path */
export function findProgram(name: string, search: ProgramSearch): Program | undefined {
  const found = listCandidates(name, search).find(search.isProgram);
  return found === undefined ? undefined : toProgram(found, search);
}

/** True for a file that may be executed; on Windows, for any file. */
function isExecutable(path: string): boolean {
  const isFile = attempt(() => {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  });
  return isFile ?? false;
}

function listCandidates(name: string, { env, platform }: ProgramSearch): readonly string[] {
  const isWindows = platform === 'win32';
  const { delimiter, join } = isWindows ? win32 : posix;
  const extensions = isWindows ? ['', ...(env['PATHEXT'] || '.COM;.EXE;.BAT;.CMD').toLowerCase().split(';')] : [''];
  const isPath = name.includes('/') || (isWindows && name.includes('\\'));
  const path = env['PATH'] ?? env['Path'] ?? '';
  // Windows ignores quotes around a folder on the PATH.
  const listed = path.split(delimiter).map((folder) => (isWindows ? folder.replace(/^"(.*)"$/, '$1') : folder));
  const folders = isPath ? [''] : listed.filter((folder) => folder !== '');
  // npm installs a Unix shell script without an extension next to the .cmd file that Windows can run.
  const usable = isWindows && !/\.\w+$/.test(name) ? extensions.slice(1) : extensions;
  return folders.flatMap((folder) => usable.map((extension) => join(folder, `${name}${extension}`)));
}

/**
 * npm's `codex.cmd` only runs `node …/codex.js`. If that command is run directly, arguments need no quoting for
 * cmd.exe, and Ctrl-C does not prompt "Terminate batch job (Y/N)?".
 */
function toProgram(path: string, { platform, isProgram, node }: ProgramSearch): Program {
  if (platform !== 'win32' || !/\.(cmd|bat)$/i.test(path)) return { command: path, args: [] };
  const script = win32.join(win32.dirname(path), 'node_modules', '@openai', 'codex', 'bin', 'codex.js');
  const isNpm = win32.basename(path).toLowerCase() === 'codex.cmd' && isProgram(script);
  return isNpm ? { command: node, args: [script] } : { command: path, args: [], isScript: true };
}

/** Returns the file of a program, for messages. */
export const pathOf = ({ args, command }: Program): string => args[0] ?? command;

interface Spawn {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: SpawnOptions;
}

/** Returns the arguments of `spawn` that run `program` with `args`. */
export function toSpawn(program: Program, args: readonly string[]): Spawn {
  const all = [...program.args, ...args];
  if (program.isScript === undefined) return { command: program.command, args: all, options: {} };
  return {
    command: process.env['ComSpec'] || 'cmd.exe',
    args: renderCmdArguments(program.command, all),
    options: { windowsVerbatimArguments: true },
  };
}

/**
 * Renders the arguments of `cmd.exe` that run a batch file with `args`, for `windowsVerbatimArguments`.
 *
 * Quotes are for the program. Carets are for cmd.exe, and doubled in arguments, because cmd.exe parses them a second
 * time where the batch file has `%*`.
 */
export function renderCmdArguments(file: string, args: readonly string[]): readonly string[] {
  const line = [escape(file), ...args.map((arg) => escape(escape(quoteArgument(arg))))].join(' ');
  return ['/d', '/s', '/c', `"${line}"`];
}

const escape = (text: string): string => text.replace(/[()\][%!^"`<>&|;, *?]/g, '^$&');
