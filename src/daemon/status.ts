/** What is known of the bridge on a port, and of the others in the background. */
import { probePort, type PortState } from '../instance/ask-health';
import { readVersion } from '../command/version';
import { listRecords, type BridgeRecord } from '../instance/state-file';
import { renderBase, type Target } from '../instance/target';

/** What `status --json` prints; what is not known is null. */
export interface Status {
  readonly state: 'running' | 'stopped' | 'stranger';
  readonly running: boolean;
  /** With `/v1`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number | null;
  readonly version: string | null;
  /** The version of this program, which a running bridge may not have. */
  readonly installed: string;
  /** Seconds. */
  readonly uptime: number | null;
  readonly upstream: string | null;
  readonly openStreams: number;
  readonly launches: number;
  /** Whether it was started in the background; otherwise a terminal or a service runs it. */
  readonly background: boolean;
  readonly logFile: string | null;
  /** Bridges in the background on other ports. */
  readonly others: readonly OtherBridge[];
}

export interface OtherBridge {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly version: string | null;
  readonly upstream: string | null;
  readonly logFile: string;
}

const STATES: Readonly<Record<PortState['kind'], Status['state']>> = {
  free: 'stopped', bridge: 'running', stranger: 'stranger',
};

/** Asks every bridge that may run. */
export async function findStatus({ host, port, places, record }: Target): Promise<Status> {
  const records = listRecords(places.state).filter((other) => other.port !== port);
  const [state, ...others] = await Promise.all([probePort({ host, port }), ...records.map(findOther)]);
  const health = state.kind === 'bridge' ? state.health : undefined;
  const background = health !== undefined && record?.pid === health.pid;
  return {
    state: STATES[state.kind],
    running: health !== undefined,
    url: renderBase({ host, port }),
    port,
    pid: health?.pid ?? null,
    version: health?.version ?? null,
    installed: readVersion(),
    uptime: health?.uptime ?? null,
    upstream: health?.upstream ?? null,
    openStreams: health?.openStreams ?? 0,
    launches: health?.launches ?? 0,
    background,
    logFile: background ? (record?.logFile ?? null) : null,
    others: others.flat(),
  };
}

/** A record without its bridge is one of a process that was killed. */
async function findOther({ host, port, pid, logFile }: BridgeRecord): Promise<readonly OtherBridge[]> {
  const state = await probePort({ host, port });
  if (state.kind !== 'bridge' || state.health.pid !== pid) return [];
  const { version, upstream } = state.health;
  const url = renderBase({ host, port });
  return [{ url, port, pid, version: version ?? null, upstream: upstream ?? null, logFile }];
}
