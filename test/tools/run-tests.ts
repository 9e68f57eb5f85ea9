/**
 * `npm test [-- FILE or FOLDER …]`: checks and compiles everything once, runs each test file in a process of its own,
 * prints each failure in full, and ends with the totals. Without arguments: everything below test/ except the real
 * clients. `--slowest 10` adds the files that took longest; `--long` takes all cases of tests that have thousands.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = resolve(__dirname, '..', '..');

/** Time limit of one file. */
const FILE_TIMEOUT_MS = 600_000;

/** A line of test-reporter.cjs. */
interface TestEvent {
  readonly type: 'test:start' | 'test:pass' | 'test:fail';
  readonly name: string;
  readonly nesting: number;
  /** `suite` for a suite. */
  readonly kind?: string;
  readonly isSkipped: boolean;
  readonly isTodo: boolean;
  /** Node's kind of failure, and the error that the test threw. */
  readonly failure?: string;
  readonly error?: string;
}

/** One run of a file. */
interface FileRun {
  readonly file: string;
  readonly events: readonly TestEvent[];
  /** The exit code, or the name of the signal. */
  readonly end: number | string;
  readonly stderr: string;
  readonly ms: number;
}

/** Failures of a parent that only repeat those of its tests. */
const ECHOES: readonly (string | undefined)[] = ['subtestsFailed', 'cancelledByParent'];

/** Counts outcomes and prints failures. */
class Report {
  private readonly counts = { tests: 0, suites: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
  private readonly failed: string[] = [];
  private readonly runs: FileRun[] = [];
  private readonly began = performance.now();

  constructor(private readonly write: (text: string) => void) {}

  get hasFailed(): boolean {
    return this.counts.fail + this.counts.cancelled > 0;
  }

  add(run: FileRun): void {
    this.runs.push(run);
    // Tests are reported in order, each before its subtests: the open ones are the path of the next.
    const path: string[] = [];
    const failures: (readonly [event: TestEvent, path: readonly string[]])[] = [];
    for (const event of run.events) {
      path.length = event.nesting;
      path[event.nesting] = event.name;
      if (event.type === 'test:start') continue;
      if (event.kind === 'suite') this.counts.suites += 1;
      else this.count(event);
      if (event.type === 'test:fail' && !event.isTodo) failures.push([event, [relative(ROOT, run.file), ...path]]);
    }
    const causes = failures.filter(([{ failure }]) => !ECHOES.includes(failure));
    // Without a cause, nothing was left to wait for: node cancels the tests that had not ended.
    for (const [{ error = '' }, names] of causes.length > 0 ? causes : failures) this.fail(names, error);
    if (run.end === 0 || run.events.some(({ type }) => type === 'test:fail')) return;
    this.count({ type: 'test:fail', isSkipped: false, isTodo: false });
    this.fail([relative(ROOT, run.file)], `The process ended with ${run.end}.\n${run.stderr}`);
  }

  private count({ type, isSkipped, isTodo, failure }: Pick<TestEvent, 'type' | 'isSkipped' | 'isTodo' | 'failure'>) {
    this.counts.tests += 1;
    if (isSkipped) this.counts.skipped += 1;
    else if (isTodo) this.counts.todo += 1;
    else if (type === 'test:pass') this.counts.pass += 1;
    else if (failure === 'cancelledByParent') this.counts.cancelled += 1;
    else this.counts.fail += 1;
  }

  private fail(path: readonly string[], error: string): void {
    this.failed.push(path.join(' › '));
    this.write(`\nFAIL ${path.join(' › ')}\n${error.trimEnd().replace(/^/gm, '  ')}\n`);
  }

  /** The totals, after the names of all failures and the slowest files. */
  finish(slowest: number): void {
    if (this.failed.length > 1) this.write(`\n${this.failed.length} failures:\n${this.failed.join('\n')}\n`);
    const slow = [...this.runs].sort((a, b) => b.ms - a.ms).slice(0, slowest);
    for (const { ms, file } of slow) this.write(`${(ms / 1_000).toFixed(1).padStart(6)} s  ${relative(ROOT, file)}\n`);
    const lines = Object.entries({ ...this.counts, duration_ms: Math.round(performance.now() - this.began) });
    this.write(`\n${lines.map(([name, count]) => `# ${name} ${count}\n`).join('')}`);
  }
}

/** The test files of an argument: a file, or all below a folder. */
export function findTests(word: string): readonly string[] {
  const path = resolve(word);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && !name.startsWith('.'))
    .flatMap((entry) => {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) return findTests(inside);
      return entry.name.endsWith('.test.ts') ? [inside] : [];
    })
    .sort();
}

const allTests = (): readonly string[] =>
  findTests(join(ROOT, 'test')).filter((path) => !path.startsWith(join(ROOT, 'test', 'clients') + sep));

/** Checks the types and compiles sources and tests for load-compiled.cjs. @returns whether there are no type errors */
function compile(): boolean {
  const cache = join(ROOT, 'node_modules', '.cache');
  const words = [
    join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', ROOT,
    '--noEmit', 'false', '--rootDir', ROOT, '--outDir', join(cache, 'tests'),
    '--incremental', '--tsBuildInfoFile', join(cache, 'tests.tsbuildinfo'),
    // Stacks show the lines of the sources: load-compiled.cjs has node read the maps.
    '--inlineSourceMap', '--sourceRoot', `${pathToFileURL(ROOT).href}/`,
  ];
  return spawnSync(process.execPath, words, { stdio: 'inherit' }).status === 0;
}

const running = new Set<ChildProcess>();

/** Runs a file in a process of its own; its report is a file in `folder`, because tests may print. */
async function runFile(file: string, folder: string): Promise<FileRun> {
  const began = performance.now();
  const report = join(folder, relative(ROOT, file).replace(/\W/g, '-'));
  const words = [
    '--require', join(__dirname, 'load-compiled.cjs'),
    `--test-reporter=${pathToFileURL(join(__dirname, 'test-reporter.cjs')).href}`,
    `--test-reporter-destination=${report}`, file,
  ];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'], timeout: FILE_TIMEOUT_MS });
  running.add(child);
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

async function runAll(files: readonly string[], concurrency: number, report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'test-reports-'));
  const end = (): void => {
    for (const child of running) child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      end();
      process.exit(1);
    });
  }
  const rest = [...files];
  const runNext = async (): Promise<void> => {
    for (let file = rest.shift(); file !== undefined; file = rest.shift()) report.add(await runFile(file, folder));
  };
  await Promise.all(Array.from({ length: concurrency }, runNext));
  end();
}

async function main(): Promise<void> {
  const options = {
    concurrency: { type: 'string', default: String(cpus().length + 2) },
    slowest: { type: 'string', default: '0' },
    long: { type: 'boolean', default: false },
    // For tests of this runner.
    compiled: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const files = positionals.length === 0 ? allTests() : positionals.flatMap(findTests);
  const report = new Report((text) => process.stdout.write(text));
  process.stdout.write(`${files.length} test files\n`);
  if (values.long) process.env['LONG_TESTS'] = '1';
  if (!values.compiled && !compile()) process.exit(1);
  await runAll(files, Number(values.concurrency), report);
  report.finish(Number(values.slowest));
  process.exitCode = report.hasFailed || files.length === 0 ? 1 : 0;
}

if (require.main === module) void main();
