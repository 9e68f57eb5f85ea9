/** Reads the proxy variables, and chooses the proxy for a URL. Loaded only if such a variable is set. */

type Variables = Readonly<Record<string, string | undefined>>;

/** A proxy named by a variable. */
export interface ProxyVariable {
  readonly variable: string;
  readonly value: string;
}

/** The proxy for each URL scheme, and in `no` the value of NO_PROXY: hosts that are reached without a proxy. */
export interface ProxyVariables {
  readonly http?: string;
  readonly https?: string;
  readonly no: string;
}

/** Finds the proxy that the variables name for URLs with this scheme. */
export function findProxy(env: Variables, scheme: 'http' | 'https'): ProxyVariable | undefined {
  for (const variable of [`${scheme.toUpperCase()}_PROXY`, `${scheme}_proxy`, 'ALL_PROXY', 'all_proxy']) {
    const value = env[variable]?.trim();
    if (value) return { variable, value };
  }
  return undefined;
}

/** Reads the variables; undefined if none names a proxy. */
export function readProxies(env: Variables): ProxyVariables | undefined {
  const [http, https] = [findProxy(env, 'http')?.value, findProxy(env, 'https')?.value];
  if (http === undefined && https === undefined) return undefined;
  const no = env['NO_PROXY'] ?? env['no_proxy'] ?? '';
  return { ...(http !== undefined && { http }), ...(https !== undefined && { https }), no };
}

/**
 * Returns the proxy for a URL. Loopback addresses are always reached directly. An entry in NO_PROXY is `*`, a domain,
 * which includes its subdomains, an address, a network such as `10.0.0.0/8`, or one of these with a port.
 */
export function chooseProxy(url: URL, { http, https, no }: ProxyVariables): string | undefined {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  if (host === 'localhost' || host === '::1' || isInNetwork('127.0.0.0/8', host)) return undefined;
  const entries = no.split(',').map((entry) => entry.trim().toLowerCase()).filter((entry) => entry !== '');
  if (entries.some((entry) => matchesHost(entry, host, port))) return undefined;
  return url.protocol === 'https:' ? https : http;
}

function matchesHost(entry: string, host: string, port: string): boolean {
  const [, name = entry, entryPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
  if (entryPort !== undefined && entryPort !== port) return false;
  const plain = name.replace(/^\[(.*)\]$/, '$1').replace(/^\*?\./, '');
  return plain === '*' || host === plain || host.endsWith(`.${plain}`) || isInNetwork(plain, host);
}

/** Whether an IPv4 address belongs to a network such as `10.0.0.0/8` (RFC 4632). */
export function isInNetwork(entry: string, address: string): boolean {
  const [, network = '', bits = ''] = /^([\d.]+)\/(\d+)$/.exec(entry) ?? [];
  if (network === '' || Number(bits) > 32 || !/^\d+(\.\d+){3}$/.test(address)) return false;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(toNumber(network) / size) === Math.floor(toNumber(address) / size);
}

const toNumber = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
