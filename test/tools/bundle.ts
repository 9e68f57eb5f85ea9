/**
 * The last step of `npm run build`: writes the modules of the start and of turns to two bundles in `dist/bundle`, and
 * replaces `dist/cli/main.js` with a file that runs them (src/command/bundles.ts). Without this step, `main.js` uses no
 * bundles.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** The main module of the program. */
const MAIN = 'cli/main.js';

/** The module that loads the bundles, so it cannot be in one. */
const LOADER = 'command/bundles.js';

/**
 * The entry modules of each bundle, in the order in which they are loaded. Their imports are added; for `turn`, also
 * the modules that they load lazily, because an update may replace the files of a running bridge. A test compares the
 * bundles with the modules that a real start and a real turn load.
 */
const BUNDLES: Readonly<Record<string, readonly string[]>> = {
  start: [
    MAIN, 'serve/serve-command.js', 'server/handle-request.js', 'serve/warm-up.js', 'serve/in-background.js',
    'observe/log-file.js',
  ],
  turn: [
    'config/provider-values.js', 'providers/keys.js', 'bridge/create-bridge.js', 'server/answer-turn.js',
    'server/kept-routes.js', 'server/search-route.js', 'server/monitor-routes.js', 'server/front-page.js',
    'bridge/other-turns.js', 'server/history-parser.js', 'server/inflate-body.js', 'upstream/connect.js',
    'observe/usage-ledger.js', 'server/json-error.js', 'server/save-memory.js', 'base/nearest.js',
    'serve/watch-providers.js',
  ],
};

/** TypeScript compiles imports to `require` with double quotes; the sources load lazily with single quotes. */
const IMPORT = /^\S.*?require\("(\.[^"]+)"\)/gm;
const IMPORT_OR_LAZY = /\brequire\(["'](\.[^"']+)["']\)/g;

/** Writes the bundles of the build in `dist`, and replaces its `cli/main.js`. */
export function writeBundles(dist: string): void {
  const read = (path: string): string => readFileSync(join(dist, path), 'utf8');
  const collected = new Set<string>();
  const collect = (path: string, pattern: RegExp): readonly string[] => {
    if (collected.has(path)) return [];
    collected.add(path);
    const imports = [...read(path).matchAll(pattern)].map(([, id = '']) => pathOf(path, id));
    return [path, ...imports.flatMap((each) => collect(each, pattern))];
  };
  const loader = collect(LOADER, IMPORT);
  mkdirSync(join(dist, 'bundle'), { recursive: true });
  const contents = Object.entries(BUNDLES).map(([name, roots]) => {
    const pattern = name === 'turn' ? IMPORT_OR_LAZY : IMPORT;
    return { name, modules: roots.flatMap((each) => collect(each, pattern)) };
  });
  const bundled = new Set([...loader, ...contents.flatMap(({ modules }) => modules)]);
  const indexes = contents.map(({ name, modules }) => {
    const wrapped = modules.map((path) => wrap(path, resolveImports(path, read(path), bundled)));
    const text = toAscii(`({\n${wrapped.join(',\n')}\n})\n`);
    writeFileSync(join(dist, 'bundle', `${name}.js`), text);
    return { name, hash: createHash('sha256').update(text).digest('hex'), modules };
  });
  const load = `require("../${LOADER.slice(0, -3)}").runBundled(module, ${JSON.stringify(MAIN)}, `;
  writeFileSync(join(dist, MAIN), `"use strict";\n${load}${JSON.stringify(indexes, null, 1)});\n`);
}

const pathOf = (from: string, id: string): string => posix.join(posix.dirname(from), `${id}.js`);

/**
 * Replaces the ids of bundled modules, and of the modules that load bundles, with their paths. So Node does not resolve
 * them at run time, which would fail after an update has replaced the files.
 */
const resolveImports = (path: string, text: string, bundled: ReadonlySet<string>): string =>
  text.replace(/\brequire\((["'])(\.[^"']+)\1\)/g, (whole, _quote, id: string) =>
    (bundled.has(pathOf(path, id)) ? `require("${pathOf(path, id)}")` : whole));

/** Wraps a module in a function, as Node does. */
const wrap = (path: string, text: string): string =>
  `${JSON.stringify(path)}: function (exports, require, module, __filename, __dirname) {${text}}`;

/** Escapes non-ASCII characters, which occur only in literals: V8 reads a string of one byte per character faster. */
const toAscii = (text: string): string =>
  text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

if (require.main === module) writeBundles(join(__dirname, '..', '..', 'dist'));
