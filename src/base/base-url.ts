/** Parses URLs: base URLs of HTTP APIs, loopback hosts and ports. */

/** Endpoint paths that users copy together with the base URL. */
const ENDPOINT = /\/(chat\/completions|completions|responses)\/*$/i;

/**
 * Reads an http or https URL without user name, password, query or fragment. Trailing slashes and a trailing endpoint
 * path are dropped.
 *
 * @returns the base URL without a trailing slash; undefined for anything else
 */
export function readBaseUrl(input: string): string | undefined {
  const url = parseUrl(input.trim());
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return undefined;
  const isBare = `${url.username}${url.password}${url.search}${url.hash}` === '';
  return isBare ? `${url.origin}${url.pathname.replace(ENDPOINT, '').replace(/\/+$/, '')}` : undefined;
}

/** @returns undefined for a string that is not a URL */
export function parseUrl(input: string): URL | undefined {
  try {
    return new URL(input);
  } catch {
    return undefined;
  }
}

/** Whether a host, given without its port, is `localhost` or a loopback address. */
export const isLoopback = (host: string): boolean => /^(127\.[\d.]+|localhost|\[?::1\]?)$/i.test(host);

/** Returns the port of a URL; if it has none, the default port of its scheme. */
export const portOf = ({ port, protocol }: URL): number => Number(port) || (protocol === 'https:' ? 443 : 80);
