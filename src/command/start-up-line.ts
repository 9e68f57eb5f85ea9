/** The one line the bridge prints when it is ready. */
import type { Config } from '../config/options';
import type { Origin, Origins } from '../config/resolve';

export interface StartUp {
  readonly version: string;
  readonly address: { readonly host: string; readonly port: number };
  readonly config: Config;
  readonly origins: Origins;
}

/** Says where to reach the bridge, where it sends requests, whether it has a key (never the key), how to stop it. */
export function renderStartUpLine({ version, address, config, origins }: StartUp): string {
  const parts = [
    `aliyun-codex-bridge ${version} listens on ${renderUrl(address)}/v1`,
    `upstream ${config.aiBaseUrl}`,
    `API key: ${describeKey(config, origins)}`,
    'Ctrl-C stops it',
  ];
  return `${parts.join('; ')}.\n`;
}

/** The URL of an address; an IPv6 address stands in brackets (RFC 3986, section 3.2.2). */
export function renderUrl({ host, port }: StartUp['address']): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** " from env HOST": where a value came from, empty for a default. */
export function renderOrigin(origin: Origin): string {
  return origin.kind === 'default' ? '' : ` from ${origin.kind} ${origin.name}`;
}

/** Whether there is a key, and where it came from, or how to set one; never the key. */
export function describeKey(config: Config, origins: Origins): string {
  if (!config.forceEnvAuth) return 'the one of each request';
  if (config.aiApiKey !== undefined) return `set${renderOrigin(origins.aiApiKey)}`;
  const { findProvider }: typeof import('../providers/catalog') = require('../providers/catalog');
  const { nameKeyVariables }: typeof import('./missing-key') = require('./missing-key');
  const provider = findProvider(config.provider, config.aiBaseUrl);
  return provider.local ? 'not needed' : `missing, set ${nameKeyVariables(provider)}`;
}
