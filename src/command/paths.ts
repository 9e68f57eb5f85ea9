/** Finds the folders of the user, of Codex and of the bridge on each system. */
import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';
import type { Environment } from '../config/resolve';

export interface Paths {
  readonly home: string;
  /** For the bridge's own files, such as records of running bridges, logs and catalogs. */
  readonly state: string;
  /** For the bridge's files that users edit, such as the environment file of a service. */
  readonly config: string;
  /** The folder of Codex's config.toml. */
  readonly codexHome: string;
}

export interface Machine {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** Returns the home folder that the system has for the user; HOME and USERPROFILE override it. */
  readonly homedir: () => string;
}

/** Describes this machine, with the environment of a command. */
export const describeMachine = (env: Environment): Machine => ({ env, platform: process.platform, homedir });

const NAME = 'aliyun-codex-bridge';

/**
 * Finds Codex's folder from CODEX_HOME. The bridge's folders follow the XDG Base Directory Specification; on macOS they
 * are in ~/Library/Application Support; on Windows, state is in %LOCALAPPDATA% and config in %APPDATA%.
 *
 * @param stateDir the option that sets the state folder
 */
export function findPaths({ env, platform, homedir: findHome }: Machine, stateDir?: string): Paths {
  const { join, resolve } = platform === 'win32' ? win32 : posix;
  const home = (platform === 'win32' ? env['USERPROFILE'] : env['HOME']) || readSystemHome(findHome) || '/';
  const roots = findRoots(platform, env, (...parts) => join(home, ...parts));
  return {
    home,
    // Absolute, because a background bridge has a different working directory.
    state: stateDir === undefined ? join(roots.state, NAME) : resolve(stateDir),
    config: join(roots.config, NAME),
    codexHome: env['CODEX_HOME'] || join(home, '.codex'),
  };
}

interface Roots {
  readonly state: string;
  readonly config: string;
}

function findRoots(platform: NodeJS.Platform, env: Environment, joinHome: (...parts: string[]) => string): Roots {
  if (platform === 'win32') {
    return {
      state: env['LOCALAPPDATA'] || joinHome('AppData', 'Local'),
      config: env['APPDATA'] || joinHome('AppData', 'Roaming'),
    };
  }
  if (platform === 'darwin') {
    const library = joinHome('Library', 'Application Support');
    return { state: library, config: library };
  }
  return {
    state: readXdgFolder('XDG_STATE_HOME', env, platform) ?? joinHome('.local', 'state'),
    config: readXdgFolder('XDG_CONFIG_HOME', env, platform) ?? joinHome('.config'),
  };
}

/**
 * Returns the folder that a variable of the XDG Base Directory Specification names. "If an implementation encounters a
 * relative path […] it should consider the path invalid and ignore it."
 */
export function readXdgFolder(
  name: `XDG_${string}`, env: Environment, platform: NodeJS.Platform,
): string | undefined {
  const path = env[name] ?? '';
  return (platform === 'win32' ? win32 : posix).isAbsolute(path) ? path : undefined;
}

/** Returns '' for a user unknown to the system, as in some containers, where Node throws. */
function readSystemHome(findHome: () => string): string {
  try {
    return findHome();
  } catch {
    return '';
  }
}
