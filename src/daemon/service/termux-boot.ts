/** The script that Termux:Boot runs when the phone has started. */
import { posix } from 'node:path';
import { quoteShellWord } from '../../base/shell-word';
import { listWords, MARK, SERVICE, type ServiceKind, type ServiceProgram } from './service-kind';

/** Where Termux lies when PREFIX does not say it. */
export const TERMUX_PREFIX = '/data/data/com.termux/files/usr';

/** For Android with Termux and its add-on Termux:Boot. */
export const TERMUX_BOOT: ServiceKind = {
  title: 'script for Termux:Boot',
  mode: 0o700,
  encoding: 'utf8',
  findFile: (_machine, { home }) => posix.join(home, '.termux', 'boot', SERVICE),
  render: renderScript,
  afterInstall: (file, { logFile }) => [
    {
      title: 'Have it run whenever the phone starts',
      commands: ['install the app Termux:Boot from where you have Termux, and open it once'],
    },
    { title: 'Start it now', commands: [quoteShellWord(file)] },
    { title: 'Restart it after an update or a change', commands: [`${SERVICE} stop`, quoteShellWord(file)] },
    { title: 'See how it does', commands: [`${SERVICE} status`, `tail -f ${quoteShellWord(logFile)}`] },
  ],
  beforeRemove: () => [{ title: 'Stop it', commands: [`${SERVICE} stop`, 'termux-wake-unlock'] }],
};

/** With `start`, status and stop find what Termux:Boot began, which cannot stop it itself. */
function renderScript(program: ServiceProgram): string {
  const words = [program.node, ...listWords(program, 'file', 'start')].map(quoteShellWord);
  return `#!${program.prefix}/bin/sh
# ${MARK}; "${SERVICE} service remove" takes it away.
# Without the lock Android lets nothing run while the screen is off.
termux-wake-lock
exec ${words.join(' ')} 2>> ${quoteShellWord(program.logFile)}
`;
}
