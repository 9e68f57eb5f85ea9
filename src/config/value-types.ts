/** Defines the value types of options, each with the phrase that completes "expected …" in error messages. */
import { attempt } from '../base/thrown';
import { parseUrl, readBaseUrl } from '../base/base-url';
import { renderList } from '../base/quantities';
import { HEADER_NAME, HEADER_VALUE } from '../base/header-values';
import type { ValueType } from './option';

/** Any non-empty string. Surrounding spaces are dropped, as in every type below except paths. */
export const text: ValueType<string> = {
  expected: 'a non-empty string',
  placeholder: 'TEXT',
  parse: (input) => input.trim() || undefined,
};

/** The path of a file; spaces are preserved. */
export const file: ValueType<string> = {
  expected: 'the path of a file',
  placeholder: 'FILE',
  path: 'file',
  parse: (input) => input || undefined,
};

/** The path of a folder; spaces are preserved. */
export const folder: ValueType<string> = {
  expected: 'the path of a folder',
  placeholder: 'DIR',
  path: 'folder',
  parse: (input) => input || undefined,
};

/** A folder, or the address of a Redis server, whose password is never shown. */
export const folderOrRedis: ValueType<string> = {
  expected: 'the path of a folder, or an address such as redis://:PASSWORD@host:6379/0 or rediss://host',
  placeholder: 'DIR|URL',
  path: 'folder',
  parse(input) {
    if (!/^\s*[a-z]+:\/\//i.test(input)) return input || undefined;
    const url = parseUrl(input.trim());
    const isRedis = url?.protocol === 'redis:' || url?.protocol === 'rediss:';
    if (!isRedis || url.hostname === '' || !/^(\/\d{0,4})?$/.test(url.pathname)) return undefined;
    return attempt(() => decodeURIComponent(url.username + url.password)) === undefined ? undefined : input.trim();
  },
};

/** The prefix of key names in Redis. */
export const keyPrefix: ValueType<string> = {
  expected: 'up to 64 letters, digits and . _ - :',
  placeholder: 'TEXT',
  parse: (input) => /^[\w.:-]{1,64}$/.exec(input.trim())?.[0],
};

/** A version of Codex; a suffix after the three numbers is dropped. */
export const codexVersion: ValueType<string> = {
  expected: 'a Codex version such as 0.146.0',
  placeholder: 'VERSION',
  parse: (input) => /^\d+\.\d+\.\d+/.exec(input.trim())?.[0],
};

/** A key that fits in an HTTP header. */
export const key: ValueType<string> = {
  expected: 'visible ASCII characters without spaces',
  placeholder: 'KEY',
  parse: (input) => /^[\x21-\x7e]+$/.exec(input.trim())?.[0],
};

/** A value for an HTTP header. */
export const headerText: ValueType<string> = {
  expected: 'one line of ASCII text',
  placeholder: 'TEXT',
  parse: (input) => /^[\x20-\x7e]+$/.exec(input.trim())?.[0],
};

/** Comma-separated `NAME=VALUE` pairs of request headers; a comma not followed by a pair is part of the value. */
export const headerPairs: ValueType<Readonly<Record<string, string>>> = {
  expected: 'headers such as x-team=blue,x-env=test, with values of ASCII text',
  placeholder: 'NAME=VALUE,…',
  parse(input) {
    const pairs = input.trim().split(/,\s*(?=[\w-]+=)/).map(splitPair);
    const isValid = pairs.every(([name, value]) => HEADER_NAME.test(name) && HEADER_VALUE.test(value));
    return isValid ? Object.fromEntries(pairs) : undefined;
  },
};

/** A host name or IP address; the brackets of `[::1]` are dropped, because `server.listen` does not accept them. */
export const host: ValueType<string> = {
  expected: 'a host name or IP address without scheme and port',
  placeholder: 'HOST',
  parse: (input) => {
    const name = input.trim().replace(/^\[(.*)\]$/, '$1');
    return /^[\w.-]+$|^[\da-f]*:[\da-f]*:[\da-f:.]*(%\w+)?$/i.test(name) ? name : undefined;
  },
};

/** Comma-separated host names or addresses. */
export const hosts: ValueType<readonly string[]> = {
  expected: 'comma-separated host names or IP addresses, without schemes and ports',
  placeholder: 'HOST,…',
  parse: (input) => {
    const names = input.split(',').map((name) => name.trim()).filter((name) => name !== '').map(host.parse);
    return names.every((name) => name !== undefined) ? names : undefined;
  },
};

/** Comma-separated origins of web pages, as browsers send them. */
export const origins: ValueType<readonly string[]> = {
  expected: 'comma-separated origins such as https://app.example.com or http://localhost:3000',
  placeholder: 'ORIGIN,…',
  parse: (input) => {
    const found = input
      .split(',')
      .map((text) => text.trim())
      .filter((text) => text !== '')
      .map((text) => attempt(() => new URL(text)));
    const isOrigin = (url: URL | undefined): boolean => url?.pathname === '/' && /^https?:$/.test(url.protocol);
    return found.every(isOrigin) ? found.flatMap((url) => url?.origin ?? []) : undefined;
  },
};

/** The base URL of an HTTP API. `/chat/completions` is appended to it, so it has no query and no fragment. */
export const baseUrl: ValueType<string> = {
  expected: 'an http:// or https:// URL without user name, query and fragment',
  placeholder: 'URL',
  parse: readBaseUrl,
};

/** The address of a search service, used unchanged: it may have a path and a query. */
export const searchUrl: ValueType<string> = {
  expected: 'an http:// or https:// URL without user name and fragment',
  placeholder: 'URL',
  parse: (input) => {
    const url = parseUrl(input.trim());
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return undefined;
    return `${url.username}${url.password}${url.hash}` === '' ? url.href : undefined;
  },
};

/** The name of a provider, in lower case. config/provider-values.ts, which loads the catalog, checks that it exists. */
export const providerName: ValueType<string> = {
  expected: 'the name of a provider',
  placeholder: 'NAME',
  isProvider: true,
  parse: (input) => input.trim().toLowerCase() || undefined,
};

/** A TCP port; 0 lets the system pick one. */
export const port: ValueType<number> = {
  expected: 'a port number from 0 to 65535',
  placeholder: 'PORT',
  parse: (input) => readInteger(input, 0, 65_535),
};

/** A switch. */
export const onOff: ValueType<boolean> = {
  expected: 'on or off (also 1/0, true/false, yes/no)',
  placeholder: '1|0',
  isSwitch: true,
  parse: (input) => SWITCH_WORDS.get(input.trim().toLowerCase()),
};

const SWITCH_WORDS: ReadonlyMap<string, boolean> = new Map([
  ['1', true], ['true', true], ['on', true], ['yes', true],
  ['0', false], ['false', false], ['off', false], ['no', false],
]);

/** A whole number from `min` to `max`; `unit` is a plural such as "characters". */
export function integer(min: number, max: number, unit: string): ValueType<number> {
  return {
    expected: `a whole number of ${unit} from ${min} to ${max}`,
    placeholder: 'NUMBER',
    parse: (input) => readInteger(input, min, max),
  };
}

const DAY_MS = 86_400_000;

/** The beginning of a day, or a time span before now. */
export type Since = { readonly day: string } | { readonly spanMs: number };

/** The beginning of a period that ends now. */
export const since: ValueType<Since> = {
  expected: 'a day such as 2026-11-01, or a span such as 7d or 12h',
  placeholder: 'SINCE',
  parse(input) {
    const text = input.trim();
    if (/^\d{4}-\d\d-\d\d$/.test(text)) return isDay(text) ? { day: text } : undefined;
    const [, count, unit] = /^(\d{1,5})([dh])$/.exec(text) ?? [];
    return count === undefined ? undefined : { spanMs: Number(count) * (unit === 'd' ? DAY_MS : DAY_MS / 24) };
  },
};

/** `Date` accepts February 31 as March 3. */
function isDay(text: string): boolean {
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** A duration from `min` milliseconds to a day. */
export function milliseconds(min = 1): ValueType<number> {
  return { ...integer(min, DAY_MS, 'milliseconds'), placeholder: 'MS' };
}

/** A size from `min` to `max` MB; the value is in MB. */
export function megabytes(min: number, max: number): ValueType<number> {
  return { ...integer(min, max, 'MB'), placeholder: 'MB' };
}

/** One of `values`; case does not matter. */
export function choice<const V extends Lowercase<string>>(...values: readonly [V, V, ...V[]]): ValueType<V> {
  return {
    expected: renderList(values, 'or'),
    placeholder: values.join('|'),
    words: values,
    parse: (input) => values.find((value) => value === input.trim().toLowerCase()),
  };
}

/** Comma-separated model names. */
export const models: ValueType<readonly string[]> = {
  expected: 'models such as provider/model,model',
  placeholder: 'MODEL,…',
  parse(input) {
    const names = input.split(',').map((name) => name.trim()).filter((name) => name !== '');
    return names.length > 0 && names.every((name) => !/\s/.test(name)) ? names : undefined;
  },
};

/** Comma-separated `name=value` pairs; names are lowercased. */
export const pairs: ValueType<Readonly<Record<string, string>>> = {
  expected: 'pairs such as alias=model,other=provider/model',
  placeholder: 'NAME=MODEL,…',
  parse(input) {
    const entries = input.split(',').map((pair) => pair.trim()).filter((pair) => pair !== '').map(splitPair);
    return entries.some(([name, value]) => name === '' || value === '') ? undefined : Object.fromEntries(entries);
  },
};

function splitPair(pair: string): readonly [string, string] {
  const sign = pair.indexOf('=');
  return sign === -1 ? [pair, ''] : [pair.slice(0, sign).trim().toLowerCase(), pair.slice(sign + 1).trim()];
}

function readInteger(input: string, min: number, max: number): number | undefined {
  const number = /^\d+$/.test(input.trim()) ? Number(input) : Number.NaN;
  return number >= min && number <= max ? number : undefined;
}
