/** Normalizes the base URL of an HTTP API. */

/** The endpoint that people copy from a provider's page along with its base. */
const ENDPOINT = /\/(chat\/completions|completions|responses)\/*$/i;

/**
 * Takes an http or https URL without user name, query and fragment; an endpoint and slashes at its end are dropped.
 *
 * @returns the base without a slash at its end; undefined for anything else
 */
export function readBaseUrl(input: string): string | undefined {
  const url = parseUrl(input.trim());
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return undefined;
  const isBare = `${url.username}${url.password}${url.search}${url.hash}` === '';
  return isBare ? `${url.origin}${url.pathname.replace(ENDPOINT, '').replace(/\/+$/, '')}` : undefined;
}

/** @returns undefined for a text that is no URL */
export function parseUrl(input: string): URL | undefined {
  try {
    return new URL(input);
  } catch {
    return undefined;
  }
}
