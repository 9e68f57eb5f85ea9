/** Defines the subjects of the benchmark: the baselines, the bridge, and servers given on the command line. */
import { join } from 'node:path';
import { UsageError } from '../tools/command-line';
import type { Protocol } from './messages';
import type { Launch } from './processes';

/**
 * `direct` has no process: the load goes straight to the upstream. `listener` answers only /health. A `baseline` does
 * the least that a proxy must do; a `candidate` is compared with the baselines.
 */
export type Role = 'direct' | 'listener' | 'baseline' | 'candidate';

/** A subject, and the command that starts it on a port with the upstream's base URL. */
export interface Subject {
  readonly name: string;
  readonly role: Role;
  readonly protocol: Protocol;
  readonly launch: (port: number, upstream: string) => Launch;
}

/** The root folder of the project. */
export const projectRoot = join(__dirname, '..', '..');

const node = (...args: string[]): Launch => ({
  file: process.execPath,
  args,
  environment: {},
});
const script = (file: string) => (port: number, upstream: string) =>
  node(join(__dirname, file), String(port), upstream);

const builtIn = (bridgeFlags: readonly string[]): readonly Subject[] => [
  { name: 'listener', role: 'listener', protocol: 'chat', launch: script('listener.cjs') },
  { name: 'direct', role: 'direct', protocol: 'chat', launch: () => node('') },
  { name: 'pipe-http', role: 'baseline', protocol: 'chat', launch: script('pipe-http.cjs') },
  { name: 'pipe-fetch', role: 'baseline', protocol: 'chat', launch: script('pipe-fetch.cjs') },
  {
    name: 'bridge',
    role: 'candidate',
    protocol: 'responses',
    launch: (port, upstream) =>
      node(
        ...[...bridgeFlags, join(projectRoot, 'bin', 'aliyun-codex-bridge.js')],
        ...['--host', '127.0.0.1', '--port', String(port), '--ai-base-url', upstream],
      ),
  },
];

/** Splits a command at spaces, except inside quotes. */
function splitWords(command: string): string[] {
  const words = command.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}

/** Parses `NAME=COMMAND` or `NAME:chat=COMMAND`; throws if a part is missing. */
function parseSubject(text: string): Subject {
  const [, name, protocol, command] = /^([\w.-]+)(?::(chat|responses))?=(.+)$/s.exec(text) ?? [];
  const words = splitWords(command ?? '');
  const first = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  if (name === undefined || first < 0) throw new UsageError(`Cannot read --cmd '${text}': expected NAME=COMMAND.`);
  const fillIn = (word: string, port: number, upstream: string): string =>
    word.replaceAll('{port}', String(port)).replaceAll('{upstream}', upstream);
  return {
    name,
    role: 'candidate',
    protocol: protocol === 'chat' ? 'chat' : 'responses',
    launch: (port, upstream) => {
      const filled = words.map((word) => fillIn(word, port, upstream));
      const variables = filled.slice(0, first).map((word) => word.split(/=(.*)/s).slice(0, 2));
      return { file: filled[first] ?? '', args: filled.slice(first + 1), environment: Object.fromEntries(variables) };
    },
  };
}

/**
 * Returns the subjects of a run, in the order of the report; throws for an unknown or repeated name.
 *
 * @param bridgeFlags Node flags for the bridge
 */
export function chooseSubjects(
  commands: readonly string[], wanted: readonly string[], bridgeFlags: readonly string[] = [],
): Subject[] {
  const all = [...builtIn(bridgeFlags), ...commands.map(parseSubject)];
  const names = all.map((subject) => subject.name);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new UsageError(`Unknown subject '${unknown}': expected ${names.join(', ')}.`);
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined) {
    throw new UsageError(`Two subjects are named '${repeated}'. Choose another name in --cmd NAME=COMMAND.`);
  }
  return wanted.length === 0 ? all : all.filter((subject) => wanted.includes(subject.name));
}
