/** Resolves a command's configuration: options, environment file, providers file, saved logins, provider's values. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compact } from '../base/json';
import { codeOf, messageOf } from '../base/thrown';
import { OPTIONS, type Config } from '../config/options';
import { quote } from '../base/quote';
import { findText, fromProcess, isSet, resolveConfig } from '../config/resolve';
import type {
  Environment, FindOrigin, FlagTexts, GivenOrigin, Logins, ResolvedConfig, ValueSources,
} from '../config/resolve';
import type { ParsedProviders } from '../providers/user-providers';
import { reportUsageErrors, type CommandContext } from './command';
import { describeMachine, findPaths } from './paths';

/** The environment, extended by the environment file if one is named. */
export interface LoadedEnvironment {
  readonly env: Environment;
  /** The path as given, and all values of the file; undefined if none is named or it cannot be read. */
  readonly file: { readonly path: string; readonly values: Readonly<Record<string, string>> } | undefined;
  readonly findOrigin: FindOrigin;
  readonly errors: readonly string[];
}

type Resolved = Extract<ResolvedConfig, { readonly ok: true }>;

/** The configuration with the environment that it was read from, for further variables. */
export type Loaded = Resolved & Pick<LoadedEnvironment, 'env' | 'file' | 'findOrigin'> & {
  /** Absent if nothing is saved. */
  readonly logins?: Logins;
  /** The user's providers file, if it exists. */
  readonly providersPath?: string;
  /** Where a running bridge looks for a providers file that the user adds; absent if one exists or is named. */
  readonly expectedProvidersPath?: string;
  /** Names of the variables that the providers file refers to, for headers, keys and proxies. */
  readonly fileVariables?: readonly string[];
};

export type LoadedConfig = Loaded | Exclude<ResolvedConfig, Resolved>;

/**
 * Returns the configuration of a command, or the exit code after reporting every error on the command line and in
 * the configuration.
 *
 * @param check returns what this command rejects in a configuration that is valid for other commands
 */
export function requireConfig(
  { flags, errors, env, io }: Pick<CommandContext, 'flags' | 'errors' | 'env' | 'io'>,
  check: (config: Config) => readonly string[] = () => [],
  load: (flags: FlagTexts, env: Environment) => LoadedConfig = loadConfig,
): Loaded | number {
  const loaded = load(flags, env);
  const all = [...errors, ...(loaded.ok ? check(loaded.config) : loaded.errors)];
  return loaded.ok && all.length === 0 ? loaded : reportUsageErrors(all, io);
}

/**
 * Loads the configuration of a command that sends no key: does not read the system's key store, and ignores all saved
 * logins if the configuration is invalid with them.
 */
export function loadWithoutKeyStore(flags: FlagTexts, env: Environment): LoadedConfig {
  const loaded = loadConfig(flags, env, 'without key store');
  return loaded.ok ? loaded : loadConfig(flags, env, 'none');
}

/** Loads the configuration. The provider catalog takes milliseconds to load, so it is loaded only if needed. */
export function loadConfig(
  flags: FlagTexts, given: Environment, loginUse: 'all' | 'without key store' | 'none' = 'all',
): LoadedConfig {
  const { env, file, findOrigin, errors } = loadEnvironment(flags, given);
  const resolved = addProxies(resolveConfig(flags, env, findOrigin), env);
  const { path: providersPath, expected } = findProvidersFile({ flags, env, findOrigin });
  const logins = loginUse === 'none' ? undefined : findLogins(env, loginUse === 'all');
  const sources = {
    env, file, findOrigin, ...compact({ logins, providersPath, expectedProvidersPath: expected }),
  };
  if (resolved.ok && errors.length === 0 && providersPath === undefined && !needsCatalog(resolved.config, env))
    return { ...resolved, ...sources };
  const { addProviderValues }: typeof import('../config/provider-values') = require('../config/provider-values');
  const catalog = providersPath === undefined ? undefined : readCatalog(providersPath, env);
  const extended = addProviderValues(resolved, { flags, ...sources }, catalog?.ok ? catalog.rows : undefined);
  const all = [...errors, ...(catalog?.ok === false ? catalog.errors : []), ...(extended.ok ? [] : extended.errors)];
  if (!extended.ok || all.length > 0) return { ok: false, errors: all };
  return { ...extended, ...sources, ...(catalog?.ok && { fileVariables: catalog.variables }) };
}

