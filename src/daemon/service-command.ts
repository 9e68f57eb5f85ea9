/** `service`: starts the bridge whenever the user logs in, by a file for the tool that the system has for it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/options';
import { EXIT, type CommandContext } from '../command/command';
import { requireConfig } from '../command/load-config';
import { reportMistakes } from '../command/mistakes';
import { SERVICE_FLAGS } from '../command/own-flag-rows';
import { readOwnFlag } from '../command/own-flags';
import { findPaths, thisMachine } from '../command/paths';
import { installService, renderService } from './service/install';
import { detectKind, KINDS } from './service/kinds';
import { removeService } from './service/remove';

/** Returns 0 when it is done or there is nothing to do, 1 when a file is in the way, 2 when it was asked in a wrong way. */
export async function run(context: CommandContext): Promise<number> {
  const { operand, flags, own, mistakes, env, io } = context;
  const machine = thisMachine(env);
  const name = readOwnFlag(SERVICE_FLAGS.kind, own) ?? detectKind(machine);
  const kind = KINDS[name];
  const print = readOwnFlag(SERVICE_FLAGS.print, own) ?? false;
  if (operand === 'remove') {
    const wrong = print ? ['--print belongs to service install: removing prints nothing but what it does.'] : [];
    if (mistakes.length + wrong.length > 0) return reportMistakes([...mistakes, ...wrong], io);
    const places = findPaths(machine);
    return removeService(kind, kind.findFile(machine, places), join(places.config, 'env'), io);
  }
  const resolved = requireConfig(context, judgePort);
  if (typeof resolved === 'number') return resolved;
  const { config } = resolved;
  const places = findPaths(machine, config.stateDir);
  const installation = { kind, machine, places, flags, config, node: process.execPath, io };
  if (print) {
    io.out(renderService(installation));
    return EXIT.done;
  }
  const code = await installService(installation);
  // sd_booted(3) asks the same.
  if (code === EXIT.done && name === 'systemd' && !existsSync('/run/systemd/system')) io.error(NO_SYSTEMD);
  return code;
}

const NO_SYSTEMD = `
systemd does not run here. In WSL, put these lines into /etc/wsl.conf and restart it with "wsl --shutdown":
  [boot]
  systemd=true
`;

function judgePort({ port }: Config): readonly string[] {
  return port === 0 ? ['A service needs a port that stays the same: 0 would pick another one at each start.'] : [];
}
