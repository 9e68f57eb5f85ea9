/** Checks this machine: Node.js, the state folder, and a running bridge. */
import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { renderDuration } from '../../base/quantities';
import { isBefore } from '../../base/version';
import type { Health } from '../../instance/bridge-client';
import { failure, ok, skipped, warning, withSettings, type Check, type Finding } from '../check';
import type { DoctorSettings, Examination } from '../examination';

/** The minimum in `engines` of package.json. */
const OLDEST_NODE = '18.17.0';

/** The dates on which security updates of a release line end, from github.com/nodejs/release. */
const END_OF_LIFE: Readonly<Record<string, string>> = {
  18: '2025-04-30', 19: '2023-06-01', 20: '2026-04-30', 21: '2024-06-01',
  22: '2027-04-30', 23: '2025-06-01', 24: '2028-04-30',
};

function checkNode({ runtime: { nodeVersion, platform, arch, now } }: Examination): Finding {
  const seen = `${nodeVersion} on ${platform} ${arch}`;
  if (isBefore(nodeVersion, OLDEST_NODE)) {
    return failure(seen, `The bridge needs Node.js ${OLDEST_NODE} or later. Install one from https://nodejs.org.`);
  }
  const end = END_OF_LIFE[nodeVersion.split('.')[0] ?? ''];
  const isOver = end !== undefined && now() > Date.parse(end);
  return ok(isOver ? `${seen}; security updates for this line ended on ${end}` : seen);
}

async function checkStateFolder({ paths: { state } }: Examination): Promise<Finding> {
  const fix = 'Background bridges keep their logs there. Make it a writable folder, or name another with --state-dir.';
  const nearest = await findExisting(state);
  if (nearest.kind === 'file') return warning(`${nearest.path} is not a folder`, fix);
  try {
    await access(nearest.path, constants.W_OK);
  } catch {
    return warning(`${nearest.path} is not writable`, fix);
  }
  return ok(nearest.path === state ? state : `${state} (created on first use)`);
}

/** Returns the path, or its closest existing ancestor. */
async function findExisting(path: string): Promise<{ readonly path: string; readonly kind: 'folder' | 'file' }> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined) return { path, kind: found.isDirectory() ? 'folder' : 'file' };
  const parent = dirname(path);
  return parent === path ? { path, kind: 'folder' } : findExisting(parent);
}

const RESTART = 'Replace it: aliyun-codex-bridge stop, then aliyun-codex-bridge start.';

async function checkPort({ config: { host, port } }: DoctorSettings, { askPort }: Examination): Promise<Finding> {
  if (port === 0) return ok('any free one');
  const state = await askPort(port);
  if (state.kind === 'free') return ok(`${port} is free; no bridge is running`);
  if (state.kind === 'bridge') return ok(`${port} is used by ${describeBridge(state.health)}`);
  return failure(
    `${port} on ${host} is in use by another program`,
    'Stop that program, or choose another port with --port. aliyun-codex-bridge codex picks a free one itself.',
  );
}

function describeBridge({ version = 'of an unknown version', pid, uptime, openStreams }: Health): string {
  const facts = [
    pid === undefined ? undefined : `pid ${pid}`,
    uptime === undefined ? undefined : `up ${renderDuration(uptime * 1_000)}`,
    openStreams === 0 ? undefined : `${openStreams} streaming`,
  ].filter((fact) => fact !== undefined);
  return `bridge ${version}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`;
}

/** Creates the function of a check of the running bridge; the check is skipped if none is running. */
const withBridge = (check: (health: Health, settings: DoctorSettings, version: string) => Finding): Check['run'] =>
  withSettings(async (settings, { askPort, version }) => {
    const state = settings.config.port === 0 ? undefined : await askPort(settings.config.port);
    return state?.kind === 'bridge' ? check(state.health, settings, version) : skipped('no bridge is running');
  });

function checkVersion({ version: running }: Health, _settings: DoctorSettings, version: string): Finding {
  if (running === version) return ok(version);
  return warning(`${running ?? 'an unknown version'} is running, ${version} is installed`, RESTART);
}

function checkUpstream({ upstream = 'an unknown URL' }: Health, { config: { aiBaseUrl } }: DoctorSettings): Finding {
  if (upstream === aiBaseUrl) return ok(upstream);
  return warning(
    `the running bridge uses ${upstream}, this configuration ${aiBaseUrl}`,
    `It was started with other options. ${RESTART}`,
  );
}

/** The checks of this machine. */
export const MACHINE_CHECKS: readonly Check[] = [
  { id: 'node', title: 'Node.js', needs: 'nothing', run: checkNode },
  { id: 'state-folder', title: 'State folder', needs: 'nothing', run: checkStateFolder },
];

const AFTER_PORT = { needs: 'nothing', after: ['port'] } as const;

/** The checks of the running bridge. */
export const BRIDGE_CHECKS: readonly Check[] = [
  { id: 'port', title: 'Port', needs: 'nothing', run: withSettings(checkPort) },
  { id: 'bridge-version', title: 'Bridge version', ...AFTER_PORT, run: withBridge(checkVersion) },
  { id: 'bridge-upstream', title: 'Bridge provider', ...AFTER_PORT, run: withBridge(checkUpstream) },
];
