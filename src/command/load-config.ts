/** The configuration of a command: the options, the file of variables, and what the chosen provider adds to them. */
import { OPTIONS, type Config } from '../config/options';
import { fromProcess, isSet, resolveConfig } from '../config/resolve';
import type { Environment, FindOrigin, FlagTexts, ResolvedConfig } from '../config/resolve';
import type { CommandContext } from './command';
import { reportMistakes } from './mistakes';

/** The environment, with the file of variables below it where one is named. */
export interface LoadedEnvironment {
  readonly env: Environment;
  /** The file as it was named, and everything in it; undefined where none is named or it cannot be read. */
  readonly file: { readonly path: string; readonly values: Readonly<Record<string, string>> } | undefined;
  readonly findOrigin: FindOrigin;
  readonly mistakes: readonly string[];
}

type Resolved = Extract<ResolvedConfig, { readonly ok: true }>;

/** The configuration with the environment it was read from: whoever looks for further variables looks there. */
export type Loaded = Resolved & Pick<LoadedEnvironment, 'env' | 'file'>;

export type LoadedConfig = Loaded | Exclude<ResolvedConfig, Resolved>;

/**
 * The configuration of a command; or the exit code, after all mistakes were told: those of the command line, and those of
 * the options.
 *
 * @param judge what this command finds wrong with a configuration that is right for others
 */
export function requireConfig(
  { flags, mistakes, env, io }: Pick<CommandContext, 'flags' | 'mistakes' | 'env' | 'io'>,
  judge: (config: Config) => readonly string[] = () => [],
): Loaded | number {
  const loaded = loadConfig(flags, env);
  const all = [...mistakes, ...(loaded.ok ? judge(loaded.config) : loaded.mistakes)];
  return loaded.ok && all.length === 0 ? loaded : reportMistakes(all, io);
}

/** The catalog of providers takes milliseconds to load: it is left alone when it has nothing to add. */
export function loadConfig(flags: FlagTexts, given: Environment): LoadedConfig {
  const { env, file, findOrigin, mistakes } = loadEnvironment(flags, given);
  const resolved = resolveConfig(flags, env, findOrigin);
  const { provider, aiApiKey, search } = resolved.ok ? resolved.config : {};
  const hasAll = resolved.ok && provider === undefined && aiApiKey !== undefined && search === undefined;
  if (hasAll && mistakes.length === 0) return { ...resolved, env, file };
  const { addProviderValues }: typeof import('../config/provider-values') = require('../config/provider-values');
  const whole = addProviderValues(resolved, { flags, env, findOrigin });
  if (mistakes.length > 0) return { ok: false, mistakes: whole.ok ? mistakes : [...mistakes, ...whole.mistakes] };
  return whole.ok ? { ...whole, env, file } : whole;
}

/** Reads the file of variables that the flag or the variable names; without one the environment stays as it is. */
export function loadEnvironment(flags: FlagTexts, env: Environment): LoadedEnvironment {
  const [flag] = OPTIONS.envFile.flags;
  const [variable] = OPTIONS.envFile.env;
  const given = flags.envFile ?? env[variable];
  // An empty flag is a mistake that `resolveConfig` tells.
  if (!isSet(given)) return { env, file: undefined, findOrigin: fromProcess, mistakes: [] };
  const { readEnvFile }: typeof import('./read-env-file') = require('./read-env-file');
  return readEnvFile(given, flags.envFile === undefined ? fromProcess(variable) : { kind: 'flag', name: flag }, env);
}
