/** Writes the file that starts the bridge at login, and its environment file; removes only the former. */
import { existsSync } from 'node:fs';
import { chmod, readlink, rm } from 'node:fs/promises';
import { dirname, posix, resolve, win32 } from 'node:path';
import { OPTIONS, type Config } from '../../config/options';
import type { FlagTexts } from '../../config/resolve';
import { adviseOnMissingKey } from '../../command/api-key';
import { EXIT, type CommandIo } from '../../command/command';
import { explainFailure, PRIVATE, PUBLIC, readIfThere, replaceUserFile } from '../../command/edit-file';
import type { Machine, Paths } from '../../command/paths';
import { makeFolder } from '../../state/replace-file';
import { collectStartVariables, collectVariables, renderEnvFile } from './env-file';
import { locateProgram, warnOfMoves } from './locate-program';
import { MARK, type ServiceKind, type ServiceProgram, type ServiceStep } from './service-kind';
import { TERMUX_PREFIX } from './termux-boot';

export interface Installation {
  readonly kind: ServiceKind;
  readonly machine: Machine;
  readonly paths: Paths;
  readonly flags: FlagTexts;
  readonly config: Config;
  /** Names of the variables that the providers file refers to. */
  readonly fileVariables?: readonly string[];
  /** The path of the running Node. */
  readonly node: string;
  readonly io: CommandIo;
}

/** Writes both files and prints the next steps. Returns 0, or 1 if a file cannot be written. */
export async function installService(installation: Installation): Promise<number> {
  const { kind, machine, paths, io } = installation;
  const program = describeProgram(installation);
  const badPath = Object.values(program)
    .find((path) => typeof path === 'string' && /[\u0000-\u001f\u007f]/.test(path));
  if (badPath !== undefined) {
    return fail(io, `Cannot write a service for ${JSON.stringify(badPath)}: the path contains a control character.`);
  }
  const file = kind.findFile(machine, paths);
  let task = `write ${file}`;
  try {
    const action = await writeServiceFile(file, kind, program);
    if (action === undefined) {
      return fail(io, `Cannot write ${file}: it exists, and "service install" did not write it. Move it away first.`);
    }
    task = `write ${program.envFile}`;
    const variables = await writeVariables(program.envFile, installation);
    // launchd and Termux's shell open the log before the bridge creates its folder.
    const logFolder = dirnameOf(program.logFile, machine);
    task = `create ${logFolder}`;
    makeFolder(logFolder, PRIVATE.folder);
    io.out(`${action} ${file}\n${variables}${renderSteps(kind.afterInstall(file, program))}`);
  } catch (error) {
    return fail(io, `Cannot ${task}: ${explainFailure(error)}.`);
  }
  const warning = warnOfMoves(program);
  if (warning !== undefined) io.error(`\n${warning}\n`);
  return EXIT.done;
}

/** Renders the service file, for `--print`. */
export function renderService(installation: Installation): string {
  return installation.kind.render(describeProgram(installation)).replace(/^\ufeff/, '');
}

/** Renders commands under their headings. */
function renderSteps(steps: readonly ServiceStep[]): string {
  return steps.map(({ title, commands }) => `\n${[`${title}:`, ...commands.map(indent)].join('\n')}\n`).join('');
}

const indent = (command: string): string => `  ${command}`;

function describeProgram({ machine, paths, config, node }: Installation): ServiceProgram {
  const { env, platform } = machine;
  const { join } = platform === 'win32' ? win32 : posix;
  const [domain, name] = [env['USERDOMAIN'], env['USERNAME']];
  return {
    ...locateProgram(node, existsSync),
    envFile: config.configFile === undefined ? join(paths.config, 'env') : resolve(config.configFile),
    logFile: config.logFile === undefined ? join(paths.state, `bridge-${config.port}.log`) : resolve(config.logFile),
    home: paths.home,
    user: name && domain ? `${domain}\\${name}` : name,
    prefix: env['PREFIX'] || TERMUX_PREFIX,
    variables: collectStartVariables(env, (path) => resolve(path)),
  };
}

