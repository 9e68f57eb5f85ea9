/** Finds a program as a shell would, and says how to start it without a shell in between. */
import { posix, win32 } from 'node:path';
import type { Environment } from '../config/resolve';

/** What to hand to `spawn`: the words stand before the program's own. */
export interface Program {
  readonly command: string;
  readonly words: readonly string[];
  /** The words that follow must be quoted for cmd.exe: only the command interpreter can run this file. */
  readonly isScript?: true;
}

export interface Search {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** Whether there is a file that may be run. */
  readonly isProgram: (path: string) => boolean;
  /** The Node.js that runs scripts of npm. */
  readonly node: string;
}

/** @param name a name to look for on the PATH, or a path */
export function findProgram(name: string, search: Search): Program | undefined {
  const found = listCandidates(name, search).find(search.isProgram);
  return found === undefined ? undefined : describe(found, search);
}

function listCandidates(name: string, { env, platform }: Search): readonly string[] {
  const isWindows = platform === 'win32';
  const { delimiter, join } = isWindows ? win32 : posix;
  const endings = isWindows ? ['', ...(env['PATHEXT'] || '.COM;.EXE;.BAT;.CMD').toLowerCase().split(';')] : [''];
  const isPath = name.includes('/') || (isWindows && name.includes('\\'));
  const path = env['PATH'] ?? env['Path'] ?? '';
  // Windows takes the quotes around a folder for no part of it.
  const listed = path.split(delimiter).map((folder) => (isWindows ? folder.replace(/^"(.*)"$/, '$1') : folder));
  const folders = isPath ? [''] : listed.filter((folder) => folder !== '');
  // npm puts a script for Unix shells without an ending beside the one that Windows can run.
  const usable = isWindows && !/\.\w+$/.test(name) ? endings.slice(1) : endings;
  return folders.flatMap((folder) => usable.map((ending) => join(folder, `${name}${ending}`)));
}

/**
 * npm's `codex.cmd` only starts `node …/codex.js`: started directly, no argument has to survive the quoting rules of
 * cmd.exe, and Ctrl-C asks no "Terminate batch job (Y/N)?".
 */
function describe(path: string, { platform, isProgram, node }: Search): Program {
  if (platform !== 'win32' || !/\.(cmd|bat)$/i.test(path)) return { command: path, words: [] };
  const script = win32.join(win32.dirname(path), 'node_modules', '@openai', 'codex', 'bin', 'codex.js');
  const isNpm = win32.basename(path).toLowerCase() === 'codex.cmd' && isProgram(script);
  return isNpm ? { command: node, words: [script] } : { command: path, words: [], isScript: true };
}
