/**
 * The last step of `npm run build`: copies the modules of the start and of turns into two files in `dist/bundle`, and
 * replaces `dist/cli/main.js` with a file that runs them (src/command/bundles.ts). A build without this step has the
 * plain `main.js`, and no bundle is used.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** The module that the program runs. */
const MAIN = 'cli/main.js';

/** Loads the bundles, so it is in none of them. */
const LOADER = 'command/bundles.js';

/**
 * The first modules of each bundle, in the order in which they are loaded; what they import is added, and for turns
 * also what they load lazily: an update may replace the files of a running bridge. A test compares the bundles with
 * what a real start and a real turn load.
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

/** TypeScript writes imports with double quotes; the sources load lazily with single ones. */
const IMPORT = /^\S.*?require\("(\.[^"]+)"\)/gm;
const IMPORT_OR_LAZY = /\brequire\(["'](\.[^"']+)["']\)/g;

/** Reads `dist/bundle` and `dist/cli/main.js` of the build in `dist`. */
export function writeBundles(dist: string): void {
  const read = (path: string): string => readFileSync(join(dist, path), 'utf8');
  const taken = new Set<string>();
  const collect = (path: string, pattern: RegExp): readonly string[] => {
    if (taken.has(path)) return [];
    taken.add(path);
    const imports = [...read(path).matchAll(pattern)].map(([, id = '']) => pathOf(path, id));
    return [path, ...imports.flatMap((each) => collect(each, pattern))];
  };
  const loader = collect(LOADER, IMPORT);
  mkdirSync(join(dist, 'bundle'), { recursive: true });
  const contents = Object.entries(BUNDLES).map(([name, roots]) => {
    const pattern = name === 'turn' ? IMPORT_OR_LAZY : IMPORT;
    return { name, modules: roots.flatMap((each) => collect(each, pattern)) };
  });
  const known = new Set([...loader, ...contents.flatMap(({ modules }) => modules)]);
  const indexes = contents.map(({ name, modules }) => {
    const wrapped = modules.map((path) => wrap(path, resolveImports(path, read(path), known)));
    const text = toAscii(`({\n${wrapped.join(',\n')}\n})\n`);
    writeFileSync(join(dist, 'bundle', `${name}.js`), text);
    return { name, hash: createHash('sha256').update(text).digest('hex'), modules };
  });
  const load = `require("../${LOADER.slice(0, -3)}").runBundled(module, ${JSON.stringify(MAIN)}, `;
  writeFileSync(join(dist, MAIN), `"use strict";\n${load}${JSON.stringify(indexes, null, 1)});\n`);
}

const pathOf = (from: string, id: string): string => posix.join(posix.dirname(from), `${id}.js`);

/**
 * Replaces the ids of modules that are in a bundle, or load it, with their paths: they need no resolution when they are
 * loaded, which would fail after an update has replaced the files.
 */
const resolveImports = (path: string, text: string, known: ReadonlySet<string>): string =>
  text.replace(/\brequire\((["'])(\.[^"']+)\1\)/g, (whole, _quote, id: string) =>
    (known.has(pathOf(path, id)) ? `require("${pathOf(path, id)}")` : whole));

const wrap = (path: string, text: string): string =>
  `${JSON.stringify(path)}: function (exports, require, module, __filename, __dirname) {${text}}`;

/** One byte per character is read faster; TypeScript leaves no other characters in identifiers. */
const toAscii = (text: string): string =>
  text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

if (require.main === module) writeBundles(join(__dirname, '..', '..', 'dist'));
