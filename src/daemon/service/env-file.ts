/**
 * Renders the environment file of a service: the variables of the current environment that the bridge uses.
 */
import { isPath } from '../../config/option';
import { OPTIONS, OPTION_NAMES, type Config } from '../../config/options';
import { findVariable, isSet, type Environment, type FlagTexts } from '../../config/resolve';
import { expandVariables } from '../../base/header-values';
import { readNumbered } from '../../providers/keys';
import { findProvider, findRoute } from '../../providers/catalog';
import { SEARCH_BACKENDS } from '../../providers/search-backends';
import type { Provider } from '../../providers/provider';

/** A variable with its value. */
export interface Variable {
  readonly name: string;
  readonly value: string;
}

/**
 * Collects the bridge's variables that are set, its flags as variables, the key variables of the search service and of
 * the providers in use, and the variables that headers and proxies use.
 *
 * @param absolute makes a path absolute: a service has another working directory
 */
export function collectVariables(
  { flags, env, config, fileVariables = [] }: ServiceValues, absolute: (path: string) => string,
): readonly Variable[] {
  const options = OPTION_NAMES.filter((name) => name !== 'configFile').flatMap((name): readonly Variable[] => {
    const { env: [variable], type } = OPTIONS[name];
    const value = flags[name] ?? findVariable(name, env);
    return value === undefined ? [] : [{ name: variable, value: isPath(type, value) ? absolute(value) : value.trim() }];
  });
  const known = new Set(options.map(({ name }) => name));
  const { used } = expandVariables(flags.upstreamHeader ?? findVariable('upstreamHeader', env) ?? '', env);
  const searchKeys = config.search === undefined ? [] : SEARCH_BACKENDS[config.search].keyVariables;
  const keys = [OPTIONS.aiApiKey.env[0], ...searchKeys, ...listProviders(config).flatMap(({ keyEnv }) => keyEnv)];
  const numbered = keys.flatMap((name) => [name, ...readNumbered(name, env).map(({ variable }) => variable)]);
  const others = [...new Set([...numbered, ...fileVariables, ...used, ...PROXIES])].flatMap(
    (name): readonly Variable[] => {
      const value = env[name];
      return isSet(value) && !known.has(name) ? [{ name, value: value.trim() }] : [];
    },
  );
  return [...options, ...others];
}

/** The configuration that a service runs with. */
export interface ServiceValues {
  readonly flags: FlagTexts;
  readonly env: Environment;
  readonly config: Config;
  /** Names of the variables that the providers file refers to. */
  readonly fileVariables?: readonly string[];
}

/** The proxy variables that many programs read, in upper and lower case. */
const PROXIES = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]);

/** The current provider, and those that model aliases and fallbacks refer to. */
function listProviders(config: Config): readonly Provider[] {
  const { provider, aiBaseUrl, modelMap = {}, catalog, fallback = [], visionModel } = config;
  const home = findProvider(provider, aiBaseUrl, catalog);
  const rows = [home, ...(catalog ?? []).filter(({ origin }) => origin !== undefined)];
  const rowsAndModels = rows.flatMap((row) => [row, ...row.models]);
  const names = [
    ...Object.values(modelMap), ...fallback, visionModel,
    ...rowsAndModels.flatMap((row) => [...(row.fallback ?? []), row.visionModel]),
  ].filter((name) => name !== undefined);
  return [home, ...names.map((name) => findRoute(name, home, { [name.toLowerCase()]: name }, catalog).provider)];
}

export interface RenderedEnvFile {
  readonly text: string;
  /** Variables whose values cannot be written on one line. */
  readonly omitted: readonly string[];
}

/**
 * Renders the whole file in the format of `parseEnvFile` and of EnvironmentFile= (systemd.exec(5)).
 *
 * @param hasKey if false, adds a commented-out line for the key
 */
export function renderEnvFile(variables: readonly Variable[], hasKey: boolean): RenderedEnvFile {
  const lines = variables.map(({ name, value }) => ({ name, line: renderLine(name, value) }));
  return {
    text: `# Variables of the aliyun-codex-bridge service, NAME=VALUE. Restart the service after a change.
# All variables: aliyun-codex-bridge help serve
${hasKey ? '' : '#AI_API_KEY=\n'}${lines.map(({ line }) => (line === undefined ? '' : `${line}\n`)).join('')}`,
    omitted: lines.filter(({ line }) => line === undefined).map(({ name }) => name),
  };
}

function renderLine(name: string, value: string): string | undefined {
  if (/[\u0000-\u001f\u007f]/.test(value)) return undefined;
  if (/^[\w@%+=:,./-]*$/.test(value)) return `${name}=${value}`;
  return value.includes("'") ? `${name}="${value.replace(/["\\$`]/g, '\\$&')}"` : `${name}='${value}'`;
}
