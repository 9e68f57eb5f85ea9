/** Reads `host:port` as it stands in Host and Origin headers, and knows which names mean this machine. */
import { isIP, isIPv4 } from 'node:net';

export interface Authority {
  /** Lower case, without the brackets of an IPv6 address and without a trailing dot. */
  readonly name: string;
  readonly port: number | undefined;
}

/** `undefined` when `text` is not a host name or IP address with an optional port. Spec: RFC 3986, 3.2.2. */
export function parseAuthority(text: string): Authority | undefined {
  const match = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text);
  if (match === null) return undefined;
  const [, address, host, port] = match;
  const name = normaliseName(address ?? host ?? '');
  if (name === '' || (address !== undefined && isIP(name) !== 6)) return undefined;
  return { name, port: port === undefined ? undefined : Number(port) };
}

/** A host name as names are compared: lower case, without the dot of a fully qualified one. */
export function normaliseName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** True for `localhost`, 127.0.0.0/8 and ::1, also in the long and the mapped spelling. */
export function isLoopbackName(name: string): boolean {
  if (name === 'localhost' || name === '::1' || name === '0:0:0:0:0:0:0:1') return true;
  const mapped = name.startsWith('::ffff:') ? name.slice('::ffff:'.length) : name;
  // Browsers write ::ffff:127.0.0.1 as ::ffff:7f00:1.
  if (mapped !== name && /^7f[\da-f]{2}:[\da-f]{1,4}$/.test(mapped)) return true;
  return isIPv4(mapped) && mapped.startsWith('127.');
}

/** True for an IPv4 or IPv6 address: DNS rebinding needs a name, so an address is never the work of one. */
export function isAddress(name: string): boolean {
  return isIP(name) !== 0;
}
