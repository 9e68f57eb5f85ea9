/** Lists the versions of Node to test with. `.ci/run` installs them into test/.nodes where it can. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface NodeVersion {
  /** `Node 18`, or why it is skipped. */
  readonly title: string;
  readonly skip: boolean;
  readonly path: string;
}

const FOLDER = join(__dirname, '..', '..', '.nodes', 'node_modules');

/** The Node that runs the tests, then each of these major versions. */
export const listNodes = (...majors: readonly number[]): readonly NodeVersion[] => [
  { title: 'this Node', skip: false, path: process.execPath },
  ...majors.map((major) => {
    const path = join(FOLDER, `node${major}`, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    const skip = !existsSync(path);
    return { title: `Node ${major}${skip ? ', skipped: it is not installed in test/.nodes' : ''}`, skip, path };
  }),
];
