/** Implements `--profile`: lists where the bridge spends CPU time, from the profiles that V8 writes at exit. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAX_LINES = 25;

/** The fields of a `.cpuprofile` file that are used here. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Creates a folder for the profiles of a run. It is kept, because Chrome DevTools and other viewers can open them. */
export const createProfileFolder = (): string => mkdtempSync(join(tmpdir(), 'codex-bridge-profile-'));

/** Node flags that write a profile to `folder`. */
export const profileFlags = (folder: string): readonly string[] => ['--cpu-prof', `--cpu-prof-dir=${folder}`];

/** Lists the functions with the most self time in all profiles in `folder`, without idle time. */
export function renderProfiles(folder: string, root: string): string {
  const micros = new Map<string, number>();
  const files = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  for (const file of files) addProfile(micros, JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile, root);
  micros.delete('(idle)');
  micros.delete('(program)');
  const total = [...micros.values()].reduce((sum, value) => sum + value, 0);
  const lines = [...micros].sort(([, a], [, b]) => b - a).slice(0, MAX_LINES).map(([name, value]) =>
    `${((100 * value) / total).toFixed(1).padStart(5)} %  ${(value / 1000).toFixed(0).padStart(7)} ms  ${name}`);
  return [`${files.length} profiles of the bridge in ${folder}, self time:`, ...lines].join('\n');
}

function addProfile(micros: Map<string, number>, { nodes, samples, timeDeltas }: Profile, root: string): void {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, describeFrame(callFrame, root)]));
  samples.forEach((id, index) => {
    const name = names.get(id) ?? '?';
    micros.set(name, (micros.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  });
}

function describeFrame({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame'], root: string): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const path = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url;
  return `${name} ${path}:${lineNumber + 1}`;
}
