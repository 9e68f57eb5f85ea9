/** KINDS, the table of what can start the bridge at login, and which of them this machine has. */
import type { Machine } from '../../command/paths';
import { LAUNCHD } from './launchd';
import type { KindName, ServiceKind } from './service-kind';
import { SYSTEMD } from './systemd';
import { TASK_SCHEDULER } from './task-scheduler';
import { TERMUX_BOOT } from './termux-boot';

/** The rows by the word behind `--kind`. */
export const KINDS: Readonly<Record<KindName, ServiceKind>> = {
  systemd: SYSTEMD,
  launchd: LAUNCHD,
  windows: TASK_SCHEDULER,
  termux: TERMUX_BOOT,
};

/** What starts services on this machine; systemd where nothing speaks against it. */
export function detectKind({ env, platform }: Machine): KindName {
  if (platform === 'win32') return 'windows';
  if (platform === 'darwin') return 'launchd';
  return platform === 'android' || env['TERMUX_VERSION'] || env['PREFIX']?.includes('com.termux')
    ? 'termux'
    : 'systemd';
}