/** @returns what was done, for the user; undefined if the file is not one that `service install` wrote */
async function writeServiceFile(file: string, kind: ServiceKind, program: ServiceProgram): Promise<string | undefined> {
  const old = (await readIfThere(file))?.toString(kind.encoding);
  if (old !== undefined && old.trim() !== '' && !old.includes(MARK)) return undefined;
  const text = kind.render(program);
  if (old === text) return 'Already up to date:';
  await replaceUserFile(file, Buffer.from(text, kind.encoding), { file: kind.mode, folder: PUBLIC.folder });
  await chmod(file, kind.mode);
  return old === undefined ? 'Wrote' : 'Updated';
}

/** Writes the environment file unless it exists. @returns what was done, as lines for the user */
async function writeVariables(file: string, installation: Installation): Promise<string> {
  const { flags, machine, config } = installation;
  const variables = collectVariables({ ...installation, env: machine.env }, (path) => resolve(path));
  const hasKey = adviseOnMissingKey(config, machine.env) === undefined;
  if ((await readIfThere(file)) !== undefined) {
    const ignored = Object.keys(flags).length > 0 ? ' The flags of this command were not added.' : '';
    return `Kept ${file} unchanged.${ignored} Edit it to change variables.\n${hasKey ? '' : `${NO_KEY}\n`}`;
  }
  const { text, omitted } = renderEnvFile(variables, hasKey);
  await replaceUserFile(file, Buffer.from(text), PRIVATE);
  const names = variables.map(({ name }) => name).filter((name) => !omitted.includes(name));
  return [
    `Wrote ${file} with ${names.length > 0 ? names.join(', ') : 'no variables'}; only you can read it.`,
    ...omitted.map((name) => `Omitted ${name}: its value contains a line break or another control character.`),
    ...(hasKey ? [] : [NO_KEY]),
    '',
  ].join('\n');
}

const NO_KEY = `No API key. Add ${OPTIONS.aiApiKey.env[0]}=… to that file before you start the service.`;

function dirnameOf(path: string, { platform }: Machine): string {
  return (platform === 'win32' ? win32 : posix).dirname(path);
}

function fail(io: CommandIo, problem: string): number {
  io.error(`${problem}\n`);
  return EXIT.failed;
}

/** Removes the service file. Returns 0 if it no longer exists, 1 if another program wrote it or removing it failed. */
export async function removeService(kind: ServiceKind, file: string, envFile: string, io: CommandIo): Promise<number> {
  let path = file;
  try {
    const hasVariables = existsSync(envFile);
    const old = (await readIfThere(file))?.toString(kind.encoding);
    if (old === undefined) {
      io.out(`No service to remove: ${file} does not exist.\n`);
      return EXIT.done;
    }
    if (!old.includes(MARK)) return fail(io, `Cannot remove ${file}: "service install" did not write it.`);
    io.out(renderSteps(kind.beforeRemove(file, hasVariables ? envFile : undefined)).slice(1));
    await rm(file);
    const link = kind.findRegistration?.(file);
    if (link !== undefined && (await isLinkTo(link, file))) await rm((path = link));
    const note = hasVariables ? `Kept ${envFile}: it contains your variables, possibly including your key.\n` : '';
    io.out(`\nRemoved ${file}\n${note}`);
    return EXIT.done;
  } catch (error) {
    return fail(io, `Cannot remove ${path}: ${explainFailure(error)}.`);
  }
}

/** `systemctl disable` cannot remove the link after the unit was deleted (systemd 252). */
async function isLinkTo(link: string, file: string): Promise<boolean> {
  const target = await readlink(link).catch(() => undefined);
  return target !== undefined && resolve(dirname(link), target) === file;
}
