/** Determines whether Codex bypasses the proxy that the variables name (measured with 0.169). */
import { isInNetwork } from '../config/proxies';
import type { Environment } from '../config/resolve';

/**
 * Whether Codex bypasses its proxy for `host`. Measured with 0.169: an address must be listed as an address or network
 * (`127.0.0.0/8`), a name as a name or domain; `*` matches names only, an entry with a port matches nothing, and
 * NO_PROXY overrides no_proxy.
 */
export function isProxyBypassed(env: Environment, host: string): boolean {
  const entries = (env['NO_PROXY'] ?? env['no_proxy'] ?? '').split(',').map((entry) => entry.trim());
  const matches = isAddress(host) ? matchesAddress : matchesName;
  return entries.some((entry) => entry !== '' && matches(entry, host));
}

const isAddress = (host: string): boolean => /^[\d.]+$/.test(host);

const matchesName = (entry: string, host: string): boolean =>
  entry === '*' || host === entry.replace(/^\./, '') || host.endsWith(`.${entry.replace(/^\./, '')}`);

/** Whether the entry is the address itself, or an IPv4 network (RFC 4632) that contains it. */
const matchesAddress = (entry: string, address: string): boolean =>
  entry === address || isInNetwork(entry, address);
