/** CHECKS, the one table of what the doctor looks at, in the order in which things build on each other. */
import { GROUPS, type Check, type Group } from './check';
import { BRIDGE_CHECKS } from './checks/bridge';
import { CODEX_CHECKS } from './checks/codex';
import { CONFIGURATION_CHECKS } from './checks/configuration';
import { KEY_CHECKS } from './checks/key';
import { MACHINE_CHECKS } from './checks/machine';
import { NETWORK_CHECKS } from './checks/network';
import { UPSTREAM_CHECKS } from './checks/upstream';

/** The rows by group. */
export const CHECKS: Readonly<Record<Group, readonly Check[]>> = {
  machine: MACHINE_CHECKS,
  configuration: CONFIGURATION_CHECKS,
  key: KEY_CHECKS,
  network: NETWORK_CHECKS,
  upstream: UPSTREAM_CHECKS,
  bridge: BRIDGE_CHECKS,
  codex: CODEX_CHECKS,
};

/** All rows, in the order of the groups. */
export const ALL_CHECKS: readonly Check[] = Object.values(CHECKS).flat();

/** The group of a row; its title is `GROUPS[group]`. */
export function findGroup(check: Check): Group {
  return GROUP_NAMES.find((name) => CHECKS[name].includes(check)) ?? 'machine';
}

const GROUP_NAMES = Object.keys(GROUPS).filter((name): name is Group => Object.hasOwn(CHECKS, name));
