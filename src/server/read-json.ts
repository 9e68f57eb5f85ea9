/** Reads a request body as JSON: media type, content coding, size, UTF-8, syntax, each with its own refusal. */
import { isUtf8 } from 'node:buffer';
import { BridgeError } from '../errors/bridge-error';
import type { HttpExchange } from './http-exchange';
import { inflate, readCoding } from './inflate';
import { findJsonError } from './json-error';
import { readBody } from './read-body';

/** `application/json`, `application/vnd.example+json`; parameters are ignored, JSON is UTF-8 (RFC 8259, 8.1). */
const JSON_TYPE = /^(?:application\/json|[\w.-]+\/[\w.+-]+\+json)\s*(?:;|$)/i;
const BYTE_ORDER_MARK = 0xfeff;

/**
 * @param limit the most bytes that are read, and the most they may inflate to
 * @returns the JSON value of the body
 * @throws BridgeError when the headers or the bytes are not those of a JSON body
 */
export async function readJson({ request, response, awaitsContinue }: HttpExchange, limit: number): Promise<unknown> {
  checkMediaType(request.headers['content-type']);
  const coding = readCoding(request.headers['content-encoding']);
  const bytes = readBody(request, limit);
  if (awaitsContinue) response.writeContinue();
  return parseBody(coding === undefined ? await bytes : await inflate(await bytes, coding, limit));
}

function checkMediaType(type: string | undefined): void {
  const text = (type ?? '').trim();
  // A missing type is a program's doing: a browser always sends one, and JSON makes it ask first (CORS preflight).
  if (text === '' || JSON_TYPE.test(text)) return;
  const quoted = JSON.stringify(text.slice(0, 100));
  throw new BridgeError(
    'unsupported_media_type',
    `Cannot read a request body of content-type ${quoted}: expected application/json.`,
  );
}

/** @throws BridgeError when `bytes` are not JSON in UTF-8; the message names the place and does not quote the text */
export function parseBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new BridgeError('invalid_request', 'Cannot read the request body: it is not valid UTF-8.');
  const decoded = bytes.toString('utf8');
  const text = decoded.charCodeAt(0) === BYTE_ORDER_MARK ? decoded.slice(1) : decoded;
  if (text.trim() === '') {
    throw new BridgeError('invalid_request', 'Cannot read the request body: it is empty, expected a JSON object.');
  }
  try {
    return JSON.parse(text);
  } catch {
    const problem = findJsonError(text) ?? 'it is nested too deeply';
    throw new BridgeError('invalid_request', `Cannot read the request body as JSON: ${problem}.`);
  }
}
