/**
 * Implements `--profile`: shows where the bridge spends CPU time, from the profiles that V8 writes when a process
 * exits.
 */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const SHOWN = 25;

/** The parts of a `.cpuprofile` that are used here. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Creates a permanent folder for the profiles of a run; viewers such as Chrome's can open the files. */
export const createProfileFolder = (): string => mkdtempSync(join(tmpdir(), 'codex-bridge-profile-'));

/** Node flags that write a profile to `folder`. */
export const profileFlags = (folder: string): readonly string[] => ['--cpu-prof', `--cpu-prof-dir=${folder}`];

/** Lists the functions with the most self time over all profiles in `folder`, without idle time. */
export function renderProfiles(folder: string, root: string): string {
  const micros = new Map<string, number>();
  const files = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  for (const file of files) addProfile(micros, JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile, root);
  micros.delete('(idle)');
  micros.delete('(program)');
  const total = [...micros.values()].reduce((sum, value) => sum + value, 0);
  const lines = [...micros].sort((one, other) => other[1] - one[1]).slice(0, SHOWN).map(([place, value]) =>
    `${((100 * value) / total).toFixed(1).padStart(5)} %  ${(value / 1000).toFixed(0).padStart(7)} ms  ${place}`);
  return [`${files.length} profiles of the bridge in ${folder}, own time:`, ...lines].join('\n');
}

function addProfile(micros: Map<string, number>, { nodes, samples, timeDeltas }: Profile, root: string): void {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame, root)]));
  samples.forEach((id, index) => {
    const place = places.get(id) ?? '?';
    micros.set(place, (micros.get(place) ?? 0) + (timeDeltas[index] ?? 0));
  });
}

function nameOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame'], root: string): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const path = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url;
  return `${name} ${path}:${lineNumber + 1}`;
}
