/** Defines CHECKS, the table of doctor's checks: each one after those that it depends on. */
import { GROUPS, type Check, type CheckGroup } from './check';
import { CODEX_CHECKS } from './checks/codex';
import { CONFIGURATION_CHECKS } from './checks/configuration';
import { KEY_CHECKS } from './checks/key';
import { BRIDGE_CHECKS, MACHINE_CHECKS } from './checks/machine';
import { NETWORK_CHECKS } from './checks/network';
import { UPSTREAM_CHECKS } from './checks/upstream';

/** The checks by group. */
export const CHECKS: Readonly<Record<CheckGroup, readonly Check[]>> = {
  machine: MACHINE_CHECKS,
  configuration: CONFIGURATION_CHECKS,
  key: KEY_CHECKS,
  network: NETWORK_CHECKS,
  upstream: UPSTREAM_CHECKS,
  bridge: BRIDGE_CHECKS,
  codex: CODEX_CHECKS,
};

/** All checks, in the order of the groups. */
export const ALL_CHECKS: readonly Check[] = Object.values(CHECKS).flat();

/** Finds the group of a check; `machine` for a check that is not in the table. */
export function findGroup(check: Check): CheckGroup {
  return GROUP_NAMES.find((name) => CHECKS[name].includes(check)) ?? 'machine';
}

const GROUP_NAMES = Object.keys(GROUPS).filter((name): name is CheckGroup => Object.hasOwn(CHECKS, name));
