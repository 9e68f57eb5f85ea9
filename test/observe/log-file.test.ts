/** The log file: whole lines, a bounded size, and errors that never end a turn. */
import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createLogFile, type LogFile } from '../../src/observe/log-file';

const LIMIT = { timeout: 10_000 } as const;

function create(
  context: TestContext,
  maxBytes = 1_000,
): { readonly folder: string; readonly path: string; readonly log: LogFile } {
  const folder = mkdtempSync(join(tmpdir(), 'log-file-'));
  const path = join(folder, 'state', 'bridge.log');
  const log = createLogFile(path, maxBytes);
  context.after(() => {
    log.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { folder, path, log };
}

const read = (path: string): string => readFileSync(path, 'utf8');

test('the first line creates folder and file, accessible only to their owner', LIMIT, (context) => {
  const { folder, path, log } = create(context);
  log.write('one\n');
  log.write('two\n');
  assert.equal(read(path), 'one\ntwo\n');
  if (process.platform === 'win32') return;
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(folder, 'state')).mode & 0o777, 0o700);
});

test('open creates the file before the first line', LIMIT, (context) => {
  const { path, log } = create(context);
  assert.equal(log.open(), undefined);
  assert.equal(read(path), '');
  log.write('one\n');
  assert.equal(read(path), 'one\n');
});

test('the existing content is kept and counts towards the size', LIMIT, (context) => {
  const { path, log } = create(context, 10);
  log.open();
  writeFileSync(path, '1234567\n');
  log.write('8\n');
  assert.equal(read(path), '1234567\n8\n');
  log.write('9\n');
  assert.equal(read(path), '9\n');
  assert.equal(read(`${path}.1`), '1234567\n8\n');
});

test('a line that would exceed the size starts a new file; only one older file is kept', LIMIT, (context) => {
  const { folder, path, log } = create(context, 12);
  for (const line of ['aaaaa\n', 'bbbbb\n', 'ccccc\n', 'ddddd\n', 'eeeee\n']) log.write(line);
  assert.equal(read(path), 'eeeee\n');
  assert.equal(read(`${path}.1`), 'ccccc\nddddd\n');
  assert.deepEqual(readdirSync(join(folder, 'state')).sort(), ['bridge.log', 'bridge.log.1']);
});

test('the size is in bytes, and a line longer than the limit is written whole', LIMIT, (context) => {
  const { path, log } = create(context, 8);
  log.write('ääää\n');
  assert.equal(read(path), 'ääää\n');
  log.write('b\n');
  assert.equal(read(path), 'b\n');
  assert.equal(read(`${path}.1`), 'ääää\n');
});

test('writing continues after the file is removed, moved or truncated', LIMIT, (context) => {
  const { folder, path, log } = create(context);
  log.write('one\n');
  rmSync(path);
  log.write('two\n');
  assert.equal(read(path), 'two\n');
  renameSync(path, `${path}.old`);
  log.write('three\n');
  assert.equal(read(path), 'three\n');
  assert.equal(read(`${path}.old`), 'two\n');
  truncateSync(path);
  log.write('four\n');
  assert.equal(read(path), 'four\n');
  rmSync(join(folder, 'state'), { recursive: true });
  log.write('five\n');
  assert.equal(read(path), 'five\n');
});

test(
  'open reports a file that cannot be written, and write skips lines until it can',
  LIMIT,
  (context) => {
    const { folder, path, log } = create(context);
    writeFileSync(join(folder, 'state'), 'a file where the folder should be');
    assert.match(log.open() ?? '', /EEXIST|ENOTDIR/);
    log.write('lost\n');
    rmSync(join(folder, 'state'));
    log.write('kept\n');
    assert.equal(read(path), 'kept\n');
  },
);

test('if the old file cannot be rotated, lines are lost and nothing throws', LIMIT, (context) => {
  const { path, log } = create(context, 6);
  log.write('aaaaa\n');
  mkdirSync(join(`${path}.1`, 'full'), { recursive: true });
  log.write('bbbbb\n');
  assert.equal(read(path), 'aaaaa\n');
  rmSync(`${path}.1`, { recursive: true });
  log.write('ccccc\n');
  assert.equal(read(path), 'ccccc\n');
  assert.equal(read(`${path}.1`), 'aaaaa\n');
});

test(
  'if renaming fails, as over an open file on Windows, the file is copied and truncated',
  LIMIT,
  (context) => {
    const { folder, path } = create(context);
    const rename = (): never => {
      throw Object.assign(new Error('EPERM: operation not permitted, rename'), { code: 'EPERM' });
    };
    const log = createLogFile(path, 6, { rename });
    context.after(() => log.close());
    for (const line of ['aaaaa\n', 'bbbbb\n', 'ccccc\n']) log.write(line);
    assert.equal(read(path), 'ccccc\n');
    assert.equal(read(`${path}.1`), 'bbbbb\n');
    assert.deepEqual(readdirSync(join(folder, 'state')).sort(), ['bridge.log', 'bridge.log.1']);
  },
);

test(
  'the target of a symbolic link is rotated, and the link is kept',
  { ...LIMIT, skip: process.platform === 'win32' && 'symbolic links need a privilege' },
  (context) => {
    const { folder, path, log } = create(context, 10);
    const real = join(folder, 'real.log');
    mkdirSync(join(folder, 'state'));
    symlinkSync(real, path);
    for (const line of ['aaaaaaa\n', 'bbbbbbb\n', 'ccccccc\n']) log.write(line);
    assert.equal(readlinkSync(path), real);
    assert.equal(read(path), 'ccccccc\n');
    assert.equal(read(`${real}.1`), 'bbbbbbb\n');
    assert.deepEqual(readdirSync(join(folder, 'state')), ['bridge.log']);
  },
);

test(
  'a system name such as /dev/stdout is never rotated',
  { ...LIMIT, skip: !existsSync('/dev/fd/0') && 'there is no /dev/fd' },
  (context) => {
    const { folder } = create(context);
    const real = join(folder, 'out.log');
    const descriptor = openSync(real, 'a');
    const log = createLogFile(`/dev/fd/${descriptor}`, 10);
    for (const line of ['aaaaaaa\n', 'bbbbbbb\n', 'ccccccc\n']) log.write(line);
    log.close();
    closeSync(descriptor);
    assert.equal(read(real), 'aaaaaaa\nbbbbbbb\nccccccc\n');
    assert.deepEqual(readdirSync(folder), ['out.log']);
  },
);

test('a full disk causes no exception', { ...LIMIT, skip: !existsSync('/dev/full') && 'there is no /dev/full' }, () => {
  const log = createLogFile('/dev/full', 1_000);
  assert.equal(log.open(), undefined);
  log.write('one\n');
  log.write('two\n');
  log.close();
});

test('close can be called at any time, and a later line reopens the file', LIMIT, (context) => {
  const { path, log } = create(context);
  log.close();
  log.write('one\n');
  log.close();
  log.close();
  log.write('two\n');
  assert.equal(read(path), 'one\ntwo\n');
});
