/** Checks of the bridge that may be running: who has the port, and is it the one that is installed and configured. */
import type { Health } from '../../instance/ask-health';
import { withSetup, type Check } from '../check';
import type { Examination, Setup } from '../examination';
import { failure, ok, skipped, warning, type Finding } from '../finding';

const RESTART = 'aliyun-codex-bridge stop ends it, and aliyun-codex-bridge start begins the new one.';

async function checkPort({ config: { host, port } }: Setup, { askPort }: Examination): Promise<Finding> {
  if (port === 0) return ok('any free one');
  const state = await askPort(port);
  if (state.kind === 'free') return ok(`${port} is free, no bridge runs there`);
  if (state.kind === 'bridge') return ok(`${port} belongs to ${describeBridge(state.health)}`);
  return failure(
    `${port} on ${host} belongs to another program`,
    'End that program, or choose another port with --port or PORT; aliyun-codex-bridge codex takes a free one by itself.',
  );
}

function describeBridge({ version = 'of an unknown version', pid, uptime, openStreams }: Health): string {
  const facts = [
    pid === undefined ? undefined : `pid ${pid}`,
    uptime === undefined ? undefined : `up ${describeTime(uptime)}`,
    openStreams === 0 ? undefined : `${openStreams} streaming`,
  ].filter((fact) => fact !== undefined);
  return `bridge ${version}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`;
}

function describeTime(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** A check of the bridge that runs. */
const withBridge = (judge: (health: Health, setup: Setup, examination: Examination) => Finding): Check['run'] =>
  withSetup(async (setup, examination) => {
    const state = setup.config.port === 0 ? undefined : await examination.askPort(setup.config.port);
    return state?.kind === 'bridge' ? judge(state.health, setup, examination) : skipped('no bridge runs');
  });

function checkVersion(health: Health, _setup: Setup, { version }: Examination): Finding {
  if (health.version === version) return ok(version);
  return warning(`${health.version ?? 'an unknown one'} runs, ${version} is installed`, RESTART);
}

function checkUpstream({ upstream = 'an unknown address' }: Health, { config: { aiBaseUrl } }: Setup): Finding {
  if (upstream === aiBaseUrl) return ok(upstream);
  return warning(
    `it asks ${upstream}, and this configuration says ${aiBaseUrl}`,
    `It was started with other options. ${RESTART}`,
  );
}

/** The rows of the running bridge. */
export const BRIDGE_CHECKS: readonly Check[] = [
  { id: 'port', title: 'Port', needs: 'nothing', run: withSetup(checkPort) },
  { id: 'bridge-version', title: 'Version', needs: 'nothing', after: ['port'], run: withBridge(checkVersion) },
  { id: 'bridge-upstream', title: 'Its provider', needs: 'nothing', after: ['port'], run: withBridge(checkUpstream) },
];
