/**
 * `npm test [-- FILE or FOLDER …]`: runs test files in parallel, prints each failure in full, and ends with the totals
 * in the format of node's runner. Without arguments: everything below test/ except the real clients.
 */
import { readdirSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import { run } from 'node:test';
import { inspect, parseArgs } from 'node:util';

const ROOT = resolve(__dirname, '..', '..');

/** Time limit of one file. */
const FILE_TIMEOUT_MS = 600_000;

/** What node says about one test or suite (`test:pass`, `test:fail`). */
interface Outcome {
  readonly name: string;
  readonly nesting: number;
  readonly file?: string;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
  readonly details: { readonly type?: string; readonly error?: Error & { readonly failureType?: string } };
}

/** Failures of a parent that only repeat those of its tests. */
const ECHOES = ['subtestsFailed', 'cancelledByParent'];

/** Counts outcomes and prints failures as they occur. */
export class Report {
  private readonly counts = { tests: 0, suites: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
  private readonly failed: string[] = [];
  private readonly path: string[] = [];
  private readonly began = performance.now();

  constructor(private readonly write: (text: string) => void) {}

  get hasFailed(): boolean {
    return this.counts.fail + this.counts.cancelled > 0;
  }

  /** Node reports tests in order, each before its subtests: the open ones are the path of the next. */
  enter({ name, nesting }: Pick<Outcome, 'name' | 'nesting'>): void {
    this.path.length = nesting;
    this.path[nesting] = name;
  }

  add(outcome: Outcome, passed: boolean): void {
    const { skip, todo, details: { type, error } } = outcome;
    if (type === 'suite') this.counts.suites += 1;
    else this.count(passed, isSet(skip), isSet(todo), error?.failureType === 'cancelledByParent');
    if (!passed && !isSet(todo)) this.fail(outcome);
  }

  private count(passed: boolean, skipped: boolean, todo: boolean, cancelled: boolean): void {
    this.counts.tests += 1;
    if (skipped) this.counts.skipped += 1;
    else if (todo) this.counts.todo += 1;
    else if (passed) this.counts.pass += 1;
    else if (cancelled) this.counts.cancelled += 1;
    else this.counts.fail += 1;
  }

  private fail({ name, nesting, file, details: { error } }: Outcome): void {
    if (ECHOES.includes(error?.failureType ?? '')) return;
    const names = [...this.path.slice(0, nesting), name].filter((part) => resolve(part) !== file);
    const title = [file === undefined ? [] : relative(ROOT, file), ...names].flat().join(' › ');
    this.failed.push(title);
    this.write(`\nFAIL ${title}\n${describe(error).replace(/^/gm, '  ')}\n`);
  }

  /** The totals, after the names of all failures. */
  finish(): void {
    if (this.failed.length > 1) this.write(`\n${this.failed.length} failures:\n${this.failed.join('\n')}\n`);
    const lines = Object.entries({ ...this.counts, duration_ms: Math.round(performance.now() - this.began) });
    this.write(`\n${lines.map(([name, count]) => `# ${name} ${count}\n`).join('')}`);
  }
}

/** Undefined if there is none; an empty string if it has no reason. */
const isSet = (mark: string | boolean | undefined): boolean => mark !== undefined && mark !== false;

/** The error that the test threw, without node's frames; only the message for an assertion. */
function describe(error: (Error & { readonly cause?: unknown }) | undefined): string {
  const thrown = typeof error?.cause === 'object' && error.cause !== null ? error.cause : error;
  const isAssertion = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_ASSERTION';
  const text = isAssertion && thrown.stack !== undefined ? thrown.stack : inspect(thrown);
  return text.split('\n').filter((line) => !/^\s+at .*node:(?:internal|async_hooks)/.test(line)).join('\n');
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

function main(): void {
  const options = { concurrency: { type: 'string', default: String(cpus().length) } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const files = positionals.length === 0 ? allTests() : positionals.flatMap(findTests);
  const report = new Report((text) => process.stdout.write(text));
  process.stdout.write(`${files.length} test files\n`);
  run({ files: [...files], concurrency: Number(values.concurrency), timeout: FILE_TIMEOUT_MS })
    .on('test:start', (test: Outcome) => report.enter(test))
    .on('test:pass', (test: Outcome) => report.add(test, true))
    .on('test:fail', (test: Outcome) => report.add(test, false))
    .on('test:stderr', ({ message }: { readonly message: string }) => process.stderr.write(message))
    .on('end', () => {
      report.finish();
      process.exitCode = report.hasFailed || files.length === 0 ? 1 : 0;
    })
    .resume();
}

if (require.main === module) main();
