/**
 * `npm test [-- FILE or FOLDER …]`: checks the types and compiles once, runs the test files, and prints each failure
 * and the totals. Default: all files in test/ except test/clients, which needs real clients. `--slowest 10` lists the
 * files that took longest; `--long` runs all cases of tests that have thousands.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { cpus, tmpdir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { readNumber, runMain } from './command-line';
import { killAll, planProcesses, ROOT, runFiles, type FileRun, type TestEvent } from './run-files';

const COMPILED = join(ROOT, 'node_modules', '.cache', 'tests');

/** Types of failures that only repeat the failure of another test. */
const SECONDARY_FAILURES: readonly (string | undefined)[] = ['subtestsFailed', 'cancelledByParent'];

/** Counts outcomes and prints failures. */
class Report {
  private readonly counts = { tests: 0, suites: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
  private readonly failed: string[] = [];
  private readonly runs: FileRun[] = [];
  private readonly startedAt = performance.now();

  constructor(private readonly write: (text: string) => void) {}

  get hasFailed(): boolean {
    return this.failed.length > 0;
  }

  add(run: FileRun): void {
    this.runs.push(run);
    // Tests are reported in order, each before its subtests, so the tests that have not ended are the path of the next.
    const path: string[] = [];
    const dequeued: string[] = [];
    const failures: (readonly [event: TestEvent, path: readonly string[]])[] = [];
    for (const event of run.events) {
      if (event.type !== 'test:start') dequeued.length = event.nesting;
      if (event.type === 'test:dequeue') {
        dequeued[event.nesting] = event.name;
        continue;
      }
      path.length = event.nesting;
      path[event.nesting] = event.name;
      if (event.type === 'test:start') continue;
      if (event.kind === 'suite') this.counts.suites += 1;
      else this.count(event);
      if (event.type === 'test:fail' && !event.isTodo) failures.push([event, [relative(ROOT, run.file), ...path]]);
    }
    const causes = failures.filter(([{ failure }]) => !SECONDARY_FAILURES.includes(failure));
    // Without a cause, the event loop was empty, and Node has cancelled the tests that had not ended.
    for (const [{ error = '' }, names] of causes.length > 0 ? causes : failures) this.fail(names, error);
    if (run.exit === 0 || run.events.some(({ type }) => type === 'test:fail')) return;
    this.count({ type: 'test:fail', isSkipped: false, isTodo: false });
    const reason = typeof run.exit === 'number' ? `exited with code ${run.exit}` : `was killed by ${run.exit}`;
    this.fail([relative(ROOT, run.file), ...dequeued], `The process ${reason}.\n${run.stderr}`);
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
    this.write(`\nFAIL ${path.join(' › ')}\n${mapPositions(error).trimEnd().replace(/^/gm, '  ')}\n`);
  }

  /** Prints the names of all failures, the slowest files and the totals. */
  finish(slowest: number): void {
    if (this.failed.length > 1) this.write(`\n${this.failed.length} failures:\n${this.failed.join('\n')}\n`);
    const slow = [...this.runs].sort((a, b) => b.ms - a.ms).slice(0, slowest);
    for (const { ms, file } of slow) this.write(`${(ms / 1_000).toFixed(1).padStart(6)} s  ${relative(ROOT, file)}\n`);
    const lines = Object.entries({ ...this.counts, duration_ms: Math.round(performance.now() - this.startedAt) });
    this.write(`\n${lines.map(([name, count]) => `# ${name} ${count}\n`).join('')}`);
  }
}

/** Replaces positions in compiled files with those in their sources. */
function mapPositions(text: string): string {
  return text.replace(/((?:\/|[A-Z]:)[^\s():]+)\.ts:(\d+):(\d+)/g, (position: string, name: string, line, column) => {
    const map = join(COMPILED, `${relative(ROOT, name)}.js.map`);
    try {
      const lines = new SourceMap(JSON.parse(readFileSync(map, 'utf8')) as SourceMapPayload);
      const entry = lines.findEntry(Number(line) - 1, Number(column) - 1);
      return 'originalLine' in entry ? `${name}.ts:${entry.originalLine + 1}:${entry.originalColumn + 1}` : position;
    } catch {
      // The file was not compiled: a test has written it.
      return position;
    }
  });
}

/** Finds the test files that an argument names: a file, or all in a folder and its subfolders. */
export function findTests(argument: string): readonly string[] {
  const path = resolve(argument);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && !name.startsWith('.'))
    .flatMap((entry) => {
      const child = join(path, entry.name);
      if (entry.isDirectory()) return findTests(child);
      return entry.name.endsWith('.test.ts') ? [child] : [];
    })
    .sort();
}

const allTests = (): readonly string[] =>
  findTests(join(ROOT, 'test')).filter((path) => !path.startsWith(join(ROOT, 'test', 'clients') + sep));

/** Checks types, and compiles sources and tests for load-compiled.cjs. @returns whether there are no type errors */
function compile(): boolean {
  const args = [
    join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', ROOT,
    '--noEmit', 'false', '--rootDir', ROOT, '--outDir', COMPILED,
    '--incremental', '--tsBuildInfoFile', `${COMPILED}.tsbuildinfo`, '--sourceMap',
  ];
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status === 0;
}

async function runAll(
  processes: readonly (readonly string[])[], concurrency: number, report: Report,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'test-reports-'));
  const cleanUp = (): readonly string[] => {
    const killed = killAll();
    rmSync(folder, { recursive: true, force: true });
    return killed;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      writeSync(1, `\nInterrupted by ${signal} while running ${cleanUp().join(', ')}\n`);
      process.exit(1);
    });
  }
  const rest = [...processes];
  const runNext = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      for (const run of await runFiles(next, folder)) report.add(run);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, runNext));
  cleanUp();
}

const USAGE = 'Usage: npm test -- [FILE or FOLDER …] [--slowest N] [--long] [--concurrency N]';

async function main(): Promise<number> {
  const options = {
    concurrency: { type: 'string' },
    slowest: { type: 'string' },
    long: { type: 'boolean', default: false },
    // For tests of this runner: skip compilation; run all files in one process.
    compiled: { type: 'boolean', default: false },
    together: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const concurrency = readNumber(values, 'concurrency', { min: 1 }) ?? cpus().length + 2;
  const slowest = readNumber(values, 'slowest', { min: 0 }) ?? 0;
  const files = positionals.length === 0 ? allTests() : positionals.flatMap(findTests);
  const report = new Report((text) => process.stdout.write(text));
  process.stdout.write(`${files.length} test files\n`);
  if (values.long) process.env['LONG_TESTS'] = '1';
  if (!values.compiled && !compile()) return 1;
  await runAll(values.together ? [files] : planProcesses(files), concurrency, report);
  report.finish(slowest);
  return report.hasFailed || files.length === 0 ? 1 : 0;
}

if (require.main === module) runMain(USAGE, main);
