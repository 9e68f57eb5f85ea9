/** Parses the command line of the benchmark. */
import { parseArgs } from 'node:util';

/** The parsed arguments. */
export interface BenchOptions {
  readonly quick: boolean;
  readonly help: boolean;
  /** Names of the metrics and subjects to run; empty for all. */
  readonly only: readonly string[];
  readonly subjects: readonly string[];
  /** Additional subjects as `NAME=COMMAND`. */
  readonly commands: readonly string[];
  readonly json: string | undefined;
  readonly profile: boolean;
  /** Measure the kinds of streams instead. */
  readonly kinds: boolean;
  /** Measure replicas and stores instead. */
  readonly replicas: boolean;
}

/** The help text. */
export const USAGE = `Usage: npm run bench -- [options]
  --quick             Short run: about four minutes on two cores
  --only A,B          Metrics to measure: start, first-turn, request-40k, request-200k, request-1m, request-4m,
                      request-4m-new, stall, saturated, paced, memory, growth. Default: all
  --subjects A,B      Subjects to measure: listener, direct, pipe-http, pipe-fetch, bridge, or names given with --cmd.
                      Default: all
  --cmd NAME=COMMAND  Add a subject that serves the Responses API; {port} and {upstream} are replaced.
                      NAME:chat=COMMAND: one that serves Chat Completions. KEY=value before the command sets its
                      environment. Repeatable
  --json FILE         Write every measured value to FILE
  --profile           Profile the bridge and print the functions with the most self time
  --kinds             Measure CPU per piece and peak memory of each kind of stream instead: about two minutes
  --replicas          Measure one and two replicas with each store instead: about a minute
  --help              Print this text`;

const splitNames = (values: readonly string[]): string[] => values.flatMap((value) => value.split(',')).filter(Boolean);

const FLAGS = {
  quick: { type: 'boolean' },
  help: { type: 'boolean' },
  only: { type: 'string', multiple: true },
  subjects: { type: 'string', multiple: true },
  cmd: { type: 'string', multiple: true },
  json: { type: 'string' },
  profile: { type: 'boolean' },
  kinds: { type: 'boolean' },
  replicas: { type: 'boolean' },
} as const;

/** Parses the arguments; throws an error of parseArgs for an unknown or incomplete one. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({ args: [...args], options: FLAGS });
  return {
    quick: values.quick === true,
    help: values.help === true,
    only: splitNames(values.only ?? []),
    subjects: splitNames(values.subjects ?? []),
    commands: values.cmd ?? [],
    json: values.json,
    profile: values.profile === true,
    kinds: values.kinds === true,
    replicas: values.replicas === true,
  };
}
