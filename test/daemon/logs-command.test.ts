/** `logs`: the end of the log and new lines, across rotation and truncation. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createLogReader, watchLog, readLog, readTail } from '../../src/instance/log-reader';
import { logFileOf } from '../../src/instance/bridge-record';
import { run } from '../../src/cli/main';
import { createLogFile } from '../../src/observe/log-file';
import { createHome, createWatchedIo, KEY, LIMIT, listen, type Home } from '../support/cli/background';

async function createLog(context: TestContext, text: string): Promise<{ readonly home: Home; readonly path: string }> {
  const home = await createHome(context);
  const path = logFileOf(home.paths.state, home.port);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return { home, path };
}

const count = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join('');

test('without a log file, logs explains which bridges write one', LIMIT, async (context) => {
  const home = await createHome(context);
  const { code, out, error } = await home.run('logs');
  assert.deepEqual([code, out], [1, '']);
  assert.equal(
    error,
    `No log file ${logFileOf(home.paths.state, home.port)}. \
Only bridges started with "aliyun-codex-bridge start --port ${home.port}" write this log.
Other bridges write to standard error or to their own --log-file. To read such a file, give the same --log-file here.
`,
  );
  const named = join(home.paths.state, 'missing.log');
  const expected = { code: 1, out: '', error: `No log file ${named}. Check --log-file.\n` };
  assert.deepEqual(await home.run('logs', '--log-file', named), expected);
});

test('prints the last hundred lines, or the requested number', LIMIT, async (context) => {
  const { home } = await createLog(context, count(1, 250));
  assert.deepEqual(await home.run('logs'), { code: 0, out: count(151, 250), error: '' });
  assert.equal((await home.run('logs', '--lines', '3')).out, count(248, 250));
  assert.equal((await home.run('logs', '--lines=0')).out, '');
  assert.equal((await home.run('logs', '--lines', '1000')).out, count(1, 250));
  const wrong = await home.run('logs', '--lines', '-1', '--port', '0');
  assert.equal(wrong.code, 2);
  assert.match(wrong.error, /^Invalid usage:\n/);
});

test('a short log is completed with lines of the rotated file', LIMIT, async (context) => {
  const { home, path } = await createLog(context, count(4, 5));
  writeFileSync(`${path}.1`, count(1, 3));
  assert.equal((await home.run('logs', '--lines', '3')).out, count(3, 5));
  assert.equal((await home.run('logs')).out, count(1, 5));
});

test('reads the file of the running bridge, or that of --log-file', LIMIT, async (context) => {
  const home = await createHome(context);
  const file = join(home.env['HOME'] ?? '', 'own.log');
  await home.run('start', '--log-file', file);
  assert.match((await home.run('logs')).out, /the bridge is listening/, 'its record names the file');
  assert.match((await home.run('logs', '--log-file', file)).out, /the bridge is listening/);
  assert.equal((await home.run('stop')).code, 0);
  assert.equal((await home.run('logs')).code, 1);
  assert.match((await home.run('logs', '--log-file', file)).out, /the bridge is stopping/);
});

test(
  'serve writes its log and crashes to --log-file, and start-up errors to standard error',
  LIMIT,
  async (context) => {
    const home = await createHome(context);
    const file = join(home.env['HOME'] ?? '', 'logs', 'serve.log');
    const io = createWatchedIo();
    const served = run(['--log-file', file], home.env, io);
    await io.firstOut;
    io.crash(new Error(`boom with ${KEY}`));
    const text = readFileSync(file, 'utf8');
    assert.match(text, /uncaught error; the bridge keeps running [^]*Error: boom with \[redacted\]/);
    assert.equal(io.written.error, '');
    const second = await home.run('serve', '--log-file', `${file}.2`);
    assert.equal(second.code, 1);
    assert.match(second.error, /^Cannot listen on host/);
    io.signal('SIGTERM');
    assert.equal(await served, 0);
    const wrong = await home.run('serve', '--log-file', join(file, 'below a file'));
    assert.equal(wrong.code, 1);
    assert.match(wrong.error, /^Cannot write the log file: .* Choose another file with --log-file\.\n$/);
  },
);

test('a file that cannot be read is reported', LIMIT, async (context) => {
  const { home, path } = await createLog(context, '');
  rmSync(path);
  mkdirSync(path);
  const { code, error } = await home.run('logs');
  assert.equal(code, 1);
  assert.match(error, /^Cannot read .*EISDIR/);
});

test('--follow shows new lines, across rotation and truncation, until Ctrl-C', LIMIT, async (context) => {
  const { home, path } = await createLog(context, count(1, 2));
  const io = createWatchedIo();
  const done = run(['logs', '--follow', '--lines', '1'], home.env, io);
  assert.equal(await io.until(/line 2\n/), 'line 2\n');
  const log = createLogFile(path, 30);
  context.after(() => log.close());
  for (let number = 3; number <= 20; number += 1) log.write(`line ${number}\n`);
  await io.until(/line 20\n/);
  truncateSync(path);
  log.write('after\n');
  await io.until(/after\n/);
  rmSync(path);
  log.write('later\n');
  assert.match(await io.until(/later\n/), /after\nlater\n$/);
  io.signal('SIGINT');
  assert.equal(await done, 0);
  assert.equal(io.handlers(), 0);
});

test('polls the file if the system reports no changes', LIMIT, async (context) => {
  const { path } = await createLog(context, 'old\n');
  let unwatch = (): void => undefined;
  const silent = (): never => {
    throw new Error('not supported');
  };
  await new Promise<void>((resolve) => (unwatch = watchLog(path, resolve, silent)));
  unwatch();
});

test('--follow ends when its reader closes the pipe', LIMIT, async (context) => {
  const { home } = await createLog(context, count(1, 1));
  let closePipe = (): void => assert.fail('no handler was registered');
  const io = { ...createWatchedIo(), onReaderGone: (handler: () => void) => ((closePipe = handler), () => undefined) };
  const done = run(['logs', '--follow'], home.env, io);
  await io.until(/line 1/);
  closePipe();
  assert.equal(await done, 0);
});

test('the reader handles split characters, rotation with unread text, truncation, removal', LIMIT, async (context) => {
  const { path } = await createLog(context, 'old\n');
  const reader = createLogReader(path);
  context.after(() => reader.close());
  assert.deepEqual([reader.start, reader.readNew()], [4, '']);
  const letter = Buffer.from('ü\n');
  appendFileSync(path, letter.subarray(0, 1));
  assert.equal(reader.readNew(), '');
  appendFileSync(path, letter.subarray(1));
  assert.equal(reader.readNew(), 'ü\n');
  appendFileSync(path, 'rest\n');
  renameSync(path, `${path}.1`);
  assert.equal(reader.readNew(), 'rest\n');
  writeFileSync(path, 'new\n');
  assert.equal(reader.readNew(), 'new\n');
  truncateSync(path);
  writeFileSync(path, 'x\n', { flag: 'a' });
  assert.equal(reader.readNew(), 'x\n');
  rmSync(path);
  assert.equal(reader.readNew(), '');
  writeFileSync(path, `${'y'.repeat(200_000)}\n`);
  assert.equal(reader.readNew().length, 200_001);
});

test('the tail handles long lines, a missing final line feed, CRLF and ranges', LIMIT, async (context) => {
  const { path } = await createLog(context, '');
  assert.deepEqual(readTail(path, 5), []);
  assert.deepEqual(readLog(`${path}.missing`, 5), []);
  const long = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(9_000, 'ä'));
  writeFileSync(path, `${long.join('\r\n')}`);
  assert.deepEqual(readTail(path, 30), long.slice(10));
  assert.deepEqual(readTail(path, 1_000), long);
  writeFileSync(path, 'a\nb\nc\n');
  assert.deepEqual(readTail(path, 9, { from: 2, to: 4 }), ['b']);
  assert.deepEqual(readTail(path, 9, { from: 6 }), []);
  assert.deepEqual(readTail(path, 2, { to: 0 }), []);
});

test('--json prints each line as JSON with time and level, whatever the format of the log', LIMIT, async (context) => {
  const { home } = await createLog(context, [
    '(node:1) Warning: before any line',
    '2026-11-28T14:35:36.496Z info  the bridge is listening port=1',
    '2026-11-28 22:35:37+08:00 warn      attempts  overload (503)',
    'Error: of Node itself',
    '{"time":"2026-11-28T14:35:38.000Z","level":"warn","message":"x"}\n',
  ].join('\n'));
  const { code, out } = await home.run('logs', '--json');
  assert.equal(code, 0);
  assert.deepEqual(out.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown), [
    { time: null, level: 'warn', message: '(node:1) Warning: before any line' },
    { time: '2026-11-28T14:35:36.496Z', level: 'info', message: 'the bridge is listening port=1' },
    { time: '2026-11-28T22:35:37+08:00', level: 'warn', message: '    attempts  overload (503)' },
    { time: '2026-11-28T22:35:37+08:00', level: 'warn', message: 'Error: of Node itself' },
    { time: '2026-11-28T14:35:38.000Z', level: 'warn', message: 'x' },
  ]);
});

test('--follow shows running turns below the log, on a terminal only', LIMIT, async (context) => {
  const turns = [
    { client: 'codex_exec', model: 'qwen3.7-plus', state: 'streaming', ms: 12_345, tokens: 340 },
    { client: 'codex-tui', model: null, state: 'waiting', ms: 3_000, tokens: 0 },
  ];
  const port = await listen(context, ({ url }, response) => {
    if (url === '/turns') response.end(JSON.stringify({ turns }));
    else response.writeHead(404).end();
  });
  const home = await createHome(context, { LANG: 'C.UTF-8' });
  const path = logFileOf(home.paths.state, port);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, 'line 1\n');
  const io = createWatchedIo();
  const errors = createWatchedIo();
  const env = { ...home.env, PORT: String(port) };
  const following = run(['logs', '--follow'], env, { ...io, error: errors.out, isErrorTerminal: () => true });
  const shown = 'codex_exec qwen3.7-plus streaming… 12 s, 340 tokens; codex-tui wait';
  await errors.until(new RegExp(shown));
  appendFileSync(path, 'line 2\n');
  await io.until(/line 2\n/);
  assert.match(errors.written.out, /[^]*\r\u001b\[K/, 'erased before a line is written');
  io.signal('SIGINT');
  assert.equal(await following, 0);
  assert.equal(io.written.out, 'line 1\nline 2\n');
  const piped = createWatchedIo();
  const second = run(['logs', '--follow'], env, piped);
  await piped.until(/line 2\n/);
  piped.signal('SIGINT');
  assert.equal(await second, 0);
  assert.equal(piped.written.error, '');
});
