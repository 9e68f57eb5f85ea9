/** Renders the script that Termux:Boot runs when the phone boots. */
import { posix } from 'node:path';
import { quoteShellWord } from '../../base/shell-word';
import { listArguments, MARK, SERVICE, type ServiceKind, type ServiceProgram } from './service-kind';

/** Termux's installation folder, unless PREFIX is set. */
export const TERMUX_PREFIX = '/data/data/com.termux/files/usr';

/** The service manager of Android with Termux and its add-on Termux:Boot. */
export const TERMUX_BOOT: ServiceKind = {
  title: 'script for Termux:Boot',
  mode: 0o700,
  encoding: 'utf8',
  findFile: (_machine, { home }) => posix.join(home, '.termux', 'boot', SERVICE),
  render: renderScript,
  afterInstall: (file, { logFile }) => [
    {
      title: 'Run it whenever the phone starts',
      commands: ['install the Termux:Boot app from the same source as Termux, and open it once'],
    },
    { title: 'Start it now', commands: [quoteShellWord(file)] },
    { title: 'Restart it after an update or a change', commands: [`${SERVICE} stop`, quoteShellWord(file)] },
    { title: 'Check it', commands: [`${SERVICE} status`, `tail -f ${quoteShellWord(logFile)}`] },
  ],
  beforeRemove: () => [{ title: 'Stop it', commands: [`${SERVICE} stop`, 'termux-wake-unlock'] }],
};

/** Uses `start`, so that status and stop find the bridge: Termux:Boot cannot stop it. */
function renderScript(program: ServiceProgram): string {
  const args = [program.node, ...listArguments(program, 'file', 'start')].map(quoteShellWord);
  return `#!${program.prefix}/bin/sh
# ${MARK}; "${SERVICE} service remove" removes it.
# Without the lock, Android suspends everything while the screen is off.
termux-wake-lock
exec ${args.join(' ')} 2>> ${quoteShellWord(program.logFile)}
`;
}
