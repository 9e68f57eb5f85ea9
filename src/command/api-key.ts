/** Describes the state of the provider's API key: set, missing, not needed. Never shows the key. */
import { OPTIONS, type Config } from '../config/options';
import type { Environment, Origins } from '../config/resolve';
import type { Provider } from '../providers/provider';
import { renderOrigin } from './render';

type KeySettings = Pick<Config, 'aiApiKey' | 'aiBaseUrl' | 'catalog' | 'forceEnvAuth' | 'provider'>;

/** Describes the key, such as "set from env AI_API_KEY"; if it is missing, says how to set it. */
export function describeKey(config: KeySettings, origins: Origins): string {
  if (!config.forceEnvAuth) return "each request's own";
  if (config.aiApiKey !== undefined) return `set${renderOrigin(origins.aiApiKey)}`;
  const provider = findProviderOf(config);
  return provider.local ? 'not needed' : `none. Set ${nameKeyVariables(provider)}, then restart the bridge`;
}

/** Returns what is missing and how to set it; `undefined` if there is a key, or none is needed. */
export function describeMissingKey(config: KeySettings, env: Environment): string | undefined {
  const advice = adviseOnMissingKey(config, env);
  if (advice === undefined) return undefined;
  const { title, baseUrls } = findProviderOf(config);
  return `No API key for ${baseUrls.length === 0 ? config.aiBaseUrl : title}. ${advice}`;
}

/** Returns only the advice of `describeMissingKey`; `undefined` in the same cases. */
export function adviseOnMissingKey(config: KeySettings, env: Environment): string | undefined {
  if (config.aiApiKey !== undefined || !config.forceEnvAuth) return undefined;
  const provider = findProviderOf(config);
  if (provider.local) return undefined;
  const [variable] = OPTIONS.aiApiKey.env;
  if (provider.baseUrls.length === 0) return `Set ${variable}; any value works if the server needs no key.`;
  const isWindows = process.platform === 'win32';
  const misplaced = findMisplacedKey(provider, env);
  if (misplaced !== undefined) {
    const copy = isWindows ? `$env:${variable} = $env:${misplaced}` : `export ${variable}="$${misplaced}"`;
    return `${misplaced} holds a key for ${provider.title}. Run: ${copy}`;
  }
  const key = `${findKeyPrefix(provider)}…`;
  const set = isWindows ? `$env:${variable} = '${key}'` : `export ${variable}=${key}`;
  const needsBaseUrl = new URL(provider.baseUrls[0] ?? config.aiBaseUrl).origin !== new URL(config.aiBaseUrl).origin;
  const login = `--provider ${provider.name}${needsBaseUrl ? ` --ai-base-url ${config.aiBaseUrl}` : ''}`;
  return `Run: ${set}, or save it: aliyun-codex-bridge login ${login}`;
}

/** Finds a variable of another program that holds a key with this provider's prefix: some guides use OPENAI_API_KEY. */
function findMisplacedKey(provider: Provider, env: Environment): string | undefined {
  const prefix = findKeyPrefix(provider);
  if (prefix === '') return undefined;
  return Object.keys(env).sort().find((name) => /(KEY|TOKEN)$/i.test(name) && env[name]?.trim().startsWith(prefix));
}

/** Returns the prefix of the provider's keys; empty if its row has none. */
const findKeyPrefix = ({ keyShape }: Provider): string =>
  /^\^([\w-]+)$/.exec(keyShape?.pattern.source ?? '')?.[1] ?? '';

/** Names the variables that the user can set: AI_API_KEY, or the provider's first variable. */
const nameKeyVariables = ({ keyEnv }: Provider): string =>
  [OPTIONS.aiApiKey.env[0], ...keyEnv.slice(0, 1)].join(' or ');

/** Loads the catalog lazily: loading takes milliseconds, and a bridge that has a key starts without the catalog. */
function findProviderOf({ provider, aiBaseUrl, catalog }: KeySettings): Provider {
  const { findProvider }: typeof import('../providers/catalog') = require('../providers/catalog');
  return findProvider(provider, aiBaseUrl, catalog);
}
