/** `demo`: its output, and exit code 0 only for a completed turn. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Turn } from '../../src/bridge/bridge';
import { createBridge } from '../../src/bridge/create-bridge';
import { run } from '../../src/cli/main';
import { createTerminalStyle } from '../../src/command/terminal-style';
import { renderNextSteps, runDemo, type DemoOptions } from '../../src/demo/demo-command';
import { Paragraph } from '../../src/demo/live-view';
import { createFakeIo, type FakeIo } from '../support/cli/fake-io';
import { LOAD_TYPESCRIPT } from '../support/cli/load-typescript';

const UTF8 = { LANG: 'C.UTF-8' };
const COLOR = /\u001b\[\d+m/;

interface Shown {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function show(options: Partial<DemoOptions> = {}): Promise<Shown> {
  const io = createFakeIo();
  const code = await runDemo({ io, env: UTF8, version: '9.8.7', pauseMs: 1, limitMs: 10_000, ...options });
  return { code, ...io.written };
}

/** The output of the demo on a terminal. */
async function showAtTerminal(env: Record<string, string>): Promise<string> {
  const io: FakeIo = { ...createFakeIo(), isTerminal: () => true };
  assert.equal((await show({ io, env })).code, 0);
  return io.written.out;
}

test('shows a complete tool round, whatever the user’s settings', async () => {
  const io = createFakeIo();
  const env = { ...UTF8, PORT: 'x', AI_API_BASE: 'http://127.0.0.1:9/v1', REASONING_OUTPUT: 'text' };
  assert.equal(await run(['demo'], env, io), 0);
  assert.equal(io.written.error, '');
  const out = io.written.out;
  for (const part of [
    /^aliyun-codex-bridge \S+: demo without a key or network access\n/,
    /^ {2}bridge {5}http:\/\/127\.0\.0\.1:\d+\/v1,/m,
    /^ {2}user {7}What is in this folder/m,
    /^ {2}reasoning {2}The user asks/m,
    /^ {2}text {7}I will look at the folder/m,
    /^ {2}call {7}list_files \{"path":"\."\}$/m,
    /^ {2}call {7}now \{"zone":"UTC"\} of mcp__clock \(called as mcp__clock__now\)$/m,
    /^ {2}result {5}now: \d{4}-\d\d-\d\d \d\d:\d\d UTC$/m,
    /^ {2}tokens {5}412 in \(0 cached\), 96 out \(41 reasoning\)$/m,
    /^ {2}tokens {5}538 in \(384 cached\), 62 out \(18 reasoning\)$/m,
    /^✓ The turn was completed\./m,
    /^ {2}export AI_API_KEY=sk-\.\.\.\n {2}aliyun-codex-bridge codex\n/m,
  ]) assert.match(out, part);
  assert.doesNotMatch(out, /✗/);
  assert.doesNotMatch(out, COLOR);
  assert.deepEqual(out.split('\n').filter((line) => line.length > 80), []);
});

test('on Windows, the next steps are for PowerShell', () => {
  const steps = renderNextSteps(createTerminalStyle(false, {}), 'win32');
  assert.match(steps, /^ {2}\$env:AI_API_KEY = 'sk-\.\.\.'$/m);
  assert.doesNotMatch(steps, /export/);
});

test('colors are used on terminals that support them', async () => {
  assert.match(await showAtTerminal({ TERM: 'xterm' }), COLOR);
  assert.match(await showAtTerminal({ NO_COLOR: '' }), COLOR);
  assert.doesNotMatch(await showAtTerminal({ NO_COLOR: '1' }), COLOR);
  assert.doesNotMatch(await showAtTerminal({ TERM: 'dumb' }), COLOR);
});

test('without UTF-8, the output is ASCII', async () => {
  for (const env of [{}, { LANG: 'C' }, { LANG: 'C.UTF-8', LC_ALL: 'POSIX' }]) {
    const { code, out } = await show({ env });
    assert.equal(code, 0);
    assert.match(out, /^[\n\x20-\x7e]+$/);
  }
});

test('rejects options', async () => {
  const io = createFakeIo();
  assert.equal(await run(['demo', '--port', '1', '--prot'], {}, io), 2);
  assert.match(io.written.error, /The demo takes no options: remove --port\.\n$/);
  assert.equal(io.written.out, '');
});

