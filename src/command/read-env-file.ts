/** Puts a file of variables below the environment. Loaded only when one is named. */
import { readFileSync } from 'node:fs';
import { codeOf, messageOf } from '../base/thrown';
import { parseEnvFile } from '../config/env-file';
import { quote } from '../base/quote';
import { fromProcess, isSet, type Environment, type GivenOrigin } from '../config/resolve';
import type { LoadedEnvironment } from './load-config';

/**
 * Takes the name of the file as it was given, and the origin of that name. A variable that is set beats its line in the
 * file.
 *
 * @returns the environment with the file below it; when the file cannot be used, without it and with every mistake in it
 */
export function readEnvFile(
  path: string, origin: GivenOrigin, env: Environment, platform = process.platform,
): LoadedEnvironment {
  const without = { env, file: undefined, findOrigin: fromProcess };
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const mistake = `Cannot read the file ${quote(path)} from ${origin.kind} ${origin.name}: ${explain(path, error)}.`;
    return { ...without, mistakes: [mistake] };
  }
  const parsed = parseEnvFile(text);
  if (!parsed.ok) {
    const mistakes = parsed.mistakes.map(({ line, problem }) => `Cannot read line ${line} of ${path}: ${problem}.`);
    return { ...without, mistakes };
  }
  const { values } = parsed;
  const used = Object.entries(values).filter(([name]) => !isSet(env[name]));
  const names = new Set(used.map(([name]) => name));
  return {
    env: { ...copyOf(env, platform), ...Object.fromEntries(used) },
    file: { path, values },
    findOrigin: (name) => (names.has(name) ? { kind: 'file', name: `${name} in ${path}` } : fromProcess(name)),
    mistakes: [],
  };
}

/** On Windows `process.env` finds PATH under its name Path; a copy of it does not, so there all names are in capitals. */
function copyOf(env: Environment, platform: NodeJS.Platform): Environment {
  if (platform !== 'win32') return env;
  return Object.fromEntries(Object.entries(env).map(([name, text]) => [name.toUpperCase(), text]));
}

/** What people do wrong, by the code of the system. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
};

function explain(path: string, error: unknown): string {
  const code = codeOf(error) ?? '';
  // A shell replaces the ~ of `--env-file ~/x`, but not that of `--env-file=~/x`; systemd and Docker replace none.
  const hint = code === 'ENOENT' && path.startsWith('~') ? ', and ~ is not replaced here: write the whole path' : '';
  return `${REASONS[code] ?? messageOf(error)}${hint}`;
}
