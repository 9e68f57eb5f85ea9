/** Renders the launchd agent for macOS. */
import { posix } from 'node:path';
import { quoteShellWord } from '../../base/shell-word';
import { escapeXml, listArguments, MARK, SERVICE, type ServiceKind, type ServiceProgram } from './service-kind';

const LABEL = `dev.wellanet.${SERVICE}`;

/** The service manager of macOS. */
export const LAUNCHD: ServiceKind = {
  title: 'launchd agent',
  mode: 0o644,
  encoding: 'utf8',
  findFile: (_machine, { home }) => posix.join(home, 'Library', 'LaunchAgents', `${LABEL}.plist`),
  render: renderAgent,
  afterInstall: (file, { logFile }) => [
    { title: 'Register and start it', commands: [`launchctl bootstrap gui/$(id -u) ${quoteShellWord(file)}`] },
    { title: 'Restart it after an update or a change', commands: [`launchctl kickstart -k gui/$(id -u)/${LABEL}`] },
    {
      title: 'Check it',
      commands: [`launchctl print gui/$(id -u)/${LABEL}`, `tail -f ${quoteShellWord(logFile)}`],
    },
  ],
  beforeRemove: () => [{ title: 'Stop and unregister it', commands: [`launchctl bootout gui/$(id -u)/${LABEL}`] }],
};

/** Start-up errors go to standard error, which launchd appends to the log file (launchd.plist(5)). */
function renderAgent(program: ServiceProgram): string {
  const args = [program.node, ...listArguments(program, 'file')].map(
    (arg) => `    <string>${escapeXml(arg)}</string>\n`,
  );
  const variables = program.variables.map(
    ({ name, value }) => `    <key>${name}</key>\n    <string>${escapeXml(value)}</string>\n`,
  );
  const environment = variables.length === 0
    ? ''
    : `  <key>EnvironmentVariables</key>\n  <dict>\n${variables.join('')}  </dict>\n`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ${MARK}; "${SERVICE} service remove" removes it. -->
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${args.join('')}  </array>
${environment}  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>30</integer>
  <key>WorkingDirectory</key>
  <string>${escapeXml(program.home)}</string>
  <key>Umask</key>
  <integer>${0o077}</integer>
  <key>StandardErrorPath</key>
  <string>${escapeXml(program.logFile)}</string>
</dict>
</plist>
`;
}
