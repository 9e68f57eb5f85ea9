/**
 * Loads TypeScript files from the compiled output of run-tests.ts, under the paths of their sources. Other files, such
 * as those that tests write, are loaded through tsx, which takes a second of CPU to start. Stack traces have the lines
 * of the compiled files until run-tests.ts prints them: reading all source maps here would take a fifth of the CPU time
 * of a small test.
 */
'use strict';
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { join, relative } = require('node:path');

const ROOT = join(__dirname, '..', '..');
const COMPILED = join(ROOT, 'node_modules', '.cache', 'tests');

let loadThroughTsx;

function load(module, path) {
  const name = relative(ROOT, path).replace(/ts$/, 'js');
  let code;
  try {
    code = readFileSync(join(COMPILED, name), 'utf8');
  } catch {
    loadThroughTsx ??= startTsx();
    return loadThroughTsx(module, path);
  }
  return module._compile(code, path);
}

/** @returns tsx's loader, whose registration is undone */
function startTsx() {
  require('tsx/cjs');
  const loader = Module._extensions['.ts'];
  Module._extensions['.ts'] = load;
  return loader;
}

Module._extensions['.ts'] = load;
