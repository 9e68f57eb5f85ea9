/** Checks of this machine: Node.js, and the folder of the bridge's own files. */
import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isBefore } from '../../base/version';
import type { Check } from '../check';
import type { Examination } from '../examination';
import { failure, ok, warning, type Finding } from '../finding';

/** `engines` in package.json. */
const OLDEST_NODE = '18.17.0';

/** When the security updates of a release line end: the schedule of github.com/nodejs/release. */
const END_OF_LIFE: Readonly<Record<string, string>> = {
  18: '2025-04-30', 19: '2023-06-01', 20: '2026-04-30', 21: '2024-06-01',
  22: '2027-04-30', 23: '2025-06-01', 24: '2028-04-30',
};

function checkNode({ world: { nodeVersion, platform, arch, now } }: Examination): Finding {
  const seen = `${nodeVersion} on ${platform} ${arch}`;
  if (isBefore(nodeVersion, OLDEST_NODE)) {
    return failure(
      seen,
      `The bridge needs Node.js ${OLDEST_NODE} or newer: install a current one from https://nodejs.org.`,
    );
  }
  const end = END_OF_LIFE[nodeVersion.split('.')[0] ?? ''];
  const isOver = end !== undefined && now() > Date.parse(end);
  return ok(isOver ? `${seen}; security updates for this line ended on ${end}` : seen);
}

async function checkStateFolder({ places: { state } }: Examination): Promise<Finding> {
  const fix =
    'start, codex and logs need it: make it a folder that you may write to, or name another with --state-dir.';
  const nearest = await findExisting(state);
  if (nearest.kind === 'file') return warning(`${nearest.path} is not a folder`, fix);
  try {
    await access(nearest.path, constants.W_OK);
  } catch {
    return warning(`you may not write to ${nearest.path}`, fix);
  }
  return ok(nearest.path === state ? state : `${state}, made when it is needed`);
}

/** The folder, or what of the way to it is there. */
async function findExisting(path: string): Promise<{ readonly path: string; readonly kind: 'folder' | 'file' }> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined) return { path, kind: found.isDirectory() ? 'folder' : 'file' };
  const parent = dirname(path);
  return parent === path ? { path, kind: 'folder' } : findExisting(parent);
}

/** The rows of this machine. */
export const MACHINE_CHECKS: readonly Check[] = [
  { id: 'node', title: 'Node.js', needs: 'nothing', run: checkNode },
  { id: 'state-folder', title: 'Folder for its files', needs: 'nothing', run: checkStateFolder },
];
