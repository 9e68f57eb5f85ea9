/** Serve survives uncaught errors: it logs them and keeps answering requests. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { run } from '../../src/cli/main';
import { createFakeIo } from '../support/cli/fake-io';
import { LOAD_TYPESCRIPT } from '../support/cli/load-typescript';

/** Nothing listens on port 9. */
const ENV = { AI_API_BASE: 'http://127.0.0.1:9/v1', AI_API_KEY: 'sk-test-crash' };

test('serve logs an uncaught error with its stack but without the key, and runs until a signal', async () => {
  const io = createFakeIo();
  const code = run(['--port', '0', '--log-format', 'json'], ENV, io);
  await io.firstOut;
  assert.ok(io.crash(new Error('boom with sk-test-crash')));
  assert.ok(io.crash('not an Error'));
  const [first, second] = io.written.error.trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(
    [first.level, first.message, first.origin],
    ['error', 'uncaught error; the bridge keeps running', 'uncaughtException'],
  );
  assert.match(first.cause, /^boom with /);
  assert.match(first.stack, /crashes\.test/);
  assert.ok(!io.written.error.includes('sk-test-crash'));
  assert.equal(second.cause, 'not an Error');
  io.signal('SIGTERM');
  assert.equal(await code, 0);
  assert.ok(!io.crash(new Error('late')), 'after its end, serve handles no crash');
});

/** Runs serve, and throws in the way that each line on standard input names; code for a request can throw in each. */
const CRASHES = `
  const { EventEmitter } = require('node:events');
  const crashes = {
    rejection: () => void Promise.reject(new Error('crash: rejection')),
    timer: () => void setTimeout(() => { throw new Error('crash: timer'); }),
    emitter: () => void setImmediate(() => new EventEmitter().emit('error', new Error('crash: emitter'))),
    nothing: () => void Promise.reject(undefined),
  };
  require('node:readline').createInterface({ input: process.stdin }).on('line', (name) => crashes[name]());
  const { main } = require('./src/cli/main');
  process.argv.splice(1, process.argv.length, 'main', 'serve', '--port', '0');
  main();
`;

test('a process survives rejections, throws in timers and unhandled error events', async (context) => {
  const child = spawn(process.execPath, [...LOAD_TYPESCRIPT, '--eval', CRASHES], {
    cwd: join(__dirname, '..', '..'),
    env: { PATH: process.env['PATH'], ...ENV, LOG_FORMAT: 'json' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  context.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'close');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const url = /is listening on (http:\/\/\S+)\/v1;/.exec(line)?.[1];
  assert.ok(url !== undefined, line);
  const log = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
  for (const [name, cause] of [
    ['rejection', 'crash: rejection'],
    ['timer', 'crash: timer'],
    ['emitter', 'crash: emitter'],
    ['nothing', 'undefined'],
  ] as const) {
    child.stdin.write(`${name}\n`);
    let text = '';
    while (!text.includes('uncaught error')) text = (await log.next()).value ?? assert.fail('the process ended');
    assert.ok(text.includes(cause), text);
  }
  const [response] = await once(get(`${url}/health`, { agent: false }), 'response');
  assert.equal(response.statusCode, 200);
  response.resume();
  child.stdin.end();
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
});
