/** `service`: writes or removes the file with which the system's service manager starts the bridge at login. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXIT, reportUsageErrors, type CommandContext } from '../command/command';
import { requireConfig, type Loaded } from '../command/load-config';
import { readOwnFlag, SERVICE_FLAGS } from '../command/own-flags';
import { describeMachine, findPaths, type Machine } from '../command/paths';
import { OPTIONS, OPTION_NAMES, type Config } from '../config/options';
import { findVariable } from '../config/resolve';
import { PROVIDERS } from '../providers/catalog';
import { installService, removeService, renderService } from './service/install';
import { LAUNCHD } from './service/launchd';
import type { ServiceKind, ServiceKindName } from './service/service-kind';
import { SYSTEMD } from './service/systemd';
import { TASK_SCHEDULER } from './service/task-scheduler';
import { TERMUX_BOOT } from './service/termux-boot';

/** The service managers by the value of `--kind`. */
export const SERVICE_KINDS: Readonly<Record<ServiceKindName, ServiceKind>> = {
  systemd: SYSTEMD,
  launchd: LAUNCHD,
  windows: TASK_SCHEDULER,
  termux: TERMUX_BOOT,
};

/** Detects the service manager of the machine; assumes systemd if it finds no other. */
export function detectKind({ env, platform }: Machine): ServiceKindName {
  if (platform === 'win32') return 'windows';
  if (platform === 'darwin') return 'launchd';
  const isTermux = platform === 'android' || env['TERMUX_VERSION'] || env['PREFIX']?.includes('com.termux');
  return isTermux ? 'termux' : 'systemd';
}

/** Returns 0 on success or if there is nothing to do, 1 if a file cannot be written or removed, 2 for invalid usage. */
export async function run(context: CommandContext): Promise<number> {
  const { operand, flags, own, errors, env, io } = context;
  const machine = describeMachine(env);
  const name = readOwnFlag(SERVICE_FLAGS.kind, own) ?? detectKind(machine);
  const kind = SERVICE_KINDS[name];
  const print = readOwnFlag(SERVICE_FLAGS.print, own) ?? false;
  if (operand === 'remove') {
    const misuse = print ? ['--print works only with service install.'] : [];
    if (errors.length + misuse.length > 0) return reportUsageErrors([...errors, ...misuse], io);
    const paths = findPaths(machine);
    const named = flags.configFile ?? findVariable('configFile', env);
    const envFile = named === undefined ? join(paths.config, 'env') : resolve(named);
    return removeService(kind, kind.findFile(machine, paths), envFile, io);
  }
  const resolved = requireServiceConfig(context, machine);
  if (typeof resolved === 'number') return resolved;
  const { config, fileVariables = [] } = resolved;
  const paths = findPaths(machine, config.stateDir);
  const installation = { kind, machine, paths, flags, config, fileVariables, node: process.execPath, io };
  if (print) {
    io.out(renderService(installation));
    return EXIT.done;
  }
  const code = await installService(installation);
  // The same check as sd_booted(3).
  if (code === EXIT.done && name === 'systemd' && !existsSync('/run/systemd/system')) io.error(NO_SYSTEMD);
  return code;
}

/**
 * Returns the configuration that the service will have, or the exit code after reporting errors. If the environment
 * file exists, it is kept, and the flags and variables of this command do not apply.
 */
function requireServiceConfig(context: CommandContext, machine: Machine): Loaded | number {
  const given = requireConfig(context, checkPortIsFixed);
  if (typeof given === 'number') return given;
  const configFile = given.config.configFile ?? join(findPaths(machine).config, 'env');
  if (!existsSync(configFile)) return given;
  const keys = (given.config.catalog ?? PROVIDERS).flatMap(({ keyEnv }) => keyEnv);
  const names = new Set<string>([...OPTION_NAMES.flatMap((name) => OPTIONS[name].env), ...keys]);
  const env = Object.fromEntries(Object.entries(context.env).filter(([name]) => !names.has(name)));
  return requireConfig({ ...context, flags: { configFile }, env }, checkPortIsFixed);
}

const NO_SYSTEMD = `
systemd is not running here. In WSL, add these lines to /etc/wsl.conf and restart with "wsl --shutdown":
  [boot]
  systemd=true
`;

function checkPortIsFixed({ port }: Config): readonly string[] {
  const problem = 'A service cannot use port 0, which picks another port at each start. Choose one with --port.';
  return port === 0 ? [problem] : [];
}
