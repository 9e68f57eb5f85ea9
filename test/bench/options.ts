/** Parses the command line of the benchmark. */
import { parseArgs } from 'node:util';

/** The parsed arguments. */
export interface BenchOptions {
  readonly quick: boolean;
  readonly help: boolean;
  /** Metric groups and subjects to run; empty means all. */
  readonly only: readonly string[];
  readonly subjects: readonly string[];
  /** `NAME=COMMAND` of additional subjects. */
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
  --quick             a short run, about four minutes on two cores
  --only METRIC       measure only these, separated by commas: start, first-turn, request-40k, request-200k,
                      request-1m, request-4m, request-4m-new, stall, saturated, paced, memory, growth
  --subjects A,B      take only these subjects: listener, direct, pipe-http, pipe-fetch, bridge, or names given by --cmd
  --cmd NAME=COMMAND  add a subject that speaks Responses; {port} and {upstream} are filled in. NAME:chat=COMMAND
                      speaks Chat Completions. KEY=value before the command sets its environment. Repeatable
  --json FILE         write every measured value to FILE
  --profile           profile the bridge and print the functions with the most CPU time of their own
  --kinds             measure CPU per piece and memory of each kind of stream instead, about two minutes
  --replicas          measure one and two replicas with each store instead, about a minute
  --help              show this text`;

const splitNames = (values: readonly string[]): string[] => values.flatMap((value) => value.split(',')).filter(Boolean);

/** Parses the arguments; throws a TypeError that names an unknown argument. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      subjects: { type: 'string', multiple: true, default: [] },
      cmd: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      profile: { type: 'boolean', default: false },
      kinds: { type: 'boolean', default: false },
      replicas: { type: 'boolean', default: false },
    },
  });
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
