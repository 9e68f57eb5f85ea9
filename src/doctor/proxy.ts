/** Reads proxy variables. Node's fetch uses them only if enabled; Codex always does (measured with 0.169). */
import type { Environment } from '../config/resolve';

/** A proxy named by a variable. */
export interface ProxyVariable {
  readonly variable: string;
  readonly value: string;
}

const isGiven = (text: string | undefined): text is string => text !== undefined && text.trim() !== '';

function find(env: Environment, ...names: readonly string[]): ProxyVariable | undefined {
  for (const variable of names) {
    const value = env[variable];
    if (isGiven(value)) return { variable, value: value.trim() };
  }
  return undefined;
}

/** Returns the proxy that the variables name for URLs of this scheme. */
export const findProxy = (env: Environment, scheme: 'http' | 'https'): ProxyVariable | undefined =>
  find(env, `${scheme.toUpperCase()}_PROXY`, `${scheme}_proxy`, 'ALL_PROXY', 'all_proxy');

/**
 * Whether fetch in this Node.js uses the variables. NODE_USE_ENV_PROXY was added in 22.21 and 24.0 (nodejs.org,
 * "Command-line API"), the flag in later versions. Older versions, including all of 18 and 20, never use them.
 */
export function followsProxies(nodeVersion: string, env: Environment): boolean {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const isAble = major >= 24 || (major === 22 && minor >= 21);
  const isEnabled = env['NODE_USE_ENV_PROXY'] === '1' || /--use-env-proxy\b/.test(env['NODE_OPTIONS'] ?? '');
  return isAble && isEnabled;
}

/** Whether this Node.js could use the variables. */
export const canFollowProxies = (nodeVersion: string): boolean =>
  followsProxies(nodeVersion, { NODE_USE_ENV_PROXY: '1' });

/**
 * Whether Codex bypasses its proxy for `host`. Measured with 0.169: an address must be listed as an address or network
 * (`127.0.0.0/8`), a name as a name or domain; `*` matches names only, a port never matches, and NO_PROXY overrides
 * no_proxy.
 */
export function exceptsFromProxy(env: Environment, host: string): boolean {
  const entries = (env['NO_PROXY'] ?? env['no_proxy'] ?? '').split(',').map((entry) => entry.trim());
  const excepts = isAddress(host) ? holdsAddress : holdsName;
  return entries.some((entry) => entry !== '' && excepts(entry, host));
}

const isAddress = (host: string): boolean => /^[\d.]+$/.test(host);

const holdsName = (entry: string, host: string): boolean =>
  entry === '*' || host === entry.replace(/^\./, '') || host.endsWith(`.${entry.replace(/^\./, '')}`);

/** The address itself, or an IPv4 network in the notation of RFC 4632. */
function holdsAddress(entry: string, address: string): boolean {
  if (entry === address) return true;
  const [, network = '', bits = ''] = /^([\d.]+)\/(\d+)$/.exec(entry) ?? [];
  if (network === '' || Number(bits) > 32) return false;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(toNumber(network) / size) === Math.floor(toNumber(address) / size);
}

const toNumber = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
