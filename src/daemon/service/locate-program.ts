/** Finds the Node and the script that a service starts, and warns when an update would move them. */
import { PROGRAM } from '../../command/version';

export interface ProgramPaths {
  readonly node: string;
  readonly script: string;
}

/**
 * Locates both, given the path of the running Node. Homebrew keeps each version in its own folder and removes it with
 * the next update; the link in its `opt` folder is permanent.
 */
export function locateProgram(node: string, exists: (path: string) => boolean): ProgramPaths {
  const stable = node.replace(/^(.*)\/Cellar\/([^/]+)\/[^/]+\/bin\/node$/, '$1/opt/$2/bin/node');
  return { node: exists(stable) ? stable : node, script: PROGRAM };
}

/** The folders of version managers, one per version, and the npx cache, which npm cleans. */
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
  const [what, path] = findManager(node) === undefined ? ['The bridge', script] : ['Node', node];
  const manager = findManager(path);
  if (manager === undefined) return undefined;
  const isNpx = manager === 'npx';
  const advice = isNpx
    ? 'Install it first: npm install -g aliyun-codex-bridge'
    : 'Run this command again after each update.';
  return `${what} is in a folder of ${manager}, which the next update may remove: ${path}
The service would then not start. ${advice}`;
}
