/**
 * Runs test files in processes: the files of some folders share one, others run alone. If a process exits before the
 * tests of all its files have ended, those files run again, each in a process of its own, to find the one that fails.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The root folder of the project. */
export const ROOT = resolve(__dirname, '..', '..');

/** Time limits of a process with one file, and with several. */
const FILE_TIMEOUT_MS = 600_000;
const GROUP_TIMEOUT_MS = 300_000;

/** Folders whose files share a process, which saves a third of their CPU time. Their tests do not change its state. */
const SHARED: readonly string[] = [
  'bridge', 'house', 'upstream', 'server', 'doctor', 'reports', 'command', 'errors', 'search', 'stream', 'codex',
  'support', 'observe', 'providers', 'usage', 'translate', 'config', 'wire', 'base',
];

/** Files that start first: a slow file that started last would run alone at the end. */
const SLOW: readonly string[] = [
  'security/body-limits', 'docs/blocks', 'matrix/providers', 'security/memory', 'security/keys', 'launch/codex-command',
  'security/own-files', 'state/redis-client', 'security/names', 'cases/streams', 'cli/completions',
];

/** A line of output from test-reporter.cjs. */
export interface TestEvent {
  /** A test is dequeued when it starts to run; `test:start` may be reported only at its end. */
  readonly type: 'test:dequeue' | 'test:start' | 'test:pass' | 'test:fail';
  readonly name: string;
  readonly nesting: number;
  /** `suite` for a suite. */
  readonly kind?: string;
  /** Duration; only at the end of a test. */
  readonly ms?: number;
  readonly isSkipped: boolean;
  readonly isTodo: boolean;
  /** Node's `failureType`, and the error that the test threw. */
  readonly failure?: string;
  readonly error?: string;
}

/** A run of a file. */
export interface FileRun {
  readonly file: string;
  readonly events: readonly TestEvent[];
  /** The exit code, the name of the signal that ended the process, or `incomplete`. */
  readonly exit: number | string;
  readonly stderr: string;
  readonly ms: number;
}

const isIn = (folder: string, file: string): boolean => file.startsWith(join(ROOT, 'test', folder) + sep);

/** Distributes files to processes. @returns the files of each process, in the order in which to start them */
export function planProcesses(files: readonly string[]): readonly (readonly string[])[] {
  const groups = SHARED.map((folder) => files.filter((file) => isIn(folder, file)));
  const alone = files.filter((file) => !SHARED.some((folder) => isIn(folder, file)));
  const slow = SLOW.map((name) => join(ROOT, 'test', `${name}.test.ts`)).filter((file) => alone.includes(file));
  const rest = alone.filter((file) => !slow.includes(file)).map((file) => [file]);
  return [...slow.map((file) => [file]), ...groups.filter(({ length }) => length > 0), ...rest];
}

/** The running processes, with the first file of each. */
const running = new Map<ChildProcess, string>();

/** Kills all running processes. @returns the first file of each */
export function killAll(): readonly string[] {
  for (const child of running.keys()) child.kill();
  return [...running.values()].map((file) => relative(ROOT, file));
}

/** Runs files in one process, whose report is written to `folder`. */
export async function runFiles(files: readonly string[], folder: string): Promise<readonly FileRun[]> {
  const whole = await runProcess(files, folder);
  if (files.length === 1) return [whole];
  const parts = files.map((file, position) => partOf(whole, file, position));
  // If no test failed, one of the files has ended the process.
  const isUnclear = whole.exit !== 0 && !whole.events.some(isFailure);
  const runs: FileRun[] = [];
  for (const part of parts) runs.push(isUnclear || part.exit !== 0 ? await runProcess([part.file], folder) : part);
  const isExplained = whole.exit === 0 || runs.some(({ exit, events }) => exit !== 0 || events.some(isFailure));
  const failures = whole.events.filter(isFailure);
  return isExplained ? runs : [...runs, { ...whole, file: dirname(whole.file), events: failures }];
}

const isFailure = ({ type, isTodo }: TestEvent): boolean => type === 'test:fail' && !isTodo;

/** Extracts the run of one file from that of several, each of which is a suite. */
function partOf({ events }: FileRun, file: string, position: number): FileRun {
  const reported = events.filter(({ type }) => type !== 'test:dequeue');
  const starts = reported.flatMap(({ type, nesting }, index) => type === 'test:start' && nesting === 0 ? [index] : []);
  const own = starts[position] === undefined ? [] : reported.slice(starts[position] + 1, starts[position + 1]);
  const suite = own.find(({ nesting }) => nesting === 0);
  const inside = own.filter(({ nesting }) => nesting > 0).map((event) => ({ ...event, nesting: event.nesting - 1 }));
  // If incomplete, the file failed to load, or the process exited before its tests had ended.
  const isComplete = suite !== undefined && (suite.type === 'test:pass' || suite.failure === 'subtestsFailed') &&
    !inside.some(({ failure }) => failure === 'cancelledByParent');
  return { file, events: inside, exit: isComplete ? 0 : 'incomplete', stderr: '', ms: suite?.ms ?? 0 };
}

/**
 * Runs one process. Its report goes to a file, because tests may print to standard output. So does standard error: a
 * pipe may hold unread text when the process exits, and it closes only when every process that inherited it has exited.
 */
async function runProcess(files: readonly string[], folder: string): Promise<FileRun> {
  const [file = ''] = files;
  const startedAt = performance.now();
  const report = join(folder, `${relative(ROOT, file).replace(/\W/g, '-')}-${files.length}`);
  const args = [
    '--require', join(__dirname, 'load-compiled.cjs'),
    `--test-reporter=${pathToFileURL(join(__dirname, 'test-reporter.cjs')).href}`,
    `--test-reporter-destination=${report}`,
    ...(files.length === 1 ? [file] : [join(__dirname, 'load-files.cjs'), ...files]),
  ];
  const timeout = files.length === 1 ? FILE_TIMEOUT_MS : GROUP_TIMEOUT_MS;
  const errors = openSync(`${report}-stderr`, 'a+');
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', errors], timeout });
  closeSync(errors);
  running.set(child, file);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  running.delete(child);
  const stderr = readFileSync(`${report}-stderr`, 'utf8');
  return { file, events: readEvents(report), exit: code ?? signal ?? '', stderr, ms: performance.now() - startedAt };
}

/** Reads a report without its last line, which is empty, or incomplete if the process was killed. */
function readEvents(path: string): readonly TestEvent[] {
  const lines = readFileSync(path, { encoding: 'utf8', flag: 'a+' }).split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as TestEvent);
}
