/** Finds the bridge that `stop`, `status` and `logs` refer to: the one on the configured port. */
import { OPTIONS, type Config } from '../config/options';
import type { Origins } from '../config/resolve';
import type { CommandContext } from '../command/command';
import { loadWithoutKeyStore, requireConfig } from '../command/load-config';
import { describeMachine, findPaths, type Paths } from '../command/paths';
import { renderUrl, type Address } from '../command/render';
import { toReachableHost } from './bridge-client';
import { readRecord, stateFileOf, type BridgeRecord } from './bridge-record';

export interface BridgeTarget {
  readonly config: Config;
  readonly origins: Origins;
  readonly paths: Paths;
  /** The host at which this machine reaches the bridge. */
  readonly host: string;
  readonly port: number;
  readonly stateFile: string;
  /** The record of a background bridge, which may have been killed since. */
  readonly record: BridgeRecord | undefined;
}

/** Returns the target, or the exit code after reporting errors. */
export function findTarget(context: CommandContext): BridgeTarget | number {
  const resolved = requireConfig(context, ({ port }) =>
    (port === 0 ? ['Cannot find a bridge by port 0. Give the port that "aliyun-codex-bridge status" lists.'] : []),
  loadWithoutKeyStore);
  if (typeof resolved === 'number') return resolved;
  const { config, origins } = resolved;
  const paths = findPaths(describeMachine(context.env), config.stateDir);
  const stateFile = stateFileOf(paths.state, config.port);
  const record = readRecord(stateFile);
  const host = origins.host.kind === 'default' ? (record?.host ?? config.host) : config.host;
  return { config, origins, paths, host: toReachableHost(host), port: config.port, stateFile, record };
}

/** Renders the base URL for clients of the bridge. */
export const renderBase = ({ host, port }: Address): string => `${renderUrl({ host: toReachableHost(host), port })}/v1`;

/** Renders a command line for the bridge on `port`. */
export function renderCommand(command: string, port: number): string {
  return `aliyun-codex-bridge ${command}${port === OPTIONS.port.default ? '' : ` --port ${port}`}`;
}
