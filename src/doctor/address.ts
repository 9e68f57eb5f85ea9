/** Addresses: what is often wrong with a base URL, and what a URL says of host and port. */
import { asText } from '../base/narrow';
import { attempt } from '../base/thrown';
import type { Provider } from '../providers/provider';
import { failure, warning, type Finding } from './finding';

/** Ends of addresses that people copy from examples: the bridge puts the path behind the base itself. */
const PASTED = /\/(chat\/completions|completions|responses|models|embeddings|messages)$/;

/** Takes the base URL in use; undefined when nothing is wrong with it. */
export function findAddressFlaw(baseUrl: string, provider: Provider): Finding | undefined {
  const url = new URL(baseUrl);
  const pasted = PASTED.exec(url.pathname)?.[0];
  if (pasted !== undefined) {
    return failure(
      `${baseUrl} ends with ${pasted}`,
      `Leave the end out, the bridge puts it there: ${baseUrl.slice(0, -pasted.length)}`,
    );
  }
  const flaw = findWrongPath(url, baseUrl, provider);
  if (flaw !== undefined) return flaw;
  if (url.protocol === 'http:' && !isNearby(url.hostname)) {
    return warning(
      `${baseUrl} is not encrypted: everybody on the way can read the key and your code`,
      'Use https:// where the provider has it.',
    );
  }
  return undefined;
}

/** Known hosts serve under known paths; a local server does so on any port. */
function findWrongPath(url: URL, baseUrl: string, { title, baseUrls, local }: Provider): Finding | undefined {
  const known = baseUrls.filter((address) => local === true || new URL(address).host === url.host);
  if (known.length === 0 || known.includes(baseUrl)) return undefined;
  const paths = [...new Set(known.map((address) => new URL(address).pathname.replace(/\/$/, '')))];
  if (paths.includes(url.pathname.replace(/\/$/, ''))) return undefined;
  const addresses = paths.map((path) => url.origin + path).join(' or ');
  return warning(
    `${baseUrl} is not an address that is known for ${title}`,
    `Use ${addresses}, unless the provider told you this one.`,
  );
}

/** Names and numbers that do not leave the house: RFC 1918, RFC 4193, RFC 6762, and names without a dot. */
const NEARBY: readonly RegExp[] = [
  /^(127|10|192\.168|172\.(1[6-9]|2\d|3[01])|169\.254)\./,
  /^\[(::1|f[cd]|fe80)/i,
  /^[^.:]+$/,
  /\.(local|internal|lan|home\.arpa|localhost)$/i,
];

/** Whether a host is this machine or one beside it. */
const isNearby = (host: string): boolean => NEARBY.some((pattern) => pattern.test(host));

/** Whether a host is this machine itself. */
export const isLoopback = (host: string): boolean => /^(127\.[\d.]+|localhost|\[?::1\]?)$/i.test(host);

/** The URL in a field of a file; undefined for what is none. */
export const readUrl = (address: unknown): URL | undefined => attempt(() => new URL(asText(address) ?? ''));

/** The port of a URL, also where it is the usual one. */
export const portOf = ({ port, protocol }: URL): number => Number(port) || (protocol === 'https:' ? 443 : 80);
