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
  afterInstall: (file, { envFile, logFile }) => [
    {
      title: 'Run it whenever the phone starts',
      commands: ['install the Termux:Boot app from the same source as Termux, and open it once'],
    },
    { title: 'Start it now', commands: [quoteShellWord(file)] },
    { title: 'Restart it after an update or a change', commands: [nameCommand('stop', envFile), quoteShellWord(file)] },
    { title: 'Check it', commands: [nameCommand('status', envFile), `tail -f ${quoteShellWord(logFile)}`] },
  ],
  beforeRemove: (_file, envFile) => [
    { title: 'Stop it', commands: [nameCommand('stop', envFile), 'termux-wake-unlock'] },
  ],
};

/** The environment file has the port and the state folder of the bridge. */
const nameCommand = (command: 'stop' | 'status', envFile: string | undefined): string =>
  `${SERVICE} ${command}${envFile === undefined ? '' : ` --config-file ${quoteShellWord(envFile)}`}`;

/** Uses `start`, so that status and stop find the bridge: Termux:Boot cannot stop it. */
function renderScript(program: ServiceProgram): string {
  const args = [program.node, ...listArguments(program, 'file', 'start')].map(quoteShellWord);
  const variables = program.variables.map(({ name, value }) => `export ${name}=${quoteShellWord(value)}\n`);
  return `#!${program.prefix}/bin/sh
# ${MARK}; "${SERVICE} service remove" removes it.
# Without the lock, Android suspends everything while the screen is off.
termux-wake-lock
${variables.join('')}exec ${args.join(' ')} 2>> ${quoteShellWord(program.logFile)}
`;
}
