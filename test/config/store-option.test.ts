/** --store: a folder, or the address of a Redis server, whose password is never shown. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OPTIONS } from '../../src/config/options';
import { resolveConfig } from '../../src/config/resolve';
import { collectVariables } from '../../src/daemon/service/env-file';
import { createChildEnvironment } from '../../src/instance/start-bridge';
import { run } from '../../src/cli/main';
import { createFakeIo } from '../support/cli/fake-io';

const SECRET = 'hunter2-secret';
const URL = `rediss://anna:${SECRET}@redis.internal:6380/3`;

describe('--store', () => {
  it('accepts folders and addresses of Redis servers', () => {
    for (const given of ['kept', '/var/kept', './a b', 'C:\\kept', 'redis://localhost', URL, 'redis://[::1]:6379/0']) {
      assert.equal(OPTIONS.store.type.parse(given), given);
    }
    const wrong = ['redis://', 'http://host', 'rediss://host/name', 'redis://host:port', 'redis://:%zz@host', ''];
    for (const given of wrong) {
      assert.equal(OPTIONS.store.type.parse(given), undefined, given);
    }
  });

  it('never quotes the password', () => {
    const resolved = resolveConfig({ store: `redis://:${SECRET}@host/name` }, {});
    assert.ok(!resolved.ok);
    assert.match(resolved.errors.join(), /redis:\/\/…@host\/name.*expected the path of a folder, or an address/);
    assert.ok(!resolved.errors.join().includes(SECRET));
  });

  it('is masked by config, as text and as JSON', async () => {
    for (const words of [[], ['--json']]) {
      const io = createFakeIo();
      await run(['config', ...words], { HOME: '/nowhere', BRIDGE_STORE: URL }, io);
      assert.match(io.written.out, /rediss:\/\/(?:…|\.\.\.)@redis\.internal:6380\/3/);
      assert.ok(!JSON.stringify(io.written).includes(SECRET));
    }
  });

  it('is passed unchanged to a service and a background process, except that a folder becomes absolute', () => {
    const config = resolveConfig({}, {});
    assert.ok(config.ok);
    for (const [store, expected] of [[URL, URL], ['kept', '/here/kept']] as const) {
      const absolute = (path: string): string => `/here/${path}`;
      const variables = collectVariables({ flags: { store }, env: {}, config: config.config }, absolute);
      assert.deepEqual(variables.find(({ name }) => name === 'BRIDGE_STORE')?.value, expected);
      const child = createChildEnvironment({
        flags: { store }, env: {}, loaded: {}, resolvePath: absolute, fixed: {},
      } as never);
      assert.equal(child['BRIDGE_STORE'], expected);
    }
  });
});
