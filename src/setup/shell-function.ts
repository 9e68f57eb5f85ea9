/** `setup --shell`: prints the shell function that runs Codex with the bridge, or edits it in a start-up file. */
import { existsSync } from 'node:fs';
import { EXIT, type CommandContext, type CommandIo, reportUsageErrors } from '../command/command';
import { explainFailure, PUBLIC, readIfThere, removeUserFile, replaceUserFile } from '../command/edit-file';
import { SETUP_FLAGS, readOwnFlag, type OwnTexts } from '../command/own-flags';
import { describeMachine, findPaths } from '../command/paths';
import { FUNCTION_NAME, SHELLS, type Shell, type ShellMachine, type ShellName } from './shells';

const START_MARKER = new RegExp(`^# >>> ${FUNCTION_NAME}\\b.*>>>$`);
const END_MARKER = `# <<< ${FUNCTION_NAME} <<<`;

/** Checks the flags that depend on `--shell`. @returns errors, as sentences */
export function checkShellFlags(own: OwnTexts): readonly string[] {
  const shell = readOwnFlag(SETUP_FLAGS.shell, own);
  const install = readOwnFlag(SETUP_FLAGS.install, own) ?? false;
  const undo = readOwnFlag(SETUP_FLAGS.undo, own) ?? false;
  if (install && shell === undefined)
    return ['--install needs a shell: setup --shell bash --install.'];
  return install && undo ? ['--install and --undo cannot be combined.'] : [];
}

/**
 * Prints the function for `shell`; with `install`, adds it to the start-up file; with `--undo`, removes it. Returns 0
 * on success, 1 if a file cannot be used, 2 for invalid usage.
 */
export async function runShellSetup(context: CommandContext, shell: ShellName, install: boolean): Promise<number> {
  const { own, errors, env, io } = context;
  const all = [...errors, ...checkShellFlags(own)];
  if (all.length > 0) return reportUsageErrors(all, io);
  const undo = readOwnFlag(SETUP_FLAGS.undo, own) ?? false;
  if (!install && !undo) {
    io.out(`${renderRegion(shell, SHELLS[shell].lines).join('\n')}\n`);
    return EXIT.done;
  }
  const machine = describeMachine(env);
  const { home } = findPaths(machine);
  return editStartUpFile({ name: shell, install, machine: { ...machine, home, exists: existsSync }, io });
}

interface FunctionJob {
  readonly name: ShellName;
  /** If false, the function is removed. */
  readonly install: boolean;
  readonly machine: ShellMachine;
  readonly io: CommandIo;
}

async function editStartUpFile(job: FunctionJob): Promise<number> {
  const { name, install, machine, io } = job;
  const shell = SHELLS[name];
  const files = shell.findFiles(machine);
  if ('problem' in files) return fail(io, files.problem);
  let path = files[0];
  try {
    const contents = await readAll(files);
    path = contents.find(({ text }) => hasRegion(text))?.path ?? path;
    const text = contents.find((content) => content.path === path)?.text;
    const edit = install ? putRegion(text ?? '', renderRegion(name, shell.lines)) : removeRegion(text ?? '');
    if (!edit.ok) return fail(io, explainDamage(path, edit.line));
    const foreign = contents.map((content) => ({ ...content, line: findForeignLine(content.text, shell.definition) }))
      .find(({ line }) => line !== undefined);
    if (install && foreign !== undefined) return fail(io, explainForeign(`${foreign.path}:${foreign.line}`, name));
    const isChanged = text === undefined ? install : edit.text !== text;
    if (isChanged) await writeOrRemove(path, edit.text);
    io.out(install ? describeInstalled(path, shell, text, edit) : describeRemoved(path, isChanged));
    return EXIT.done;
  } catch (error) {
    return fail(io, `Cannot change ${path}: ${explainFailure(error)}.${install ? adviseByHand(name) : ''}`);
  }
}

interface StartUpFile {
  readonly path: string;
  readonly text: string;
}

async function readAll(paths: readonly string[]): Promise<readonly StartUpFile[]> {
  const contents: StartUpFile[] = [];
  for (const path of paths) {
    // Only the first file must be readable; the others are only searched for the function.
    const bytes = await readIfThere(path).catch((error: unknown) => {
      if (path === paths[0]) throw error;
      return undefined;
    });
    if (bytes !== undefined) contents.push({ path, text: bytes.toString(encodingOf(bytes)) });
  }
  return contents;
}

/** Latin-1 preserves the bytes of any encoding that extends ASCII; Windows PowerShell writes UTF-16 (`>> $PROFILE`). */
function encodingOf(bytes: Buffer): 'latin1' | 'utf16le' {
  return bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'latin1';
}

/** Writes `text` to the file, or removes the file if `text` is empty. */
async function writeOrRemove(path: string, text: string): Promise<void> {
  if (text === '') await removeUserFile(path);
  else await replaceUserFile(path, Buffer.from(text, text.startsWith('\ufeff') ? 'utf16le' : 'latin1'), PUBLIC);
}

