/**
 * Reports the tests of a process for run-tests.ts: a line of JSON for each start and end of a test, with its error as
 * text. If a test is still pending when the event loop is empty, the process exits; newer versions of Node would wait
 * forever.
 */
'use strict';
const { inspect } = require('node:util');

const TYPES = ['test:dequeue', 'test:start', 'test:pass', 'test:fail'];

/** The number of running tests. Node 18 does not report when a test starts to run, but cancels pending ones itself. */
let running = 0;

process.prependListener('beforeExit', () => {
  if (running <= 0) return;
  process.stderr.write('The test is still pending, but no timer, socket or process is left that could end it.\n');
  process.exit(13);
});

module.exports = async function* report(events) {
  for await (const { type, data } of events) {
    if (!TYPES.includes(type)) continue;
    if (type === 'test:dequeue') running += 1;
    else if (type !== 'test:start') running -= 1;
    const { name, nesting, skip, todo, details: { type: kind, duration_ms: ms, error } = {} } = data;
    yield `${JSON.stringify({
      type, name, nesting, kind, ms,
      isSkipped: isSet(skip), isTodo: isSet(todo),
      ...(error && { failure: error.failureType, error: describe(error) }),
    })}\n`;
  }
};

/** `skip` and `todo` are undefined if not set, and an empty string if set without a reason. */
const isSet = (option) => option !== undefined && option !== false;

/** Renders the error that the test threw, without Node's frames; for an assertion, only its message and stack. */
function describe(error) {
  const thrown = typeof error.cause === 'object' && error.cause !== null ? error.cause : error;
  const isAssertion = thrown.code === 'ERR_ASSERTION' && thrown.stack !== undefined;
  const text = isAssertion ? thrown.stack : inspect(thrown);
  return text.split('\n').filter((line) => !/^\s+at .*node:(?:internal|async_hooks)/.test(line)).join('\n');
}
