/** Keeps requests to this machine away from a proxy. */
import type { Environment } from '../config/resolve';

const PROXIES = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

/**
 * Codex sends requests to 127.0.0.1 to the proxy as well, unless NO_PROXY names it (reqwest, its HTTP client). `*` stands
 * for names there and not for addresses (measured with Codex 0.169).
 */
export function exceptLoopback(env: Environment): Environment {
  if (!PROXIES.some((name) => env[name])) return env;
  const known = env['NO_PROXY'] ?? env['no_proxy'] ?? '';
  const hosts = known.split(',').map((host) => host.trim()).filter((host) => host !== '');
  const missing = ['127.0.0.1', 'localhost', '::1'].filter((host) => !hosts.includes(host));
  const all = [...hosts, ...missing].join(',');
  return { ...env, NO_PROXY: all, no_proxy: all };
}