function describeInstalled(
  path: string, shell: Shell, old: string | undefined, edit: RegionEdit & { readonly ok: true },
): string {
  const wasInstalled = old !== undefined && hasRegion(old);
  const done = wasInstalled
    ? edit.text === old
      ? `${FUNCTION_NAME} is already in ${path}`
      : `Updated ${FUNCTION_NAME} in ${path}`
    : `Added ${FUNCTION_NAME} to ${path}`;
  const hint = shell.hint === undefined ? '' : `${shell.hint}\n`;
  return `${done}\n\nUse it now:  ${shell.useNow(path)}\nRun Codex:   ${FUNCTION_NAME}\n${hint}`;
}

function describeRemoved(path: string, isChanged: boolean): string {
  if (!isChanged) return `Nothing to remove: setup has not added ${FUNCTION_NAME} to ${path}.\n`;
  return `Removed ${FUNCTION_NAME} from ${path}. Open shells keep it until you close them.\n`;
}

function explainForeign(position: string, shell: ShellName): string {
  return `${position} defines ${FUNCTION_NAME}, but setup did not write that; version 0.1.2 had users paste it.
Remove it, then run: aliyun-codex-bridge setup --shell ${shell} --install`;
}

function explainDamage(path: string, line: number): string {
  const fix = 'Remove the function by hand and try again.';
  return `${path}:${line} has the start marker of setup, but the end marker is missing. ${fix}`;
}

function adviseByHand(shell: ShellName): string {
  return ` To add the function yourself, print it with: aliyun-codex-bridge setup --shell ${shell}`;
}

function fail(io: CommandIo, problem: string): number {
  io.error(`${problem}\n`);
  return EXIT.failed;
}

/** The edited text, or the line (counted from 1) of a region whose end marker is missing. */
type RegionEdit = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly line: number };

/** Renders the function between its markers, as lines. */
export function renderRegion(shell: string, lines: readonly string[]): readonly string[] {
  const author = `written by aliyun-codex-bridge setup --shell ${shell} --install; --undo removes it`;
  return [`# >>> ${FUNCTION_NAME}: ${author} >>>`, ...lines, END_MARKER];
}

/** Replaces the first region of any version with `region` and removes others; without one, adds `region` at the end. */
export function putRegion(text: string, region: readonly string[]): RegionEdit {
  const lineEnding = /\r?\n/.exec(text)?.[0] ?? '\n';
  const found = findRegions(text);
  if (!found.ok) return found;
  const [first, ...others] = found.regions;
  const block = region.map((line) => `${line}${lineEnding}`).join('');
  // After a complete line, this adds an empty one, which `removeRegion` removes.
  if (first === undefined) return { ok: true, text: text === '' ? block : `${text}${lineEnding}${block}` };
  const rest = others.reduceRight(cut, text);
  return { ok: true, text: `${rest.slice(0, first.start)}${block}${rest.slice(first.end)}` };
}

/** Removes every region; restores the text as it was before `putRegion`. */
export function removeRegion(text: string): RegionEdit {
  const found = findRegions(text);
  return found.ok ? { ok: true, text: found.regions.reduceRight(cut, text) } : found;
}

/** Whether a region starts in `text`. */
function hasRegion(text: string): boolean {
  return listLines(text).some(({ content }) => START_MARKER.test(content));
}

/** Finds the first line (counted from 1) outside of regions that matches `definition`. */
export function findForeignLine(text: string, definition: RegExp): number | undefined {
  const found = findRegions(text);
  const regions = found.ok ? found.regions : [];
  const index = listLines(text).findIndex(({ start, content }) =>
    definition.test(content) && !regions.some((region) => start >= region.start && start < region.end));
  return index === -1 ? undefined : index + 1;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

interface StartUpLine extends Span {
  /** Without its line ending. */
  readonly content: string;
}

type FoundRegions =
  | { readonly ok: true; readonly regions: readonly Span[] }
  | { readonly ok: false; readonly line: number };

function findRegions(text: string): FoundRegions {
  const regions: Span[] = [];
  let begin: { readonly start: number; readonly line: number } | undefined;
  for (const [index, { start, end, content }] of listLines(text).entries()) {
    if (START_MARKER.test(content)) {
      if (begin !== undefined) return { ok: false, line: begin.line };
      begin = { start, line: index + 1 };
    } else if (content === END_MARKER && begin !== undefined) {
      regions.push({ start: begin.start, end });
      begin = undefined;
    }
  }
  return begin === undefined ? { ok: true, regions } : { ok: false, line: begin.line };
}

function listLines(text: string): readonly StartUpLine[] {
  return [...text.matchAll(/[^\n]*\n|[^\n]+$/g)].map(({ 0: line, index = 0 }) => ({
    start: index,
    end: index + line.length,
    content: line.replace(/\r?\n$/, '').replace(/^\ufeff|^\u00ef\u00bb\u00bf/, ''),
  }));
}

/** Removes a region and the line ending added before it, unless another line needs that line ending now. */
function cut(text: string, { start, end }: Span): string {
  const before = text.slice(0, start);
  const after = text.slice(end);
  const isOurs = after === '' || /(?:^|\n)\r?\n$/.test(before);
  return `${isOurs ? before.replace(/\r?\n$/, '') : before}${after}`;
}
