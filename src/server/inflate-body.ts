/** Decompresses request bodies. Loaded on first use, because few bodies are compressed. */
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, type ZlibOptions } from 'node:zlib';
import { messageOf } from '../base/thrown';
import { BridgeError } from '../errors/bridge-error';

type CreateInflater = (options: Pick<ZlibOptions, 'chunkSize'>) => Transform;

/** Content codings that Node 18 can decode. */
const INFLATERS: ReadonlyMap<string, CreateInflater> = new Map<string, CreateInflater>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/** Size of a decompressed chunk in bytes. */
const CHUNK_SIZE = 64 * 1024;

/** Decompresses one body. */
export interface Inflater {
  /** Takes the compressed bytes and emits the decompressed ones. */
  readonly stream: Transform;
  /** The decompressed size that the body states, which may be wrong; 0 if unknown. */
  readonly expected: number;
  /** Returns the error for bytes that cannot be decompressed. */
  readonly toError: (cause: unknown) => BridgeError;
}

/**
 * @param header the value of content-encoding
 * @returns a function that creates the inflater of one body from all of its compressed bytes
 * @throws BridgeError for an unknown coding
 */
export function findInflater(header: string): (bytes: Buffer) => Inflater {
  const coding = header.trim().toLowerCase();
  const create = INFLATERS.get(coding);
  if (create === undefined) throw unknownCoding(coding);
  return (bytes) => ({
    stream: create({ chunkSize: CHUNK_SIZE }),
    // A gzip member ends with its decompressed size (RFC 1952, section 2.3.1). Only a hint: a body may have several.
    expected: coding.endsWith('gzip') && isGzip(bytes) ? bytes.readUInt32LE(bytes.length - 4) : 0,
    toError: (cause) => {
      const problem = `Cannot decompress the request body as ${coding}: ${messageOf(cause)}.`;
      return new BridgeError('invalid_request', problem);
    },
  });
}

const isGzip = (bytes: Buffer): boolean => bytes.length >= 18 && bytes.readUInt16BE() === 0x1f8b;

function unknownCoding(name: string): BridgeError {
  // Codex compresses with zstd if it is logged in to ChatGPT; features.enable_request_compression controls that.
  const hint = name === 'zstd' ? ' In Codex, set enable_request_compression = false under [features].' : '';
  const quoted = JSON.stringify(name.slice(0, 100));
  return new BridgeError(
    'unsupported_media_type',
    `Cannot read a request body with content-encoding ${quoted}: expected gzip, deflate, br or identity.${hint}`,
  );
}
