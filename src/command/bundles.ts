/**
 * Runs the start-up and turn modules from two bundles in `dist/bundle` that the build creates, with V8's code cache:
 * 10 ms of CPU until /health answers instead of 21 (Node 20). The plain files contain the same code; modules in
 * neither bundle are loaded from them, and share the bundled modules.
 */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { Module } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { Script } from 'node:vm';
import { describeMachine, findPaths } from './paths';

/** A bundle as the build describes it. */
export interface BundleIndex {
  readonly name: string;
  /** A hash of the bundle, so that a cache from another build is not used. */
  readonly hash: string;
  /** Paths below `dist`. */
  readonly modules: readonly string[];
}

/** The modules of a bundle by path, each in a wrapper function like that of Node. */
type ModuleWrappers = Readonly<Record<string, (
  exports: object, load: (id: string) => unknown, module: NodeModule, filename: string, dirname: string,
) => void>>;

interface Bundle extends BundleIndex {
  readonly script: Script;
  readonly wrappers: ModuleWrappers;
}

const DIST = join(__dirname, '..');

const openBundles = new Map<string, Bundle>();

/** Runs `path`, a module of the first bundle, as `main`. */
export function runBundled(main: NodeModule, path: string, indexes: readonly BundleIndex[]): void {
  const indexByModule = new Map(indexes.flatMap((index) => index.modules.map((module) => [module, index] as const)));
  /** @param id a path below `dist` for the bundled and the loader's modules; otherwise the specifier in the source */
  const load = (id: string, from: NodeModule): unknown => {
    const filename = DIST + sep + (sep === '/' ? id : id.replaceAll('/', sep));
    // Node finds bundled modules here too, when plain files import them.
    const known = require.cache[filename];
    if (known !== undefined) return known.exports;
    const index = indexByModule.get(id);
    if (index === undefined) return from.require(id);
    const module = Object.assign(new Module(filename, from), { filename });
    require.cache[filename] = module;
    try {
      run(index, id, module);
    } catch (cause) {
      // As in Node, the next attempt loads the module again: reading a bundle fails while no file descriptor is free.
      delete require.cache[filename];
      throw cause;
    }
    return module.exports;
  };
  const run = (index: BundleIndex, id: string, module: NodeModule): void => {
    const { wrappers } = openBundles.get(index.name) ?? openBundle(index);
    const { filename } = module;
    // The main module compares itself with `require.main`.
    const loadFrom = Object.assign((other: string) => load(other, module), { main: require.main });
    wrappers[id]?.(module.exports, loadFrom, module, filename, dirname(filename));
    module.loaded = true;
  };
  const [first] = indexes;
  if (first) run(first, path, main);
}

function openBundle(index: BundleIndex): Bundle {
  const filename = join(DIST, 'bundle', `${index.name}.js`);
  const cachedData = readCache(index);
  const script = new Script(readFileSync(filename, 'latin1'), { filename, ...(cachedData && { cachedData }) });
  const bundle = { ...index, script, wrappers: script.runInThisContext() };
  openBundles.set(index.name, bundle);
  return bundle;
}

/** @returns the code cache; undefined if it is missing, damaged, from another build, or other users can write it */
function readCache({ name, hash }: BundleIndex): Buffer | undefined {
  let descriptor;
  try {
    descriptor = openSync(cachePathOf(name), 'r');
    const { uid, mode } = fstatSync(descriptor);
    if (process.getuid && (uid !== process.getuid() || (mode & 0o022) !== 0)) return undefined;
    return unpack(readFileSync(descriptor), hash);
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * Renders the hash of the bundle, then the data twice: V8 verifies its version and flags but not the data, and
 * comparing two copies takes a tenth of the time of a checksum.
 */
const pack = (data: Buffer, hash: string): Buffer => Buffer.concat([Buffer.from(hash), data, data]);

function unpack(bytes: Buffer, hash: string): Buffer | undefined {
  const middle = (bytes.length + hash.length) / 2;
  const data = bytes.subarray(hash.length, middle);
  const isIntact = bytes.toString('latin1', 0, hash.length) === hash && data.equals(bytes.subarray(middle));
  return isIntact ? data : undefined;
}

/** Each version of Node has its own file, so that two versions do not overwrite each other's. */
const cachePathOf = (name: string): string =>
  join(findPaths(describeMachine(process.env)).state, 'code-cache', `${name}-${process.version}-${process.arch}`);

/** Renders cache files for the bundles that had no valid one, with the compiled code of the functions that have run. */
export function renderCodeCache(): readonly { readonly path: string; readonly content: Buffer }[] {
  return [...openBundles.values()].filter(({ script }) => script.cachedDataRejected !== false).map(
    ({ name, hash, script }) => ({ path: cachePathOf(name), content: pack(script.createCachedData(), hash) }),
  );
}
