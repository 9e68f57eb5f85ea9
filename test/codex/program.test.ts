/** Finds programs on Unix and Windows, and how to start them without a shell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findProgram } from '../../src/codex/program';

const search = (platform: NodeJS.Platform, env: Readonly<Record<string, string>>, ...files: string[]) =>
  ({ env, platform, node: 'NODE', isProgram: (path: string) => files.includes(path) });

test('uses the first folder of the PATH that contains the program', () => {
  const unix = search('linux', { PATH: '/a::/b:/c' }, '/b/codex', '/c/codex');
  assert.deepEqual(findProgram('codex', unix), { command: '/b/codex', args: [] });
  assert.equal(findProgram('other', unix), undefined);
  assert.equal(findProgram('codex', search('linux', {}, '/b/codex')), undefined);
});

test('a path is not looked up on the PATH', () => {
  const unix = search('darwin', { PATH: '/a' }, '/x/my codex', '/a/codex', 'bin/codex');
  assert.deepEqual(findProgram('/x/my codex', unix), { command: '/x/my codex', args: [] });
  assert.deepEqual(findProgram('bin/codex', unix), { command: 'bin/codex', args: [] });
  assert.equal(findProgram('./codex', unix), undefined);
});

test('on Windows, tries extensions, and never uses npm’s script for Unix shells', () => {
  const native = search('win32', { Path: 'C:\\a;C:\\b' }, 'C:\\a\\codex', 'C:\\b\\codex.exe');
  assert.deepEqual(findProgram('codex', native), { command: 'C:\\b\\codex.exe', args: [] });
  assert.deepEqual(findProgram('C:\\b\\codex.exe', native), { command: 'C:\\b\\codex.exe', args: [] });
  assert.deepEqual(findProgram('codex', search('win32', { PATH: 'C:\\a', PATHEXT: '.FOO' }, 'C:\\a\\codex.foo')),
    { command: 'C:\\a\\codex.foo', args: [] });
});

test("npm's batch file for Codex is replaced with the program that it starts", () => {
  const script = 'C:\\npm\\node_modules\\@openai\\codex\\bin\\codex.js';
  assert.deepEqual(findProgram('codex', search('win32', { PATH: 'C:\\npm' }, 'C:\\npm\\codex.cmd', script)),
    { command: 'NODE', args: [script] });
  assert.deepEqual(findProgram('codex', search('win32', { PATH: 'C:\\npm' }, 'C:\\npm\\codex.cmd')),
    { command: 'C:\\npm\\codex.cmd', args: [], isScript: true });
});

test('on Windows, a folder of the PATH may be in quotes', () => {
  const quoted = search('win32', { Path: '"C:\\Program Files\\a";C:\\b' }, 'C:\\Program Files\\a\\codex.exe');
  assert.equal(findProgram('codex', quoted)?.command, 'C:\\Program Files\\a\\codex.exe');
});

test("runs a batch file other than npm's as it is", () => {
  const script = 'C:\\npm\\node_modules\\@openai\\codex\\bin\\codex.js';
  const own = 'C:\\npm\\my-codex.cmd';
  assert.deepEqual(findProgram(own, search('win32', {}, own, script)), { command: own, args: [], isScript: true });
});
