/** The systemd user unit. */
import { posix } from 'node:path';
import { quoteShellWord } from '../../base/shell-word';
import { listWords, MARK, SERVICE, type ServiceKind, type ServiceProgram } from './service-kind';

const UNIT = `${SERVICE}.service`;

/** For Linux with systemd; the journal keeps the log. */
export const SYSTEMD: ServiceKind = {
  title: 'systemd user unit',
  mode: 0o644,
  encoding: 'utf8',
  findFile({ env }, { home }) {
    return posix.join(env['XDG_CONFIG_HOME'] || posix.join(home, '.config'), 'systemd', 'user', UNIT);
  },
  render: renderUnit,
  afterInstall: (file) => [
    {
      title: 'Register and start it',
      commands: ['systemctl --user daemon-reload', `systemctl --user enable --now ${nameUnit(file)}`],
    },
    { title: 'Restart it after an update or a change', commands: [`systemctl --user restart ${nameUnit(file)}`] },
    {
      title: 'See how it does',
      commands: [`systemctl --user status ${nameUnit(file)}`, `journalctl --user -u ${nameUnit(file)} -f`],
    },
    { title: 'Have it run while you are not logged in, too', commands: ['loginctl enable-linger'] },
  ],
  beforeRemove: (file) => [
    {
      title: 'Stop it and forget it',
      commands: [`systemctl --user stop ${nameUnit(file)}`, 'systemctl --user daemon-reload'],
    },
  ],
  findRegistration: (file) => posix.join(posix.dirname(file), 'default.target.wants', posix.basename(file)),
};

const nameUnit = (file: string): string => quoteShellWord(posix.basename(file));

/**
 * The settings under NoNewPrivileges are those that the manager of a user may give (systemd.exec(5)); the compiler of V8
 * rules out MemoryDenyWriteExecute. 2 is the exit code for a wrong configuration, which does not mend itself.
 */
function renderUnit(program: ServiceProgram): string {
  const [script = '', ...rest] = listWords(program, 'stderr');
  const words = [...nameNode(program.node), ...[script, ...rest].map(quoteUnitWord)];
  return `# ${MARK}; "${SERVICE} service remove" takes it away.
# Changes of yours belong into: systemctl --user edit ${UNIT}
[Unit]
Description=${SERVICE}, which lets Codex work with other providers
StartLimitIntervalSec=300
StartLimitBurst=10

[Service]
Type=exec
ExecStart=${words.join(' ')}
Restart=on-failure
RestartSec=2
RestartPreventExitStatus=2
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native

[Install]
WantedBy=default.target
`;
}

/**
 * The program to run: variables are not replaced in it, specifiers are (systemd.service(5), COMMAND LINES). One with a
 * quote or a backslash in its name is refused (systemd 252), so another program has to start it.
 */
function nameNode(node: string): readonly string[] {
  return /["'\\]/.test(node) ? ['/usr/bin/env', quoteUnitWord(node)] : [quoteUnitPath(node)];
}

function quoteUnitWord(word: string): string {
  return quoteUnitPath(word).replaceAll('$', '$$$$');
}

function quoteUnitPath(path: string): string {
  const escaped = path.replaceAll('%', '%%');
  return /^[\w@%+:,./-]+$/.test(path) ? escaped : `"${escaped.replace(/[\\"]/g, '\\$&')}"`;
}
