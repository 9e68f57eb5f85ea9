/** Decompresses request bodies. Loaded at the first one that is compressed: hardly any is. */
import { brotliDecompress, gunzip, inflate, type InputType, type ZlibOptions } from 'node:zlib';
import { BridgeError } from '../errors/bridge-error';

type Inflated = (error: Error | null, inflated: Buffer) => void;
type Inflater = (bytes: InputType, options: Pick<ZlibOptions, 'maxOutputLength'>, done: Inflated) => void;

/** Content codings that Node 18 can read. */
const INFLATERS: ReadonlyMap<string, Inflater> = new Map<string, Inflater>([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', inflate],
  ['br', brotliDecompress],
]);

/** Returns the decompressed bytes; `undefined` if they are more than `limit`. */
export type InflateBody = (bytes: Buffer, limit: number) => Promise<Buffer | undefined>;

/**
 * @param header the value of content-encoding
 * @throws BridgeError for an unknown coding
 */
export function findInflater(header: string): InflateBody {
  const coding = header.trim().toLowerCase();
  const inflater = INFLATERS.get(coding);
  if (inflater === undefined) throw unknownCoding(coding);
  return (bytes, limit) => new Promise((resolve, reject) => {
    inflater(bytes, { maxOutputLength: limit }, (error, inflated) => {
      if (error === null) return resolve(inflated);
      if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return resolve(undefined);
      const problem = `Cannot decompress the request body as ${coding}: ${error.message}.`;
      return reject(new BridgeError('invalid_request', problem));
    });
  });
}

function unknownCoding(name: string): BridgeError {
  // Codex compresses with zstd if it is logged in to ChatGPT; features.enable_request_compression controls that.
  const hint = name === 'zstd' ? ' In Codex, set enable_request_compression = false under [features].' : '';
  const quoted = JSON.stringify(name.slice(0, 100));
  return new BridgeError(
    'unsupported_media_type',
    `Cannot read a request body with content-encoding ${quoted}: expected gzip, deflate, br or none.${hint}`,
  );
}
