/** `service install`: writes the file that starts the bridge at login, and the variables it needs. */
import { existsSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { posix, resolve, win32 } from 'node:path';
import { OPTIONS, type Config } from '../../config/options';
import type { FlagTexts } from '../../config/resolve';
import { EXIT, type CommandIo } from '../../command/command';
import { explainFailure, OPEN, PRIVATE, readIfThere, replaceUserFile } from '../../command/edit-file';
import type { Machine, Paths } from '../../command/paths';
import { collectVariables, renderEnvFile } from './env-file';
import { locateProgram, warnOfMoves } from './locate-program';
import { MARK, type ServiceKind, type ServiceProgram, type Step } from './service-kind';
import { TERMUX_PREFIX } from './termux-boot';

/** What `service install` is asked to do. */
export interface Installation {
  readonly kind: ServiceKind;
  readonly machine: Machine;
  readonly places: Paths;
  readonly flags: FlagTexts;
  readonly config: Config;
  /** The Node that runs now. */
  readonly node: string;
  readonly io: CommandIo;
}

/** Writes both files and says what to run next. Returns 0, or 1 when a file cannot be written. */
export async function installService(installation: Installation): Promise<number> {
  const { kind, machine, places, io } = installation;
  const program = describeProgram(installation);
  const wrong = Object.values(program).find((path) => /[\u0000-\u001f\u007f]/.test(path ?? ''));
  if (wrong !== undefined) {
    return fail(io, `Cannot write a service for ${JSON.stringify(wrong)}: a path has a control character in it.`);
  }
  const file = kind.findFile(machine, places);
  try {
    const written = await writeServiceFile(file, kind, program);
    if (written === undefined) {
      return fail(
        io,
        `Cannot write ${file}: it is there already, and "service install" did not write it. Move it away first.`,
      );
    }
    const variables = await keepVariables(program.envFile, installation);
    // launchd and the shell of Termux open the log before the bridge can create its folder.
    await mkdir(dirnameOf(program.logFile, machine), { recursive: true, mode: PRIVATE.folder });
    io.out(`${written} ${file}\n${variables}${renderSteps(kind.afterInstall(file, program))}`);
  } catch (error) {
    return fail(io, `Cannot write ${file}: ${explainFailure(error)}.`);
  }
  const warning = warnOfMoves(program);
  if (warning !== undefined) io.error(`\n${warning}\n`);
  return EXIT.done;
}

/** The file as text, for `--print`. */
export function renderService(installation: Installation): string {
  return installation.kind.render(describeProgram(installation)).replace(/^\ufeff/, '');
}

/** Commands under their headings, as the end of a command's text. */
export function renderSteps(steps: readonly Step[]): string {
  const renderStep = ({ title, commands }: Step): string => `\n${[`${title}:`, ...commands.map(indent)].join('\n')}\n`;
  return steps.map(renderStep).join('');
}

const indent = (command: string): string => `  ${command}`;

function describeProgram({ machine, places, config, node }: Installation): ServiceProgram {
  const { env, platform } = machine;
  const { join } = platform === 'win32' ? win32 : posix;
  const [domain, name] = [env['USERDOMAIN'], env['USERNAME']];
  return {
    ...locateProgram(node, existsSync),
    envFile: config.envFile === undefined ? join(places.config, 'env') : resolve(config.envFile),
    logFile: config.logFile === undefined ? join(places.state, `bridge-${config.port}.log`) : resolve(config.logFile),
    home: places.home,
    user: name && domain ? `${domain}\\${name}` : name,
    prefix: env['PREFIX'] || TERMUX_PREFIX,
  };
}

async function writeServiceFile(file: string, kind: ServiceKind, program: ServiceProgram): Promise<string | undefined> {
  const old = (await readIfThere(file))?.toString(kind.encoding);
  if (old !== undefined && old.trim() !== '' && !old.includes(MARK)) return undefined;
  const text = kind.render(program);
  if (old === text) return 'Nothing to change in';
  await replaceUserFile(file, Buffer.from(text, kind.encoding), { file: kind.mode, folder: OPEN.folder });
  await chmod(file, kind.mode);
  return old === undefined ? 'Wrote' : 'Renewed';
}

/** Writes the file of variables where there is none, and says so. */
async function keepVariables(file: string, { flags, machine, config }: Installation): Promise<string> {
  const variables = collectVariables({ flags, env: machine.env, config }, (path) => resolve(path));
  if ((await readIfThere(file)) !== undefined) {
    const given =
      Object.keys(flags).length > 0
        ? '; flags of this command are not in it, edit it yourself'
        : '; edit it to change them';
    return `Left ${file} alone: its variables stay as they are${given}.\n`;
  }
  const hasKey = config.aiApiKey !== undefined;
  const { text, leftOut } = renderEnvFile(variables, hasKey);
  await replaceUserFile(file, Buffer.from(text), PRIVATE);
  const names = variables.map(({ name }) => name).filter((name) => !leftOut.includes(name));
  return [
    `Wrote ${file} with ${names.length > 0 ? names.join(', ') : 'no variable'}; only you can read it.`,
    ...leftOut.map((name) => `Left ${name} out: its value has a line break or another control character.`),
    ...(hasKey
      ? []
      : [`No API key is set: write ${OPTIONS.aiApiKey.env[0]}=… into that file before you start the service.`]),
    '',
  ].join('\n');
}

function dirnameOf(path: string, { platform }: Machine): string {
  return (platform === 'win32' ? win32 : posix).dirname(path);
}

function fail(io: CommandIo, problem: string): number {
  io.error(`${problem}\n`);
  return EXIT.failed;
}
