/** `setup --shell`: prints the function that starts Codex through the bridge, or keeps it in the shell's start-up file. */
import { existsSync } from 'node:fs';
import { lstat, rm } from 'node:fs/promises';
import { EXIT, type CommandContext, type CommandIo } from '../command/command';
import { explainFailure, OPEN, readIfThere, replaceUserFile } from '../command/edit-file';
import { reportMistakes } from '../command/mistakes';
import { SETUP_FLAGS } from '../command/own-flag-rows';
import { readOwnFlag, type OwnTexts } from '../command/own-flags';
import { findPaths, thisMachine } from '../command/paths';
import { findForeign, hasRegion, putRegion, renderRegion, takeRegion, type Edit } from './region';
import { FUNCTION_NAME, SHELLS, type Shell, type ShellMachine, type ShellName } from './shells';

/** What is wrong with the flags of `setup` around `--shell`, as sentences. */
export function judgeShellFlags(own: OwnTexts): readonly string[] {
  const shell = readOwnFlag(SETUP_FLAGS.shell, own);
  const install = readOwnFlag(SETUP_FLAGS.install, own) ?? false;
  const undo = readOwnFlag(SETUP_FLAGS.undo, own) ?? false;
  if (install && shell === undefined)
    return ['--install needs --shell beside it, such as: setup --shell bash --install.'];
  return install && undo ? ['--install adds the function and --undo takes it out: give one of them.'] : [];
}

/**
 * Prints the function of `shell`; with `install` adds it to the start-up file, with `--undo` takes it out.
 * Returns 0 when that is done or was done before, 1 when a file cannot be used, 2 when it was asked in a wrong way.
 */
export async function runShellSetup(context: CommandContext, shell: ShellName, install: boolean): Promise<number> {
  const { own, mistakes, env, io } = context;
  const all = [...mistakes, ...judgeShellFlags(own)];
  if (all.length > 0) return reportMistakes(all, io);
  const undo = readOwnFlag(SETUP_FLAGS.undo, own) ?? false;
  if (!install && !undo) {
    io.out(`${renderRegion(shell, SHELLS[shell].lines).join('\n')}\n`);
    return EXIT.done;
  }
  const machine = thisMachine(env);
  const { home } = findPaths(machine);
  return keepFunction({ name: shell, install, machine: { ...machine, home, exists: existsSync }, io });
}

interface Job {
  readonly name: ShellName;
  /** Else it is taken out. */
  readonly install: boolean;
  readonly machine: ShellMachine;
  readonly io: CommandIo;
}

async function keepFunction(job: Job): Promise<number> {
  const { name, install, machine, io } = job;
  const shell = SHELLS[name];
  const files = shell.findFiles(machine);
  if ('problem' in files) return fail(io, files.problem);
  let path = files[0];
  try {
    const contents = await readAll(files);
    path = contents.find(({ text }) => hasRegion(text))?.path ?? path;
    const text = contents.find((content) => content.path === path)?.text;
    const edit = install ? putRegion(text ?? '', renderRegion(name, shell.lines)) : takeRegion(text ?? '');
    if (!edit.ok) return fail(io, explainDamage(path, edit.line));
    const foreign = contents.map((content) => ({ ...content, line: findForeign(content.text, shell.definition) }))
      .find(({ line }) => line !== undefined);
    if (install && foreign !== undefined) return fail(io, explainForeign(`${foreign.path}:${foreign.line}`, name));
    const isChanged = text === undefined ? install : edit.text !== text;
    if (isChanged) await write(path, edit.text);
    io.out(install ? tellInstalled(path, shell, text, edit) : tellTaken(path, isChanged));
    return EXIT.done;
  } catch (error) {
    return fail(io, `Cannot change ${path}: ${explainFailure(error)}.${install ? adviseByHand(name) : ''}`);
  }
}

interface Content {
  readonly path: string;
  readonly text: string;
}

async function readAll(paths: readonly string[]): Promise<readonly Content[]> {
  const contents: Content[] = [];
  for (const path of paths) {
    // Only the first one has to be readable: the others are looked at for a function of that name.
    const bytes = await readIfThere(path).catch((error: unknown) => {
      if (path === paths[0]) throw error;
      return undefined;
    });
    if (bytes !== undefined) contents.push({ path, text: bytes.toString(encodingOf(bytes)) });
  }
  return contents;
}

/** Any encoding that has ASCII in it survives as Latin-1; Windows PowerShell writes UTF-16 (`>> $PROFILE`). */
function encodingOf(bytes: Buffer): 'latin1' | 'utf16le' {
  return bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'latin1';
}

/** A file that has nothing left in it goes, unless it is one that a link leads to. */
async function write(path: string, text: string): Promise<void> {
  if (text === '' && !(await lstat(path)).isSymbolicLink()) await rm(path);
  else await replaceUserFile(path, Buffer.from(text, text.startsWith('\ufeff') ? 'utf16le' : 'latin1'), OPEN);
}

function tellInstalled(
  path: string,
  shell: Shell,
  old: string | undefined,
  edit: Edit & { readonly ok: true },
): string {
  const isThere = old !== undefined && hasRegion(old);
  const done = isThere
    ? edit.text === old
      ? `${FUNCTION_NAME} is in ${path} already.`
      : `Renewed ${FUNCTION_NAME} in ${path}`
    : `Added ${FUNCTION_NAME} to ${path}`;
  const hint = shell.hint === undefined ? '' : `${shell.hint}\n`;
  return `${done}\n\nUse it now:  ${shell.useNow(path)}\nRun Codex:   ${FUNCTION_NAME}\n${hint}`;
}

function tellTaken(path: string, isChanged: boolean): string {
  if (!isChanged) return `There is nothing to take out: setup has not added ${FUNCTION_NAME} to ${path}.\n`;
  return `Took ${FUNCTION_NAME} out of ${path}; shells that run have it until they end.\n`;
}

function explainForeign(place: string, shell: ShellName): string {
  return `${place} gives ${FUNCTION_NAME} a meaning that setup did not write; version 0.1.2 had it pasted there by hand.
Take that out, then run again: aliyun-codex-bridge setup --shell ${shell} --install`;
}

function explainDamage(path: string, line: number): string {
  const fix = 'Take these lines out by hand, then run this again.';
  return `${path}:${line} begins what setup wrote, and its end marker is missing. ${fix}`;
}

function adviseByHand(shell: ShellName): string {
  return ` To add the function by hand, print it: aliyun-codex-bridge setup --shell ${shell}`;
}

function fail(io: CommandIo, problem: string): number {
  io.error(`${problem}\n`);
  return EXIT.failed;
}
