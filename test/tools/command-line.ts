/** Reads the numeric flags of a development command, and runs it: exit code 2 for an invalid command line. */
import { codeOf } from '../../src/base/thrown';

/** An invalid command line; any other error is a defect. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The numbers that a flag accepts. */
export interface NumberLimits {
  readonly min: number;
  /** Fractions too. */
  readonly fractions?: boolean;
}

/**
 * Reads the number of a flag that parseArgs has parsed; undefined if it was not given.
 *
 * @throws UsageError for anything else: `Number` reads a word as NaN, and a loop up to NaN runs nothing
 */
export function readNumber(
  flags: Readonly<Record<string, unknown>>, name: string, { min, fractions = false }: NumberLimits,
): number | undefined {
  const text = flags[name];
  if (text === undefined) return undefined;
  const value = /^\d+(?:\.\d+)?$/.test(String(text)) ? Number(text) : NaN;
  if (value >= min && (fractions || Number.isSafeInteger(value))) return value;
  const expected = `a${fractions ? '' : ' whole'} number of at least ${min}`;
  throw new UsageError(`Cannot read --${name} "${String(text)}": expected ${expected}.`);
}

/** Exits with the result of `main`, with 2 and the usage for an invalid command line, or with 1 after another error. */
export function runMain(usage: string, main: () => Promise<number>): void {
  // Outside Linux, a pipe is written asynchronously, and process.exit would discard the rest.
  const exit = (code: number): unknown => process.stdout.write('', () => process.exit(code));
  main().then(exit, (error: unknown) => {
    const isUsage = error instanceof UsageError || codeOf(error)?.startsWith('ERR_PARSE_ARGS') === true;
    console.error(isUsage ? `${(error as Error).message}\n\n${usage}` : error);
    exit(isUsage ? 2 : 1);
  });
}
