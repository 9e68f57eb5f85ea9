/** Renders the systemd user unit. */
import { posix } from 'node:path';
import { quoteShellWord } from '../../base/shell-word';
import { readXdgFolder } from '../../command/paths';
import { listArguments, MARK, SERVICE, type ServiceKind, type ServiceProgram } from './service-kind';

const UNIT = `${SERVICE}.service`;

/** The service manager of Linux with systemd; the log goes to the journal. */
export const SYSTEMD: ServiceKind = {
  title: 'systemd user unit',
  mode: 0o644,
  encoding: 'utf8',
  findFile({ env }, { home }) {
    const folder = readXdgFolder('XDG_CONFIG_HOME', env, 'linux') ?? posix.join(home, '.config');
    return posix.join(folder, 'systemd', 'user', UNIT);
  },
  render: renderUnit,
  afterInstall: (file) => [
    {
      title: 'Register and start it',
      commands: ['systemctl --user daemon-reload', `systemctl --user enable --now ${nameUnit(file)}`],
    },
    { title: 'Restart it after an update or a change', commands: [`systemctl --user restart ${nameUnit(file)}`] },
    {
      title: 'Check it',
      commands: [`systemctl --user status ${nameUnit(file)}`, `journalctl --user -u ${nameUnit(file)} -f`],
    },
    { title: 'Keep it running while you are logged out', commands: ['loginctl enable-linger'] },
  ],
  beforeRemove: (file) => [
    {
      title: 'Stop and unregister it',
      commands: [`systemctl --user stop ${nameUnit(file)}`, 'systemctl --user daemon-reload'],
    },
  ],
  findRegistration: (file) => posix.join(posix.dirname(file), 'default.target.wants', posix.basename(file)),
};

const nameUnit = (file: string): string => quoteShellWord(posix.basename(file));

/**
 * Renders the unit. The settings after NoNewPrivileges are those that a user's service manager may apply
 * (systemd.exec(5)); MemoryDenyWriteExecute is not possible because of V8's JIT compiler. Exit code 2 means an invalid
 * configuration, which a restart does not fix.
 */
function renderUnit(program: ServiceProgram): string {
  const [script = '', ...rest] = listArguments(program, 'stderr');
  const args = [...nameNode(program.node), ...[script, ...rest].map(quoteUnitWord)];
  // In Environment=, a dollar sign has no special meaning (systemd.exec(5)).
  const variables = program.variables.map(({ name, value }) => `Environment=${quoteUnitText(`${name}=${value}`)}\n`);
  return `# ${MARK}; "${SERVICE} service remove" removes it.
# To change it, run: systemctl --user edit ${UNIT}
[Unit]
Description=${SERVICE}, which lets Codex work with other providers
StartLimitIntervalSec=300
StartLimitBurst=10

[Service]
Type=exec
${variables.join('')}ExecStart=${args.join(' ')}
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
 * In the program path, specifiers are expanded, but variables are not (systemd.service(5), COMMAND LINES). systemd 252
 * rejects a path with a quote or a backslash, so env starts such a program.
 */
function nameNode(node: string): readonly string[] {
  return /["'\\]/.test(node) ? ['/usr/bin/env', quoteUnitWord(node)] : [quoteUnitText(node)];
}

function quoteUnitWord(word: string): string {
  return quoteUnitText(word).replaceAll('$', '$$$$');
}

function quoteUnitText(text: string): string {
  const escaped = text.replaceAll('%', '%%');
  return /^[\w@%+:,./-]+$/.test(text) ? escaped : `"${escaped.replace(/[\\"]/g, '\\$&')}"`;
}
