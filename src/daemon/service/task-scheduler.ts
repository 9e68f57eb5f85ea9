/** Renders the task for the Windows Task Scheduler. */
import { posix, win32 } from 'node:path';
import { quoteWindowsWord } from '../../base/shell-word';
import {
  escapeXml, listArguments, MARK, SERVICE, type ServiceKind, type ServiceProgram, type ServiceStep,
} from './service-kind';

const TASK = `/TN ${SERVICE}`;

/** The service manager of Windows; `schtasks` reads the file once and stores a copy. */
export const TASK_SCHEDULER: ServiceKind = {
  title: 'task of the Task Scheduler',
  mode: 0o600,
  encoding: 'utf16le',
  findFile: ({ platform }, { config }) => (platform === 'win32' ? win32 : posix).join(config, 'task.xml'),
  render: renderTask,
  afterInstall: (file, { logFile, variables }) => [
    ...listVariableSteps(variables),
    {
      title: 'Register and start it',
      commands: [`schtasks /Create ${TASK} /XML ${quoteWindowsWord(file)} /F`, `schtasks /Run ${TASK}`],
    },
    { title: 'Restart it after an update or a change', commands: [`schtasks /End ${TASK}`, `schtasks /Run ${TASK}`] },
    {
      title: 'Check it',
      commands: [`schtasks /Query ${TASK} /V /FO LIST`, `${SERVICE} logs --log-file ${quoteWindowsWord(logFile)}`],
    },
  ],
  beforeRemove: () => [
    { title: 'Stop and unregister it', commands: [`schtasks /End ${TASK}`, `schtasks /Delete ${TASK} /F`] },
  ],
};

/** A task cannot set variables, but it has those of the user's account. */
const listVariableSteps = (variables: ServiceProgram['variables']): readonly ServiceStep[] =>
  variables.length === 0 ? [] : [{
    title: 'Set the variables that Node reads when it starts',
    commands: variables.map(({ name, value }) => `setx ${name} ${quoteWindowsWord(value)}`),
  }];

/**
 * Without a user, the trigger and the principal would apply to all users, which only an administrator may register. A
 * task shows a window for a console program; conhost.exe provides a console without one (Windows 10, version 1809).
 */
function renderTask(program: ServiceProgram): string {
  const user = program.user === undefined ? '' : `\n      <UserId>${escapeXml(program.user)}</UserId>`;
  const args = ['--headless', program.node, ...listArguments(program, 'file')].map(quoteWindowsWord);
  const xml = `<?xml version="1.0" encoding="UTF-16"?>
<!-- ${MARK}; "${SERVICE} service remove" removes it. -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Lets Codex work with other providers.</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>${user}
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">${user}
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>3</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>conhost.exe</Command>
      <Arguments>${escapeXml(args.join(' '))}</Arguments>
      <WorkingDirectory>${escapeXml(program.home)}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
`;
  return `\ufeff${xml.replaceAll('\n', '\r\n')}`;
}
