/**
 * Loaded into a bridge by `--require`: exits with code 99 once more than MEMORY_LIMIT_MB are in use. Garbage is
 * collected first, so the result does not depend on when V8 collects: later in Node 24 and 26, and under load.
 */
'use strict';
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

const MB = 1024 * 1024;
const LIMIT = Number(process.env.MEMORY_LIMIT_MB) * MB;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

function bytesInUse() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

let isChecking = false;
setInterval(() => {
  if (isChecking || bytesInUse() <= LIMIT) return;
  isChecking = true;
  collect();
  // The second collection frees what the first has finalized.
  setImmediate(() => {
    collect();
    isChecking = false;
    const used = bytesInUse();
    if (used <= LIMIT) return;
    console.error(`The memory limit was exceeded: ${Math.round(used / MB)} MB in use.`);
    process.exit(99);
  });
}, 5).unref();
