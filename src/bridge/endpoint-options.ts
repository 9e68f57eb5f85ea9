/**
 * Finds what is configured for an endpoint beyond its address and key: other keys and models, a limit on concurrent
 * requests, and how to connect. Loaded only if any of these is configured.
 */
import { compact } from '../base/json';
import type { Provider, RequestChanges } from '../providers/provider';
import type { Connection } from '../upstream/connect';
import type { BridgeSettings, ConnectionOptions, EndpointOptions } from './turn-context';

/** What determines the options of an endpoint. */
export interface OptionSources {
  readonly provider: Provider;
  /** The catalog row of the model. */
  readonly row: RequestChanges | undefined;
  /** Whether the provider is the bridge's primary one. */
  readonly isPrimary: boolean;
  readonly settings: BridgeSettings;
  /** All keys of the provider; empty if the client's own token is sent. */
  readonly keys: readonly string[];
  /** Whether the model accepts pictures. */
  readonly images: boolean;
}

/** Finds the options: the model's override its provider's, and the provider's override the bridge's. */
export function findOptions({ provider, row, isPrimary, settings, keys, images }: OptionSources): EndpointOptions {
  const models = row?.fallback ?? provider.fallback ?? settings.fallback ?? [];
  const visionModel = images ? undefined : (row?.visionModel ?? provider.visionModel ?? settings.visionModel);
  const hasSubstitutes = keys.length > 1 || models.length > 0 || visionModel !== undefined;
  return {
    maxConcurrency: provider.maxConcurrency,
    ...findConnection(provider, isPrimary, settings),
    ...(hasSubstitutes && { substitutes: { keys, models, visionModel } }),
  };
}

/** Finds how to connect to a provider. The certificate of UPSTREAM_CERT is sent only to the primary provider. */
export function findConnection(
  { connection }: Pick<Provider, 'connection'>, isPrimary: boolean,
  { proxies, upstreamCa, upstreamCert }: ConnectionOptions,
): { readonly connection?: Connection } {
  const found = compact({ proxies, ca: upstreamCa, cert: isPrimary ? upstreamCert : undefined, ...connection });
  return Object.keys(found).length > 0 ? { connection: found } : {};
}

interface WithHeaders {
  readonly headers: Readonly<Record<string, string>>;
}

/** Returns the key in the headers, if any. */
export const findKey = ({ headers }: WithHeaders): string | undefined =>
  headers['authorization']?.replace(/^Bearer /, '');

/** Returns the same endpoint with another key of its provider. */
export const withKey = <E extends WithHeaders>(endpoint: E, key: string): E =>
  ({ ...endpoint, headers: { ...endpoint.headers, authorization: `Bearer ${key}` } });
