/** Reporter of node:test for run-tests.ts: a line of JSON for each start and end of a test, with its error as text. */
'use strict';
const { inspect } = require('node:util');

const TYPES = ['test:start', 'test:pass', 'test:fail'];

module.exports = async function* report(events) {
  for await (const { type, data } of events) {
    if (!TYPES.includes(type)) continue;
    const { name, nesting, skip, todo, details: { type: kind, error } = {} } = data;
    yield `${JSON.stringify({
      type, name, nesting, kind,
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
