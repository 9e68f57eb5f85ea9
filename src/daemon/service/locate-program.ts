/** Finds the Node executable and the script that a service starts, and warns if an update would remove them. */
import { BRIDGE_SCRIPT } from '../../command/version';

export interface ProgramPaths {
  readonly node: string;
  readonly script: string;
}

/**
 * Locates Node and the script, given the path of the running Node. Homebrew keeps each version in its own folder and
 * removes it with the next update; the link in its `opt` folder is permanent.
 */
export function locateProgram(node: string, exists: (path: string) => boolean): ProgramPaths {
  const stable = node.replace(/^(.*)\/Cellar\/([^/]+)\/[^/]+\/bin\/node$/, '$1/opt/$2/bin/node');
  return { node: exists(stable) ? stable : node, script: BRIDGE_SCRIPT };
}

/** Programs whose folders may be removed: version managers have one per version, and npm cleans the npx cache. */
const MANAGERS: readonly (readonly [name: string, folder: RegExp])[] = [
  ['nvm', /[\\/]\.?nvm[\\/]/],
  ['fnm', /[\\/]\.?fnm(_multishells)?[\\/]/],
  ['Volta', /[\\/]\.?volta[\\/]/i],
  ['asdf', /[\\/]\.?asdf(-data)?[\\/]/],
  ['mise', /[\\/]mise[\\/]installs[\\/]/],
  ['nodenv', /[\\/]\.nodenv[\\/]/],
  ['n', /[\\/]n[\\/]versions[\\/]/],
  ['Homebrew', /\/Cellar\//],
  ['npx', /[\\/]_npx[\\/]/],
];

/** Returns a warning if an update would break the service; otherwise `undefined`. */
export function warnOfMoves({ node, script }: ProgramPaths): string | undefined {
  const findManager = (path: string): string | undefined => MANAGERS.find(([, folder]) => folder.test(path))?.[0];
  const [program, path] = findManager(node) === undefined ? ['The bridge', script] : ['Node', node];
  const manager = findManager(path);
  if (manager === undefined) return undefined;
  const isNpx = manager === 'npx';
  const advice = isNpx
    ? 'Install it first: npm install -g aliyun-codex-bridge'
    : 'Run this command again after each update.';
  return `${program} is in a folder that ${manager} may remove at the next update: ${path}
The service would then fail to start. ${advice}`;
}
