/**
 * Runs the modules of the start and of turns from two files in `dist/bundle`, which the build makes, with V8's code
 * cache: 10 ms of CPU until /health is answered instead of 21 (Node 20). The plain files are the same code; whatever is
 * in no bundle is loaded from them, and shares its modules with the bundles.
 */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { Module } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { Script } from 'node:vm';
import { findPaths, thisMachine } from './paths';

/** What the build knows about a bundle. */
export interface BundleIndex {
  readonly name: string;
  /** A hash of the bundle, so that a cache of another build is not used. */
  readonly hash: string;
  /** Paths below `dist`. */
  readonly modules: readonly string[];
}

/** The content of a bundle: its modules, as Node wraps them. */
type Table = Readonly<Record<string, (
  exports: object, load: (id: string) => unknown, module: NodeModule, filename: string, dirname: string,
) => void>>;

interface Bundle extends BundleIndex {
  readonly script: Script;
  readonly table: Table;
}

const DIST = join(__dirname, '..');

const opened = new Map<string, Bundle>();

/** Runs `path`, a module of the first bundle, as `main`. */
export function runBundled(main: NodeModule, path: string, indexes: readonly BundleIndex[]): void {
  const indexOf = new Map(indexes.flatMap((index) => index.modules.map((module) => [module, index] as const)));
  /** @param id as in the source, or a path below `dist`, for modules in a bundle and those that load it */
  const load = (id: string, from: NodeModule): unknown => {
    const filename = DIST + sep + (sep === '/' ? id : id.replaceAll('/', sep));
    // Node looks here for the modules that plain files import, too.
    const known = require.cache[filename];
    if (known !== undefined) return known.exports;
    const index = indexOf.get(id);
    if (index === undefined) return from.require(id);
    const module = Object.assign(new Module(filename, from), { filename });
    require.cache[filename] = module;
    try {
      run(index, id, module);
    } catch (cause) {
      // As in Node, the next attempt loads it again: the bundle is unreadable while no file descriptors are left.
      delete require.cache[filename];
      throw cause;
    }
    return module.exports;
  };
  const run = (index: BundleIndex, id: string, module: NodeModule): void => {
    const { table } = opened.get(index.name) ?? openBundle(index);
    const { filename } = module;
    // The main module compares itself with `require.main`.
    const loadFrom = Object.assign((other: string) => load(other, module), { main: require.main });
    table[id]?.(module.exports, loadFrom, module, filename, dirname(filename));
    module.loaded = true;
  };
  const [first] = indexes;
  if (first) run(first, path, main);
}

function openBundle(index: BundleIndex): Bundle {
  const filename = join(DIST, 'bundle', `${index.name}.js`);
  const cachedData = readCache(index);
  const script = new Script(readFileSync(filename, 'latin1'), { filename, ...(cachedData && { cachedData }) });
  const bundle = { ...index, script, table: script.runInThisContext() };
  opened.set(index.name, bundle);
  return bundle;
}

/** @returns undefined without a cache, or if it is from another build, damaged, or not the user's alone */
function readCache({ name, hash }: BundleIndex): Buffer | undefined {
  let file;
  try {
    file = openSync(cachePath(name), 'r');
    const { uid, mode } = fstatSync(file);
    if (process.getuid && (uid !== process.getuid() || (mode & 0o022) !== 0)) return undefined;
    return unpack(readFileSync(file), hash);
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/**
 * The hash of the bundle, and the data twice: V8 verifies its version and flags, but not the data, and a comparison
 * takes a tenth of the time of a checksum.
 */
const pack = (data: Buffer, hash: string): Buffer => Buffer.concat([Buffer.from(hash), data, data]);

function unpack(bytes: Buffer, hash: string): Buffer | undefined {
  const middle = (bytes.length + hash.length) / 2;
  const data = bytes.subarray(hash.length, middle);
  const isWhole = bytes.toString('latin1', 0, hash.length) === hash && data.equals(bytes.subarray(middle));
  return isWhole ? data : undefined;
}

/** One file for each version of Node, so that two of them do not replace each other's. */
const cachePath = (name: string): string =>
  join(findPaths(thisMachine(process.env)).state, 'code-cache', `${name}-${process.version}-${process.arch}`);

/** Returns the files of bundles that had no cache, with the compiled code of the functions that have run so far. */
export function renderCodeCache(): readonly { readonly path: string; readonly content: Buffer }[] {
  return [...opened.values()].filter(({ script }) => script.cachedDataRejected !== false).map(
    ({ name, hash, script }) => ({ path: cachePath(name), content: pack(script.createCachedData(), hash) }),
  );
}