type BuildBridge = NonNullable<DemoOptions['buildBridge']>;

/** A bridge whose answers are modified before they reach the client. */
const changeTurn = (change: (turn: Turn) => AsyncIterable<string>): BuildBridge => (config, log) => {
  const bridge = createBridge(config, log);
  return {
    ...bridge,
    start: async (kind, body, caller) => {
      const turn = await bridge.start(kind, body, caller);
      return { ...turn, frames: () => change(turn) };
    },
  };
};

const changeFrames = (change: (frame: string) => string): BuildBridge =>
  changeTurn(async function* (turn) {
    for await (const frame of turn.frames()) yield change(frame);
  });

const dropEvent = (type: string): BuildBridge =>
  changeFrames((frame) => frame.split('\n\n').filter((block) => !block.includes(`"type":"${type}"`)).join('\n\n'));

const BROKEN: Readonly<Record<string, BuildBridge>> = {
  'never ends a response': dropEvent('response.completed'),
  'ends a response twice': changeFrames((frame) =>
    frame.replace(/(data: \{"type":"response\.completed".*\n\n)/, '$1$1')),
  'never finishes its items': dropEvent('response.output_item.done'),
  'truncates the response': changeTurn(async function* (turn) {
    for await (const frame of turn.frames()) {
      yield frame;
      if (frame.includes('output_text.delta')) return;
    }
  }),
};

for (const [fault, buildBridge] of Object.entries(BROKEN)) {
  test(`a bridge that ${fault} fails the demo`, async () => {
    const { code, out, error } = await show({ buildBridge });
    assert.deepEqual([code, error], [1, '']);
    assert.match(out, /^✗ The turn was not completed\. Please report this with all of the output\.$/m);
    assert.doesNotMatch(out, /export AI_API_KEY/);
  });
}

test('a bridge that throws fails the demo, and what it logged is shown', async () => {
  const { code, out } = await show({
    limitMs: 1_000,
    buildBridge: changeTurn(() => {
      throw new Error('out of order');
    }),
  });
  assert.equal(code, 1);
  assert.match(
    out,
    /\nThe bridge logged:\n {2}\S+ \S+ error turn .* failed internal\n(?: {2}.*\n)* {2}\S+ \S+ error {5}Error: out of order\n/,
  );
});

test('a bridge that never ends hits the time limit', async () => {
  const { code, out } = await show({
    limitMs: 200,
    buildBridge: changeTurn(async function* () {
      yield ': silence\n\n';
      await new Promise(() => undefined);
    }),
  });
  assert.equal(code, 1);
  assert.match(out, /^ {2}incomplete not finished within 200 ms$/m);
});

test('wraps a paragraph between words, however it is split into chunks', () => {
  const words = 'The quick brown fox jumps over the lazy dog, and then it jumps again, because nobody saw it.';
  const write = (pieces: readonly string[]): string => {
    let written = '';
    const paragraph = new Paragraph((text) => (written += text), 'text', (word) => word.toUpperCase());
    pieces.forEach((piece) => paragraph.push(piece));
    paragraph.end();
    return written;
  };
  const expected = write([words]);
  assert.equal(expected, [
    '  text       THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG, AND THEN IT JUMPS',
    '             AGAIN, BECAUSE NOBODY SAW IT.',
    '',
  ].join('\n'));
  assert.equal(write([...words]), expected);
  const margin = ' '.repeat(13);
  assert.equal(write(['a ', 'b'.repeat(70)]), `  text       A\n${margin}${'B'.repeat(67)}\n${margin}BBB\n`);
});

test('serve does not load the files of the demo', async () => {
  const script = `
    const { run } = require('./src/cli/main');
    const io = { error() {}, onSignal(handler) { setImmediate(handler, 'SIGTERM'); return () => undefined; },
      out() { process.stdout.write(Object.keys(require.cache).join('\\n') + '\\nend\\n'); } };
    run(['--port', '0'], {}, io);`;
  const child = spawn(process.execPath, [...LOAD_TYPESCRIPT, '--eval', script], {
    cwd: join(__dirname, '..', '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let loaded = '';
  for await (const piece of child.stdout) loaded += String(piece);
  assert.match(loaded, /\/src\/serve\/serve-command\.ts\n[^]*end\n$/);
  assert.doesNotMatch(loaded, /\/src\/demo\//);
});
