/** Makes a bridge print a line when it has loaded all request handlers, a moment after its start. */
'use strict';
const Module = require('node:module');

/** They are loaded at once, in the order of the routes; this one is the last. */
const LAST = /monitor-routes$/;

const load = Module._load;
Module._load = function loadAndTell(request, ...rest) {
  if (LAST.test(request)) setImmediate(() => process.stderr.write('warmed up\n'));
  return load.call(this, request, ...rest);
};
