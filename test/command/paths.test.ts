/** The folders on each system. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { findPaths } from '../../src/command/paths';

const machine = (platform: NodeJS.Platform, env: Readonly<Record<string, string>> = {}) => ({
  platform,
  env,
  homedir: () => (platform === 'win32' ? 'C:\\Users\\me' : '/home/me'),
});

test('Linux and Termux use the XDG folders, and Codex uses the home folder', () => {
  assert.deepEqual(findPaths(machine('linux')), {
    home: '/home/me',
    state: '/home/me/.local/state/aliyun-codex-bridge',
    config: '/home/me/.config/aliyun-codex-bridge',
    codexHome: '/home/me/.codex',
  });
  const env = { HOME: '/h', XDG_STATE_HOME: '/s', XDG_CONFIG_HOME: '/c', CODEX_HOME: '/x' };
  assert.deepEqual(findPaths(machine('android', env)),
    { home: '/h', state: '/s/aliyun-codex-bridge', config: '/c/aliyun-codex-bridge', codexHome: '/x' });
});

test('macOS uses the Library', () => {
  const { state, config } = findPaths(machine('darwin', { XDG_STATE_HOME: '/ignored' }));
  assert.equal(state, '/home/me/Library/Application Support/aliyun-codex-bridge');
  assert.equal(config, state);
});

test('Windows uses the application data folders', () => {
  assert.deepEqual(findPaths(machine('win32', { HOME: '/msys', LOCALAPPDATA: 'D:\\Local', APPDATA: 'D:\\Roaming' })), {
    home: 'C:\\Users\\me',
    state: 'D:\\Local\\aliyun-codex-bridge',
    config: 'D:\\Roaming\\aliyun-codex-bridge',
    codexHome: 'C:\\Users\\me\\.codex',
  });
  assert.equal(
    findPaths(machine('win32', { USERPROFILE: 'E:\\u' })).state,
    'E:\\u\\AppData\\Local\\aliyun-codex-bridge',
  );
});

test('a relative folder is resolved if it comes from an option, and ignored if it comes from an XDG variable', () => {
  const env = { XDG_STATE_HOME: 'state', XDG_CONFIG_HOME: './config' };
  assert.deepEqual(findPaths(machine('linux', env)), findPaths(machine('linux')));
  assert.equal(findPaths(machine('linux'), 'elsewhere').state, join(process.cwd(), 'elsewhere'));
});

test('for a user without a home, the root folder is used, as in Docker', () => {
  const unknown = {
    ...machine('linux', { HOME: '' }),
    homedir: () => {
      throw new Error('uv_os_homedir returned ENOENT');
    },
  };
  assert.equal(findPaths(unknown).home, '/');
  assert.equal(findPaths({ ...machine('linux', { HOME: '' }), homedir: () => '' }).codexHome, '/.codex');
});

test('an option names the state folder; empty variables count as not set', () => {
  const { state, codexHome } = findPaths(
    machine('linux', { HOME: '', CODEX_HOME: '', XDG_STATE_HOME: '' }),
    '/elsewhere',
  );
  assert.deepEqual([state, codexHome], ['/elsewhere', '/home/me/.codex']);
});
