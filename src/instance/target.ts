/** Which bridge `stop`, `status` and `logs` mean: the one on the port of the configuration. */
import { OPTIONS, type Config } from '../config/options';
import type { Origins } from '../config/resolve';
import { reachableHost } from './ask-health';
import type { CommandContext } from '../command/command';
import { requireConfig } from '../command/load-config';
import { findPaths, thisMachine, type Paths } from '../command/paths';
import { renderUrl } from '../command/start-up-line';
import { readRecord, stateFileOf, type BridgeRecord } from './state-file';

export interface Target {
  readonly config: Config;
  readonly origins: Origins;
  readonly places: Paths;
  /** Where it can be asked. */
  readonly host: string;
  readonly port: number;
  readonly stateFile: string;
  /** What a bridge in the background wrote about itself; it may have been killed since. */
  readonly record: BridgeRecord | undefined;
}

/** The target, or the exit code after the mistakes were told. */
export function findTarget(context: CommandContext): Target | number {
  const resolved = requireConfig(context, ({ port }) =>
    (port === 0 ? ['Port 0 stands for a free one: name the port that the bridge has, as status lists it.'] : []));
  if (typeof resolved === 'number') return resolved;
  const { config, origins } = resolved;
  const places = findPaths(thisMachine(context.env), config.stateDir);
  const stateFile = stateFileOf(places.state, config.port);
  const record = readRecord(stateFile);
  const host = origins.host.kind === 'default' ? (record?.host ?? config.host) : config.host;
  return { config, origins, places, host: reachableHost(host), port: config.port, stateFile, record };
}

/** The URL that clients of the bridge are given. */
export const renderBase = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `${renderUrl({ host: reachableHost(host), port })}/v1`;

/** The command that means the bridge on `port`, as a person types it. */
export function renderCommand(words: string, port: number): string {
  return `aliyun-codex-bridge ${words}${port === OPTIONS.port.default ? '' : ` --port ${port}`}`;
}
