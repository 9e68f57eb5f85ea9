/**
 * Reporter of node:test for run-tests.ts: a line of JSON for each start and end of a test, with its error as text. When
 * nothing is left that a test could wait for, newer versions of Node wait all the same; here the process ends.
 */
'use strict';
const { inspect } = require('node:util');

const TYPES = ['test:dequeue', 'test:start', 'test:pass', 'test:fail'];

/** How many tests run. Node 18 does not report that; it cancels a test that waits for nothing. */
let open = 0;

process.prependListener('beforeExit', () => {
  if (open <= 0) return;
  process.stderr.write('The test waits, but no timer, socket or process is left that could end it.\n');
  process.exit(13);
});

module.exports = async function* report(events) {
  for await (const { type, data } of events) {
    if (!TYPES.includes(type)) continue;
    if (type === 'test:dequeue') open += 1;
    else if (type !== 'test:start') open -= 1;
    const { name, nesting, skip, todo, details: { type: kind, duration_ms: ms, error } = {} } = data;
    yield `${JSON.stringify({
      type, name, nesting, kind, ms,
      isSkipped: isSet(skip), isTodo: isSet(todo),
      ...(error && { failure: error.failureType, error: describe(error) }),
    })}\n`;
  }
};

/** Undefined if there is none; an empty string if it has no reason. */
const isSet = (mark) => mark !== undefined && mark !== false;

/** The error that the test threw, without node's frames; only the message and the stack for an assertion. */
function describe(error) {
  const thrown = typeof error.cause === 'object' && error.cause !== null ? error.cause : error;
  const isAssertion = thrown.code === 'ERR_ASSERTION' && thrown.stack !== undefined;
  const text = isAssertion ? thrown.stack : inspect(thrown);
  return text.split('\n').filter((line) => !/^\s+at .*node:(?:internal|async_hooks)/.test(line)).join('\n');
}
