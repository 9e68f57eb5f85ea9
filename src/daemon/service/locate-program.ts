/** Which Node and which script a service starts, and whether they will stay where they are. */
import { PROGRAM } from '../../command/version';

/** The paths that a file for a service is written with. */
export interface Located {
  readonly node: string;
  readonly script: string;
}

/**
 * Takes the path of the Node that runs now. Homebrew keeps each version in a folder of its own and takes it away at the
 * next update; the link in its `opt` folder stays.
 */
export function locateProgram(node: string, exists: (path: string) => boolean): Located {
  const stable = node.replace(/^(.*)\/Cellar\/([^/]+)\/[^/]+\/bin\/node$/, '$1/opt/$2/bin/node');
  return { node: exists(stable) ? stable : node, script: PROGRAM };
}

/** Folders of version managers, which hold one version each; and that of npx, which npm empties. */
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

/** Says that an update would break the service, or `undefined` where that is not to be feared. */
export function warnOfMoves({ node, script }: Located): string | undefined {
  const findManager = (path: string): string | undefined => MANAGERS.find(([, folder]) => folder.test(path))?.[0];
  const [what, path] = findManager(node) === undefined ? ['The bridge', script] : ['Node', node];
  const manager = findManager(path);
  if (manager === undefined) return undefined;
  const isNpx = manager === 'npx';
  const advice = isNpx
    ? 'install it first: npm install -g aliyun-codex-bridge'
    : 'run this again after an update of it';
  return `${what} lies in a folder of ${manager}, which may go with the next update: ${path}
The service could not start then; ${advice}.`;
}
