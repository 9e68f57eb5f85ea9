/** Parses the bytes of a body as JSON, once a scan has shown that they are within the limits. */
import { isUtf8 } from 'node:buffer';
import { BridgeError } from '../errors/bridge-error';

/** The limits of one body. */
export interface JsonLimits {
  /** Maximum nesting depth of arrays and objects. */
  readonly bodyMaxDepth: number;
  /** Maximum number of array items and object keys together. */
  readonly bodyMaxValues: number;
}

/** Positions of the items of a list in the bytes of a body, including the whitespace around them. */
export interface ItemList {
  /** Offset of the first byte after `[`. */
  readonly start: number;
  /** The number of values before the list. */
  readonly valuesBefore: number;
  /** For each item, the offset of the `,` or `]` after it. */
  readonly ends: number[];
  /** For each item, the number of values up to its end. */
  readonly values: number[];
}

/** The fields that contain the conversation history, one per protocol. */
const HISTORY_FIELDS: readonly string[] = ['input', 'messages'];

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const BYTE_ORDER_MARK = 0xfeff;

/**
 * @throws BridgeError when `bytes` are over a limit or not JSON in UTF-8; the message gives the position and does not
 *   quote the text
 */
export function parseBody(bytes: Buffer, limits: JsonLimits): unknown {
  checkUtf8(bytes);
  // Limits are checked before parsing, on bytes that need not be valid JSON: tens of millions of small values would
  // exhaust the memory of the bridge, and thousands of levels its stack.
  const scanner = new JsonScanner(bytes, limits);
  while (scanner.scan(bytes.length)) continue;
  const decoded = bytes.toString('utf8');
  const text = decoded.charCodeAt(0) === BYTE_ORDER_MARK ? decoded.slice(1) : decoded;
  if (text.trim() === '') {
    throw new BridgeError('invalid_request', 'Cannot read the request body: it is empty, expected a JSON object.');
  }
  try {
    return JSON.parse(text);
  } catch {
    const { findJsonError }: typeof import('./json-error') = require('./json-error');
    const problem = findJsonError(text) ?? 'it is nested too deeply';
    throw new BridgeError('invalid_request', `Cannot read the request body as JSON: ${problem}.`);
  }
}

/** @throws BridgeError when `bytes` are not UTF-8 */
export function checkUtf8(bytes: Buffer): void {
  if (!isUtf8(bytes)) throw new BridgeError('invalid_request', 'Cannot read the request body: it is not valid UTF-8.');
}

/**
 * Scans the structure of a body, in any number of steps: counts values, and finds the items of the history. Its results
 * are correct only if the bytes are valid JSON. Skipping strings with `indexOf` makes it 3.5 times as fast as a loop
 * over all bytes (4 MB: 1.9 ms instead of 6.7).
 */
export class JsonScanner {
  /** The first list whose field may hold a history; set when the list begins. */
  list: ItemList | undefined;
  /** The name of the field that contains the list. */
  field = '';
  /** Whether another field could have the same name as the list. */
  isAmbiguous = false;
  private isInList = false;
  private at = 0;
  private depth = 0;
  /** The number of array items and object keys so far. */
  values = 0;
  private key = '';

  constructor(private readonly bytes: Buffer, private readonly limits: JsonLimits) {}

  /**
   * Scans about `count` bytes, or up to the beginning of the list.
   * @returns whether there are more bytes
   * @throws BridgeError for a body over a limit
   */
  scan(count: number): boolean {
    const { bytes } = this;
    const { bodyMaxDepth, bodyMaxValues } = this.limits;
    const end = Math.min(bytes.length, this.at + count);
    let { at, depth, values } = this;
    let isListFound = false;
    for (; at < end && !isListFound; at += 1) {
      const byte = bytes[at];
      if (byte === QUOTE) {
        const close = endOfString(bytes, at + 1);
        if (depth === 1) this.readKey(at + 1, close);
        at = close;
      } else if (byte === COMMA) {
        if (depth === 2 && this.isInList) this.endItem(at, values);
        values += 1;
      } else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
        depth += 1;
        values += 1;
        if (depth > bodyMaxDepth) throw tooDeep(bodyMaxDepth);
        if (depth === 2 && byte === OPEN_BRACKET) isListFound = this.beginList(at + 1, values);
      } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
        if (depth === 2 && this.isInList) {
          this.endItem(at, values);
          this.isInList = false;
        }
        depth -= 1;
      }
      if (values > bodyMaxValues) throw tooMany(bodyMaxValues);
    }
    this.at = at;
    this.depth = depth;
    this.values = values;
    return at < bytes.length;
  }

  /**
   * Skips the first `count` items of the list, whose bytes equal those of `known`. Call when the list has just begun.
   */
  skipItems(known: ItemList, count: number): void {
    const { list } = this;
    if (list === undefined || count === 0) return;
    const byteShift = list.start - known.start;
    const valueShift = list.valuesBefore - known.valuesBefore;
    for (let index = 0; index < count - 1; index += 1) {
      this.endItem((known.ends[index] ?? 0) + byteShift, (known.values[index] ?? 0) + valueShift);
    }
    // The scan resumes at the `,` or `]` that ends the last skipped item.
    this.at = (known.ends[count - 1] ?? 0) + byteShift;
    this.values = (known.values[count - 1] ?? 0) + valueShift;
  }

  private readKey(start: number, end: number): void {
    const { bytes } = this;
    let next = end + 1;
    while (isSpace(bytes[next])) next += 1;
    if (bytes[next] !== COLON) return;
    this.key = bytes.toString('latin1', start, end);
    // An escaped key may decode to the same name.
    if (this.list !== undefined && (this.key === this.field || this.key.includes('\\'))) this.isAmbiguous = true;
  }

  private beginList(start: number, valuesBefore: number): boolean {
    if (this.list !== undefined || !HISTORY_FIELDS.includes(this.key)) return false;
    this.list = { start, valuesBefore, ends: [], values: [] };
    this.field = this.key;
    this.isInList = true;
    return true;
  }

  private endItem(at: number, values: number): void {
    this.list?.ends.push(at);
    this.list?.values.push(values);
  }
}

/** Strings shorter than this are scanned byte by byte: calling `indexOf` would cost as much. */
const SHORT_LENGTH = 24;

/** @returns the offset of the quote that ends the string, or the length of `bytes` */
function endOfString(bytes: Buffer, start: number): number {
  let at = start;
  for (;;) {
    for (const stop = at + SHORT_LENGTH; at < stop; at += 1) {
      const byte = bytes[at];
      if (byte === QUOTE || byte === undefined) return at;
      if (byte === BACKSLASH) at += 1;
    }
    const quote = bytes.indexOf(QUOTE, at);
    if (quote === -1) return bytes.length;
    let before = quote - 1;
    while (before >= at && bytes[before] === BACKSLASH) before -= 1;
    if ((quote - before) % 2 === 1) return quote;
    at = quote + 1;
  }
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

function tooDeep(limit: number): BridgeError {
  const problem = `Cannot read the request body: it is nested deeper than ${limit} levels.`;
  return new BridgeError('invalid_request', `${problem} Raise the limit with --body-max-depth.`);
}

function tooMany(limit: number): BridgeError {
  const problem = `Cannot read the request body: it has more than ${limit} array items and object keys.`;
  return new BridgeError('too_large', `${problem} Raise the limit with --body-max-values.`);
}
