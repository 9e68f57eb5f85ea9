/** Where files of the user and of the bridge lie, on each system. */
import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';
import type { Environment } from '../config/resolve';

export interface Paths {
  readonly home: string;
  /** The bridge's own files: who runs, the log, the catalog. */
  readonly state: string;
  /** The bridge's files that a person edits: the variables of a service. */
  readonly config: string;
  /** Codex's folder, with config.toml in it. */
  readonly codexHome: string;
}

export interface Machine {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** The home folder as the system knows it; HOME or USERPROFILE beats it. */
  readonly homedir: () => string;
}

/** This machine, with the environment that a command was given. */
export const thisMachine = (env: Environment): Machine => ({ env, platform: process.platform, homedir });

const NAME = 'aliyun-codex-bridge';

/**
 * The places of `machine`: CODEX_HOME for Codex; for the bridge what the XDG Base Directory Specification says, on macOS
 * the Library, on Windows the local application data.
 *
 * @param stateDir the option that names the folder of the bridge's own files
 */
export function findPaths({ env, platform, homedir: system }: Machine, stateDir?: string): Paths {
  const { join, resolve } = platform === 'win32' ? win32 : posix;
  const home = (platform === 'win32' ? env['USERPROFILE'] : env['HOME']) || askSystem(system) || '/';
  const roots = findRoots(platform, env, (...parts) => join(home, ...parts));
  return {
    home,
    // Absolute: the bridge in the background has another working folder.
    state: stateDir === undefined ? join(roots.state, NAME) : resolve(stateDir),
    config: join(roots.config, NAME),
    codexHome: env['CODEX_HOME'] || join(home, '.codex'),
  };
}

interface Roots {
  readonly state: string;
  readonly config: string;
}

function findRoots(platform: NodeJS.Platform, env: Environment, below: (...parts: string[]) => string): Roots {
  if (platform === 'win32') {
    return {
      state: env['LOCALAPPDATA'] || below('AppData', 'Local'),
      config: env['APPDATA'] || below('AppData', 'Roaming'),
    };
  }
  if (platform === 'darwin') {
    const library = below('Library', 'Application Support');
    return { state: library, config: library };
  }
  return {
    state: absolute(env['XDG_STATE_HOME']) ?? below('.local', 'state'),
    config: absolute(env['XDG_CONFIG_HOME']) ?? below('.config'),
  };
}

/** "If an implementation encounters a relative path […] it should consider the path invalid and ignore it" (XDG). */
const absolute = (path = ''): string | undefined => (posix.isAbsolute(path) ? path : undefined);

/** Empty for a user whom the system does not know, as a container's may be: there Node throws. */
function askSystem(homedir: () => string): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}
