/** Fetches a page for the model, from the public internet only: checks the address of every host it connects to. */
import { lookup } from 'node:dns/promises';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { isIP } from 'node:net';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { renderDuration } from '../base/quantities';
import { messageOf } from '../base/thrown';
import { isPublicAddress } from './public-address';

/** A fetched page: its decoded text and its final address after all redirects. */
export interface FetchedPage {
  readonly url: string;
  /** The media type without parameters, lower case. */
  readonly type: string;
  readonly text: string;
}

/** Reports to the model why a page cannot be opened. */
export class PageError extends Error {}

export interface FetchPageOptions {
  /** Cancels the fetch. */
  readonly abort: AbortSignal;
  /**
   * Whether the fetch may connect to an address. Default: `isPublicAddress`, which only tests with local pages replace.
   */
  readonly mayConnect?: (address: string) => boolean;
}

const MAX_BYTES = 2 * 1024 * 1024;
const MAX_MS = 10_000;
const MAX_REDIRECTS = 5;

const HEADERS = {
  accept: 'text/html, text/plain;q=0.9, text/*;q=0.8, application/json;q=0.8, application/xml;q=0.5',
  'accept-encoding': 'identity',
  'user-agent': 'aliyun-codex-bridge (web search of Codex)',
} as const;

/**
 * @param address an absolute http or https address without credentials
 * @throws PageError for every failure: the address is not allowed or not public, or the page is not text, exceeds 2 MB,
 * does not arrive in time, or cannot be loaded
 */
export async function fetchPage(address: string, options: FetchPageOptions): Promise<FetchedPage> {
  const limit = AbortSignal.timeout(MAX_MS);
  const abort = AbortSignal.any([options.abort, limit]);
  try {
    let url = readAddress(address);
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      const response = await request(url, await findAddress(url, abort, options), abort);
      const target = findRedirect(response);
      if (target === undefined) return await readPage(url, response);
      response.destroy();
      url = readAddress(target, url);
    }
    throw new PageError(`${address} redirects more than ${MAX_REDIRECTS} times.`);
  } catch (cause) {
    if (cause instanceof PageError) throw cause;
    if (limit.aborted) throw new PageError(`${address} did not answer within ${renderDuration(MAX_MS)}.`);
    throw new PageError(`${address} cannot be opened: ${messageOf(cause)}.`);
  }
}

function readAddress(text: string, base?: URL): URL {
  let url;
  try {
    url = new URL(text, base);
  } catch {
    throw new PageError(`"${text.slice(0, 200)}" is not a web address.`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new PageError(`Only http and https addresses can be opened, not ${url.protocol}.`);
  }
  if (url.username !== '' || url.password !== '') throw new PageError('Addresses with credentials cannot be opened.');
  return url;
}

/**
 * Resolves the host once, so that the connection goes to the address that was checked, not to that of a second lookup.
 */
async function findAddress(
  url: URL, abort: AbortSignal, { mayConnect = isPublicAddress }: FetchPageOptions,
): Promise<string> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const found = isIP(host) === 0 ? await untilAborted(lookup(host, { all: true }), abort) : [{ address: host }];
  const [first] = found;
  if (!first) throw new PageError(`${host} has no address.`);
  // A single private address among public ones is enough for DNS rebinding.
  if (!found.every(({ address }) => mayConnect(address))) {
    throw new PageError(`${host} is not on the public internet and cannot be opened.`);
  }
  return first.address;
}

function untilAborted<T>(promise: Promise<T>, abort: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_resolve, reject) => {
    const end = (): void => reject(abort.reason);
    if (abort.aborted) end();
    else abort.addEventListener('abort', end, { once: true });
  });
  return Promise.race([promise, aborted]);
}

function request(url: URL, address: string, signal: AbortSignal): Promise<IncomingMessage> {
  const http: typeof import('node:http') = require(url.protocol === 'https:' ? 'node:https' : 'node:http');
  const family = isIP(address);
  const resolve: RequestOptions['lookup'] = (_host, { all }, done) =>
    // Node passes `all` if it may try several addresses (autoSelectFamily, Node 20).
    all === true ? done(null, [{ address, family }]) : done(null, address, family);
  return new Promise((settle, reject) => {
    const outgoing = http.request(url, { headers: HEADERS, lookup: resolve, agent: false, signal });
    outgoing.on('response', settle).on('error', reject).end();
  });
}

function findRedirect({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  return [301, 302, 303, 307, 308].includes(statusCode) ? headers.location : undefined;
}

async function readPage(url: URL, response: IncomingMessage): Promise<FetchedPage> {
  const [type = '', ...parameters] = (response.headers['content-type'] ?? 'text/html').toLowerCase().split(';');
  try {
    if (response.statusCode !== 200)
      throw new PageError(`${url.href} answered with status ${response.statusCode ?? 0}.`);
    if (!isText(type.trim())) throw new PageError(`${url.href} is ${type.trim()}; only text and HTML can be read.`);
    const bytes = decompress(await readBytes(url, response), response.headers['content-encoding'] ?? 'identity');
    return { url: url.href, type: type.trim(), text: decode(bytes, parameters) };
  } finally {
    response.destroy();
  }
}

const isText = (type: string): boolean => /^(text\/|application\/([\w.-]+\+)?(json|xml)$)/.test(type);

async function readBytes(url: URL, response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes: Buffer = chunk;
    size += bytes.length;
    if (size > MAX_BYTES) throw new PageError(`${url.href} is larger than ${MAX_BYTES / 1024 / 1024} MB.`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/**
 * Decompresses a body, because some servers ignore `accept-encoding: identity`. The limit applies to the decompressed
 * size: a small body may expand to gigabytes.
 */
function decompress(bytes: Buffer, encoding: string): Buffer {
  const options = { maxOutputLength: MAX_BYTES };
  switch (encoding.trim().toLowerCase()) {
    case 'identity':
      return bytes;
    case 'gzip':
      return gunzipSync(bytes, options);
    case 'deflate':
      return inflateSync(bytes, options);
    case 'br':
      return brotliDecompressSync(bytes, options);
    default:
      throw new PageError(`The page is compressed with ${encoding}, which cannot be read.`);
  }
}

/** Decodes text with the charset from the header, else from a `<meta>` in the first kilobyte, else as UTF-8. */
function decode(bytes: Buffer, parameters: readonly string[]): string {
  const stated = parameters
    .map((part) => /^\s*charset="?([\w.:-]+)/.exec(part)?.[1])
    .find((name) => name !== undefined);
  const charset = stated ?? /<meta[^>]{0,200}charset=["']?([\w.:-]+)/i.exec(bytes.toString('latin1', 0, 1024))?.[1];
  try {
    return new TextDecoder(charset ?? 'utf-8').decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}
