/**
 * Runs test files in processes: small ones of a folder together in one, others alone. When a process ends before the
 * tests of all its files, those files run again, each in a process of its own, so that the failure has a name.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

export const ROOT = resolve(__dirname, '..', '..');

/** Time limits of one file, and of several in one process. */
const FILE_TIMEOUT_MS = 600_000;
const GROUP_TIMEOUT_MS = 300_000;

/** Folders whose files share a process, which saves a third of their CPU. Their tests change nothing in it. */
const SHARED: readonly string[] = [
  'bridge', 'house', 'upstream', 'server', 'doctor', 'reports', 'command', 'errors', 'search', 'stream', 'codex',
  'support', 'observe', 'providers', 'usage', 'translate', 'config', 'wire', 'base',
];

/** They start first: a long file that starts last would run alone at the end. */
const LONG: readonly string[] = [
  'security/body-limits', 'docs/blocks', 'matrix/providers', 'security/memory', 'security/keys', 'launch/codex-command',
  'security/own-files', 'state/redis-client', 'security/names', 'cases/streams', 'cli/completions',
];

/** A line of test-reporter.cjs. */
export interface TestEvent {
  /** A test is dequeued when it begins to run; its start may be reported only at its end. */
  readonly type: 'test:dequeue' | 'test:start' | 'test:pass' | 'test:fail';
  readonly name: string;
  readonly nesting: number;
  /** `suite` for a suite. */
  readonly kind?: string;
  /** How long it took, at its end. */
  readonly ms?: number;
  readonly isSkipped: boolean;
  readonly isTodo: boolean;
  /** Node's kind of failure, and the error that the test threw. */
  readonly failure?: string;
  readonly error?: string;
}

/** One run of a file. */
export interface FileRun {
  readonly file: string;
  readonly events: readonly TestEvent[];
  /** The exit code, or the name of the signal. */
  readonly end: number | string;
  readonly stderr: string;
  readonly ms: number;
}

const isIn = (folder: string, file: string): boolean => file.startsWith(join(ROOT, 'test', folder) + sep);

/** The files of each process, in the order in which they start. */
export function planProcesses(files: readonly string[]): readonly (readonly string[])[] {
  const groups = SHARED.map((folder) => files.filter((file) => isIn(folder, file)));
  const alone = files.filter((file) => !SHARED.some((folder) => isIn(folder, file)));
  const long = LONG.map((name) => join(ROOT, 'test', `${name}.test.ts`)).filter((file) => alone.includes(file));
  const rest = alone.filter((file) => !long.includes(file)).map((file) => [file]);
  return [...long.map((file) => [file]), ...groups.filter(({ length }) => length > 0), ...rest];
}

/** The first file of each process that runs. */
const running = new Map<ChildProcess, string>();

/** Ends all processes that run. @returns their first files */
export function killAll(): readonly string[] {
  for (const child of running.keys()) child.kill();
  return [...running.values()].map((file) => relative(ROOT, file));
}

/** Runs the files in one process. `folder` is for its reports. */
export async function runFiles(files: readonly string[], folder: string): Promise<readonly FileRun[]> {
  const whole = await runProcess(files, folder);
  if (files.length === 1) return [whole];
  const parts = files.map((file, at) => partOf(whole, file, at));
  // Without a failed test, one of the files has disturbed the process.
  const isUnclear = whole.end !== 0 && !whole.events.some(isFailure);
  const runs: FileRun[] = [];
  for (const part of parts) runs.push(isUnclear || part.end !== 0 ? await runProcess([part.file], folder) : part);
  const isExplained = whole.end === 0 || runs.some(({ end, events }) => end !== 0 || events.some(isFailure));
  const failures = whole.events.filter(isFailure);
  return isExplained ? runs : [...runs, { ...whole, file: dirname(whole.file), events: failures }];
}

const isFailure = ({ type, isTodo }: TestEvent): boolean => type === 'test:fail' && !isTodo;

/** The run of one of several files, each of which is a suite of the process. */
function partOf({ events }: FileRun, file: string, at: number): FileRun {
  const reported = events.filter(({ type }) => type !== 'test:dequeue');
  const starts = reported.flatMap(({ type, nesting }, index) => type === 'test:start' && nesting === 0 ? [index] : []);
  const own = starts[at] === undefined ? [] : reported.slice(starts[at] + 1, starts[at + 1]);
  const suite = own.find(({ nesting }) => nesting === 0);
  const inside = own.filter(({ nesting }) => nesting > 0).map((event) => ({ ...event, nesting: event.nesting - 1 }));
  // Otherwise the file did not load, or the process ended before its tests did.
  const isComplete = suite !== undefined && (suite.type === 'test:pass' || suite.failure === 'subtestsFailed') &&
    !inside.some(({ failure }) => failure === 'cancelledByParent');
  return { file, events: inside, end: isComplete ? 0 : 'without a report', stderr: '', ms: suite?.ms ?? 0 };
}

/** The report is a file in `folder`, because tests may print. */
async function runProcess(files: readonly string[], folder: string): Promise<FileRun> {
  const [file = ''] = files;
  const began = performance.now();
  const report = join(folder, `${relative(ROOT, file).replace(/\W/g, '-')}-${files.length}`);
  const words = [
    '--require', join(__dirname, 'load-compiled.cjs'),
    `--test-reporter=${pathToFileURL(join(__dirname, 'test-reporter.cjs')).href}`,
    `--test-reporter-destination=${report}`,
    ...(files.length === 1 ? [file] : [join(__dirname, 'load-files.cjs'), ...files]),
  ];
  const timeout = files.length === 1 ? FILE_TIMEOUT_MS : GROUP_TIMEOUT_MS;
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'], timeout });
  running.set(child, file);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  running.delete(child);
  return { file, events: readEvents(report), end: code ?? signal ?? '', stderr, ms: performance.now() - began };
}

/** The last line of a process that was killed may be incomplete. */
function readEvents(path: string): readonly TestEvent[] {
  const lines = readFileSync(path, { encoding: 'utf8', flag: 'a+' }).split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as TestEvent);
}
