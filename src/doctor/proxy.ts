/** Determines whether Codex bypasses its proxy. It always uses the proxy variables (measured with 0.169). */
import { isInNetwork } from '../config/proxies';
import type { Environment } from '../config/resolve';

/**
 * Whether Codex bypasses its proxy for `host`. Measured with 0.169: an address must be listed as an address or network
 * (`127.0.0.0/8`), a name as a name or domain; `*` matches names only, a port never matches, and NO_PROXY overrides
 * no_proxy.
 */
export function isProxyBypassed(env: Environment, host: string): boolean {
  const entries = (env['NO_PROXY'] ?? env['no_proxy'] ?? '').split(',').map((entry) => entry.trim());
  const matches = isAddress(host) ? matchesAddress : matchesName;
  return entries.some((entry) => entry !== '' && matches(entry, host));
}

const isAddress = (host: string): boolean => /^[\d.]+$/.test(host);

const matchesName = (entry: string, host: string): boolean =>
  entry === '*' || host === entry.replace(/^\./, '') || host.endsWith(`.${entry.replace(/^\./, '')}`);

/** The address itself, or an IPv4 network in the notation of RFC 4632. */
const matchesAddress = (entry: string, address: string): boolean =>
  entry === address || isInNetwork(entry, address);
