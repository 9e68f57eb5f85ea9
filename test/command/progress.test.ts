/** The progress line: when it appears, how it changes, and that it is removed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTerminalStyle } from '../../src/command/terminal-style';
import { createProgress, type SetTimer } from '../../src/command/progress';
import type { Environment } from '../../src/config/resolve';
import { createFakeIo } from '../support/cli/fake-io';

/** A manual clock. */
function createClock() {
  let now = 0;
  const waiting = new Set<{ readonly at: number; readonly run: () => void }>();
  const setTimer: SetTimer = (delayMs, run) => {
    const entry = { at: now + delayMs, run };
    waiting.add(entry);
    return () => waiting.delete(entry);
  };
  const pass = (ms: number): void => {
    const end = now + ms;
    for (;;) {
      const [next] = [...waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      now = next.at;
      waiting.delete(next);
      next.run();
    }
    now = end;
  };
  return { setTimer, pass, waiting: () => waiting.size };
}

function start({ isTerminal = true, env = {} }: { isTerminal?: boolean; env?: Environment } = {}) {
  const io = { ...createFakeIo(), isErrorTerminal: () => isTerminal };
  const clock = createClock();
  const progress = createProgress(io, createTerminalStyle(true, { NO_COLOR: '1', ...env }, 'linux'), clock.setTimer);
  return { io, clock, progress };
}

test('nothing is shown for less than a second', () => {
  const { io, clock, progress } = start();
  progress.say('asking');
  clock.pass(999);
  progress.end();
  clock.pass(10_000);
  assert.deepEqual([io.written, clock.waiting()], [{ out: '', error: '' }, 0]);
});

test('a second after the first text, the line appears, with a spinner and the latest text', () => {
  const { io, clock, progress } = start();
  progress.say('first');
  clock.pass(900);
  progress.say('second');
  clock.pass(100);
  assert.equal(io.written.error, '\r| second\u001b[K');
  clock.pass(100);
  progress.say('third');
  clock.pass(100);
  assert.equal(io.written.error, '\r| second\u001b[K\r/ second\u001b[K\r- third\u001b[K');
  assert.equal(io.written.out, '');
});

test('end removes the line once and stops the timer', () => {
  const { io, clock, progress } = start();
  progress.say('asking');
  clock.pass(1_000);
  progress.end();
  progress.end();
  assert.equal(io.written.error, '\r| asking\u001b[K\r\u001b[K');
  assert.equal(clock.waiting(), 0);
});

test('after end, the next text appears after another second', () => {
  const { io, clock, progress } = start();
  progress.say('one');
  clock.pass(1_000);
  progress.end();
  io.written.error = '';
  progress.say('two');
  clock.pass(999);
  assert.equal(io.written.error, '');
  clock.pass(1);
  assert.equal(io.written.error, '\r| two\u001b[K');
});

test('nothing is shown in a pipe, on a dumb terminal or in CI', () => {
  for (const options of [{ isTerminal: false }, { env: { TERM: 'dumb' } }, { env: { CI: 'true' } }]) {
    const { io, clock, progress } = start(options);
    progress.say('asking');
    clock.pass(5_000);
    progress.end();
    assert.deepEqual(io.written, { out: '', error: '' }, JSON.stringify(options));
  }
  const progress = createProgress(createFakeIo(), createTerminalStyle(true, {}));
  progress.say('asking');
  progress.end();
});

test('uses Unicode and colors if the terminal supports them', () => {
  const { io, clock, progress } = start({ env: { LANG: 'C.UTF-8', NO_COLOR: '' } });
  progress.say('asking');
  clock.pass(1_000);
  assert.equal(io.written.error, '\r\u001b[36m⠋\u001b[39m asking\u001b[K');
});

test('long text is truncated to one line, and line feeds are removed', () => {
  const { io, clock, progress } = start();
  progress.say(`one\ntwo ${'x'.repeat(200)}`);
  clock.pass(1_000);
  const [line = ''] = io.written.error.split('\u001b');
  assert.match(line, /^\r\| one two x+\.\.\.$/);
  assert.equal(line.length - 1, 79);
});

test('the default timer does not keep the process alive', () => {
  const io = { ...createFakeIo(), isErrorTerminal: () => true };
  createProgress(io, createTerminalStyle(true, { TERM: 'xterm' })).say('asking');
  assert.equal(io.written.error, '');
});
