/**
 * Loads TypeScript files as run-tests.ts has compiled them, under the paths of their sources; loads files that tests
 * write through tsx. A process that starts tsx first needs a second of CPU. Stacks show lines of the compiled files,
 * until run-tests.ts prints them: reading all source maps would take a fifth of the CPU of a small test.
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
    loadThroughTsx ??= openTsx();
    return loadThroughTsx(module, path);
  }
  return module._compile(code, path);
}

function openTsx() {
  require('tsx/cjs');
  const opened = Module._extensions['.ts'];
  Module._extensions['.ts'] = load;
  return opened;
}

Module._extensions['.ts'] = load;
