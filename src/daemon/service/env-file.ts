/** Collects the variables of the current environment that the bridge uses, and renders the environment file. */
import { delimiter } from 'node:path';
import { isPath } from '../../config/option';
import { OPTIONS, OPTION_NAMES, type Config } from '../../config/options';
import { findVariable, isSet, type Environment, type FlagTexts } from '../../config/resolve';
import { expandVariables } from '../../base/header-values';
import { readNumberedKeys } from '../../providers/keys';
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
 * the providers in use, and the variables that headers, the providers file, proxies and the bridge's folders need.
 *
 * @param makeAbsolute makes a path absolute: a service has another working directory
 */
export function collectVariables(
  { flags, env, config, fileVariables = [] }: ServiceValues, makeAbsolute: (path: string) => string,
): readonly Variable[] {
  const options = OPTION_NAMES.filter((name) => name !== 'configFile').flatMap((name): readonly Variable[] => {
    const { env: [variable], type } = OPTIONS[name];
    const value = flags[name] ?? findVariable(name, env);
    if (value === undefined) return [];
    return [{ name: variable, value: isPath(type, value) ? makeAbsolute(value) : value.trim() }];
  });
  const known = new Set(options.map(({ name }) => name));
  const { used } = expandVariables(flags.upstreamHeader ?? findVariable('upstreamHeader', env) ?? '', env);
  const searchKeys = config.search === undefined ? [] : SEARCH_BACKENDS[config.search].keyVariables;
  const keys = [OPTIONS.aiApiKey.env[0], ...searchKeys, ...listProviders(config).flatMap(({ keyEnv }) => keyEnv)];
  const numbered = keys.flatMap((name) => [name, ...readNumberedKeys(name, env).map(({ variable }) => variable)]);
  const others = [...new Set([...numbered, ...fileVariables, ...used, ...PROXIES, ...FOLDERS])].flatMap(
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

/** The variables that set the folders of saved logins, the providers file and the bridge's records. */
const FOLDERS = ['XDG_CONFIG_HOME', 'XDG_STATE_HOME'];

/**
 * Collects the variables that decide which certificates Node trusts and how it connects. Node reads them when it starts
 * (node(1), ENVIRONMENT), before the bridge reads its environment file. NODE_TLS_REJECT_UNAUTHORIZED is not among them:
 * a service must not disable the verification of certificates permanently.
 *
 * @param makeAbsolute makes a path absolute
 */
export function collectStartVariables(env: Environment, makeAbsolute: (path: string) => string): readonly Variable[] {
  const options = (env['NODE_OPTIONS'] ?? '').split(/\s+/).filter((word) => CONNECTION_OPTION.test(word));
  const folders = (env['SSL_CERT_DIR'] ?? '').split(delimiter).filter((path) => path !== '').map(makeAbsolute);
  const values: readonly (readonly [name: string, value: string | undefined])[] = [
    ...CERTIFICATE_FILES.map((name) => [name, env[name] && makeAbsolute(env[name])] as const),
    ['SSL_CERT_DIR', folders.join(delimiter)],
    ['NODE_USE_SYSTEM_CA', env['NODE_USE_SYSTEM_CA']],
    ['NODE_OPTIONS', options.join(' ')],
  ];
  return values.flatMap(([name, value]) => (isSet(value) && !CONTROL.test(value) ? [{ name, value }] : []));
}

const CERTIFICATE_FILES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'] as const;

/** Node's options for connections; others, such as --inspect, belong to the user's shell. */
const CONNECTION_OPTION =
  /^--(?:use-(?:system|openssl|bundled)-ca|tls-[\w.-]+|dns-result-order|(?:no-)?network-family-autoselection)(?:=\S*)?$/;

const CONTROL = /[\u0000-\u001f\u007f]/;

/** Lists the current provider, and those that model aliases, fallbacks and vision models refer to. */
function listProviders(config: Config): readonly Provider[] {
  const { provider, aiBaseUrl, modelMap = {}, catalog, fallback = [], visionModel } = config;
  const primary = findProvider(provider, aiBaseUrl, catalog);
  const rows = [primary, ...(catalog ?? []).filter(({ origin }) => origin !== undefined)];
  const rowsAndModels = rows.flatMap((row) => [row, ...row.models]);
  const names = [
    ...Object.values(modelMap), ...fallback, visionModel,
    ...rowsAndModels.flatMap((row) => [...(row.fallback ?? []), row.visionModel]),
  ].filter((name) => name !== undefined);
  return [primary, ...names.map((name) => findRoute(name, primary, { [name.toLowerCase()]: name }, catalog).provider)];
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
  if (CONTROL.test(value)) return undefined;
  if (/^[\w@%+=:,./-]*$/.test(value)) return `${name}=${value}`;
  return value.includes("'") ? `${name}="${value.replace(/["\\$`]/g, '\\$&')}"` : `${name}='${value}'`;
}
