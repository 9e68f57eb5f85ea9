/** Request bodies that arrive compressed, without becoming a way to fill the memory. */
import { BridgeError } from '../errors/bridge-error';
import { tooLarge } from './read-body';

type Zlib = typeof import('node:zlib');
type Options = { readonly maxOutputLength: number };
type Done = (error: Error | null, inflated: Buffer) => void;
type Inflater = (zlib: Zlib, bytes: Buffer, options: Options, done: Done) => void;

/** Content codings that Node 18 can read. */
const INFLATERS = {
  gzip: (zlib, ...rest) => zlib.gunzip(...rest),
  'x-gzip': (zlib, ...rest) => zlib.gunzip(...rest),
  deflate: (zlib, ...rest) => zlib.inflate(...rest),
  br: (zlib, ...rest) => zlib.brotliDecompress(...rest),
} as const satisfies Record<string, Inflater>;

export type Coding = keyof typeof INFLATERS;

/**
 * @param header the `content-encoding` header
 * @returns `undefined` for a body that is not compressed
 * @throws BridgeError for a coding that cannot be read
 */
export function readCoding(header: string | undefined): Coding | undefined {
  const name = (header ?? '').trim().toLowerCase();
  if (name === '' || name === 'identity') return undefined;
  if (isCoding(name)) return name;
  // Codex compresses with zstd when logged in to ChatGPT; the switch is features.enable_request_compression.
  const hint = name === 'zstd' ? ' In Codex, set enable_request_compression = false under [features].' : '';
  const quoted = JSON.stringify(name.slice(0, 100));
  throw new BridgeError(
    'unsupported_media_type',
    `Cannot read a request body with content-encoding ${quoted}: expected gzip, deflate, br or none.${hint}`,
  );
}

/**
 * @returns the inflated bytes
 * @throws BridgeError when they are more than `limit`, or when `bytes` are not what `coding` says
 */
export async function inflate(bytes: Buffer, coding: Coding, limit: number): Promise<Buffer> {
  // Loaded late: hardly any request is compressed, and every start would pay for it.
  const zlib = await import('node:zlib');
  return new Promise((resolve, reject) => {
    INFLATERS[coding](zlib, bytes, { maxOutputLength: limit }, (error, inflated) => {
      if (error === null) return resolve(inflated);
      if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return reject(tooLarge(limit));
      const problem = `Cannot inflate the request body as ${coding}: ${error.message}.`;
      return reject(new BridgeError('invalid_request', problem));
    });
  });
}

function isCoding(name: string): name is Coding {
  return Object.hasOwn(INFLATERS, name);
}