function findLogins(env: Environment, usesKeyStore: boolean): Logins | undefined {
  const path = join(findPaths(describeMachine(env)).config, 'login.json');
  if (!existsSync(path)) return undefined;
  const { openLogins }: typeof import('./saved-login') = require('./saved-login');
  return openLogins(path, env, usesKeyStore);
}

/** Loads the reader of the proxy variables only if one of them is set. */
function addProxies(resolved: ResolvedConfig, env: Environment): ResolvedConfig {
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
  if (!resolved.ok || !names.some((name) => isSet(env[name]))) return resolved;
  const { readProxies }: typeof import('../config/proxies') = require('../config/proxies');
  const proxies = readProxies(env);
  return proxies ? { ...resolved, config: { ...resolved.config, proxies } } : resolved;
}

/** Whether values of the configuration depend on the provider's row. */
const needsCatalog = ({ provider, aiApiKey, upstreamHeader, search }: Config, env: Environment): boolean =>
  aiApiKey === undefined
  || [provider, upstreamHeader, search, env[`${OPTIONS.aiApiKey.env[0]}_1`]].some((value) => value !== undefined);

/** Finds the file that the user names, or the one in the config folder; `expected` is its path if it does not exist. */
function findProvidersFile(given: ValueSources): { readonly path?: string; readonly expected?: string } {
  const named = findText('providers', given)?.text;
  if (named !== undefined) return named === '' ? {} : { path: named };
  const path = join(findPaths(describeMachine(given.env)).config, 'providers.json');
  return existsSync(path) ? { path } : { expected: path };
}

function readCatalog(path: string, env: Environment): ParsedProviders {
  const { readProvidersFile }: typeof import('./read-providers-file') = require('./read-providers-file');
  return readProvidersFile(path, env);
}

/** Adds the variables of the environment file that the flag or variable names, except those that are set already. */
export function loadEnvironment(flags: FlagTexts, env: Environment, platform = process.platform): LoadedEnvironment {
  const [flag] = OPTIONS.configFile.flags;
  const [variable] = OPTIONS.configFile.env;
  const path = flags.configFile ?? env[variable];
  const unchanged = { env, file: undefined, findOrigin: fromProcess };
  // `resolveConfig` reports an empty flag.
  if (!isSet(path)) return { ...unchanged, errors: [] };
  const read = readEnvFile(path, flags.configFile === undefined ? fromProcess(variable) : { kind: 'flag', name: flag });
  if ('errors' in read) return { ...unchanged, ...read };
  const { values } = read;
  const added = Object.entries(values).filter(([name]) => !isSet(env[name]));
  const names = new Set(added.map(([name]) => name));
  return {
    env: { ...unifyCase(env, platform), ...Object.fromEntries(added) },
    file: { path, values },
    findOrigin: (name) => (names.has(name) ? { kind: 'file', name: `${name} in ${path}` } : fromProcess(name)),
    errors: [],
  };
}

type ReadFile = { readonly values: Readonly<Record<string, string>> } | { readonly errors: readonly string[] };

/** @param origin the origin of the path */
function readEnvFile(path: string, origin: GivenOrigin): ReadFile {
  const { parseEnvFile }: typeof import('../config/env-file') = require('../config/env-file');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { errors: [`Cannot read ${quote(path)} from ${origin.kind} ${origin.name}: ${explain(path, error)}.`] };
  }
  const parsed = parseEnvFile(text);
  if (parsed.ok) return parsed;
  return { errors: parsed.errors.map(({ line, problem }) => `Cannot read line ${line} of ${path}: ${problem}.`) };
}

/**
 * On Windows, `process.env` ignores the case of names (Path, PATH); a plain copy does not, so all names become
 * upper case.
 */
function unifyCase(env: Environment, platform: NodeJS.Platform): Environment {
  if (platform !== 'win32') return env;
  return Object.fromEntries(Object.entries(env).map(([name, text]) => [name.toUpperCase(), text]));
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
};

function explain(path: string, error: unknown): string {
  const code = codeOf(error) ?? '';
  // A shell expands the ~ in `--config-file ~/x`, but not in `--config-file=~/x`; systemd and Docker never do.
  const hint = code === 'ENOENT' && path.startsWith('~') ? '; ~ is not expanded here, so write the full path' : '';
  return `${REASONS[code] ?? messageOf(error)}${hint}`;
}
