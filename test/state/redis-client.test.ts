/** The Redis client and store with a real server: pipelines, logins, TLS, timeouts, restarts and broken connections. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, test, type TestContext } from 'node:test';
import { setImmediate as nextLoop } from 'node:timers/promises';
import { BridgeError } from '../../src/errors/bridge-error';
import { RedisClient, RedisError, ReplyReader, type Reply } from '../../src/state/redis-client';
import { createRedisStore } from '../../src/state/redis-store';
import { NEEDS_REDIS, REDIS_MISSING, startRedis } from '../support/state/redis';
import { append, connectRedis, put, WIDE_LIMITS } from '../support/state/stores';
import { findFreePort } from '../support/free-port';

const isUnavailable = (message: RegExp) => (error: unknown): boolean =>
  error instanceof BridgeError && error.kind === 'store_unavailable' && message.test(error.message);

const NEEDS_OPENSSL = { skip: spawnSync('openssl', ['version']).status !== 0 && 'openssl is not installed' };

/** Resolves when the client is connected again. */
async function untilReady(client: RedisClient): Promise<void> {
  for (;;) {
    const isReady = await client.command('PING').then(() => true, () => false);
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('replies are parsed from chunks that end at any byte', () => {
  const bytes = Buffer.from('+OK\r\n$-1\r\n*3\r\n:-7\r\n$6\r\né\r\nü\r\n*1\r\n-ERR no\r\n*0\r\n$0\r\n\r\n*-1\r\n');
  const expected = ['OK', null, [-7, 'é\r\nü', [new RedisError('ERR no')]], [], '', null];
  const halves = [...Array(bytes.length).keys()].map((end) => [bytes.subarray(0, end), bytes.subarray(end)]);
  for (const chunks of [[bytes], [...bytes].map((byte) => Buffer.from([byte])), ...halves]) {
    const reader = new ReplyReader();
    assert.deepEqual(chunks.flatMap((chunk): readonly Reply[] => reader.push(chunk)), expected);
  }
});

describe(`the Redis client${REDIS_MISSING}`, NEEDS_REDIS, () => {
  it('pipelines commands: replies are in order, and long ones are complete', async (context) => {
    const { url } = await startRedis(context);
    // On a busy machine, 8 MB take longer than the default time limit of a command.
    const client = new RedisClient({ url, commandMs: 60_000 });
    context.after(() => client.close());
    const long = 'é'.repeat(4_000_000);
    const replies = await Promise.all([
      client.command('SET', 'long', long), client.command('GET', 'long'), client.command('GET', 'none'),
      ...Array.from({ length: 1_000 }, () => client.command('INCR', 'count')),
    ]);
    assert.ok(replies[1] === long);
    assert.deepEqual([replies[0], replies[2], replies.at(-1)], ['OK', null, 1_000]);
    await assert.rejects(client.command('INCR', 'long'), isUnavailable(/ERR value is not an integer/));
    assert.equal(await client.command('INCR', 'count'), 1_001);
  });

  it('logs in and selects a database', async (context) => {
    const redis = await startRedis(context, ['--requirepass', 'open sesame']);
    const admin = connectRedis(context, `redis://:open%20sesame@127.0.0.1:${redis.port}`);
    await admin.command('ACL', 'SETUSER', 'bridge', 'on', '>p%40ss', '~*', '+@all');
    await admin.command('SET', 'where', 'database 0');
    const other = connectRedis(context, `redis://bridge:p%2540ss@127.0.0.1:${redis.port}/7`);
    assert.equal(await other.command('GET', 'where'), null);
    assert.equal(await other.command('ACL', 'WHOAMI'), 'bridge');
    for (const [credentials, problem] of [['', /NOAUTH/], [':wrong-secret@', /WRONGPASS|invalid password/]] as const) {
      const client = connectRedis(context, `redis://${credentials}127.0.0.1:${redis.port}`);
      await assert.rejects(client.command('PING'), (error: unknown) =>
        isUnavailable(problem)(error) && !String(error).includes('wrong-secret'));
    }
  });

  it('uses TLS, and trusts only the given certificate authority', NEEDS_OPENSSL, async (context) => {
    const { ca, settings } = await createCertificates(context);
    const redis = await startRedis(context, ['--port', '0', '--tls-port', 'PORT', ...settings]);
    const url = `rediss://localhost:${redis.port}`;
    assert.equal(await connectRedis(context, url, ca).command('PING'), 'PONG');
    await assert.rejects(connectRedis(context, url).command('PING'), isUnavailable(/self.signed|certificate/i));
    await assert.rejects(connectRedis(context, `redis://localhost:${redis.port}`).command('PING'), isUnavailable(/./));
  });

  it('fails when the server does not respond, and recovers', async (context) => {
    const redis = await startRedis(context);
    const client = connectRedis(context, redis.url);
    await client.command('PING');
    redis.signal('SIGSTOP');
    await assert.rejects(client.command('PING'), isUnavailable(/does not respond/));
    redis.signal('SIGCONT');
    await untilReady(client);
    assert.equal(await client.command('PING'), 'PONG');
  });

  it('waits while the server restarts', async (context) => {
    const redis = await startRedis(context);
    const client = new RedisClient({ url: redis.url, commandMs: 60_000 });
    context.after(() => client.close());
    await client.command('SET', 'a', '1');
    await redis.kill();
    const waiting = client.command('PING');
    await redis.start();
    assert.equal(await waiting, 'PONG');
  });

  it('fails immediately while the server is down', async (context) => {
    const redis = await startRedis(context);
    const client = connectRedis(context, redis.url);
    await client.command('PING');
    await redis.kill();
    // The first commands wait for the server; later ones fail without a timer or a connection.
    for (let isPending = true; isPending;) {
      const rejected = assert.rejects(client.command('PING'), isUnavailable(/ECONNREFUSED/));
      isPending = await Promise.race([rejected.then(() => false), nextLoop(true)]);
      await rejected;
    }
    await redis.start();
    await untilReady(client);
  });

  it('sends a script again if the server no longer has it', async (context) => {
    const client = connectRedis(context, (await startRedis(context)).url);
    const run = (): Promise<Reply> => client.script('return KEYS[1] .. ARGV[1]', 'k', 7);
    assert.equal(await run(), 'k7');
    await client.command('SCRIPT', 'FLUSH');
    assert.deepEqual([await run(), await run()], ['k7', 'k7']);
  });

  it('fails after close', async (context) => {
    const client = connectRedis(context, (await startRedis(context)).url);
    client.close();
    await assert.rejects(client.command('PING'), isUnavailable(/./));
  });
});

describe(`the Redis store${REDIS_MISSING}`, NEEDS_REDIS, () => {
  const conversation = JSON.stringify({ kind: 'conversation', id: 'conv_1', created_at: 0, metadata: {}, items: [] });

  it('adds a line once when the connection breaks before the reply', async (context) => {
    const redis = await startRedis(context);
    const proxy = await startProxy(context, redis.port);
    const store = createRedisStore({ url: `redis://127.0.0.1:${proxy.port}`, prefix: 'test', limits: WIDE_LIMITS });
    context.after(() => store.close());
    await put(store, 'conv_1', conversation);
    assert.equal(await append(store, 'conv_1', 'one'), 'kept');
    proxy.loseNextReply();
    assert.equal(await append(store, 'conv_1', 'two'), 'kept');
    assert.deepEqual(await store.lines('conv_1'), ['one', 'two']);
  });

  it('separates prefixes and their limits, and leaves only expiring keys after all deletions', async (context) => {
    const { url } = await startRedis(context);
    const open = (prefix: string, records: number): ReturnType<typeof createRedisStore> => {
      const store = createRedisStore({ url, prefix, limits: { ...WIDE_LIMITS, records } });
      context.after(() => store.close());
      return store;
    };
    const [red, blue] = [open('red', 2), open('blue', 5)];
    for (const id of ['resp_1', 'resp_2', 'resp_3']) {
      for (const store of [red, blue]) await put(store, id, `{"id":"${id}"}`, [`msg_${id}`]);
    }
    assert.deepEqual([await red.get('resp_1'), await blue.get('resp_1')], [undefined, { id: 'resp_1' }]);
    assert.deepEqual([await red.holderOf('msg_resp_1'), await blue.holderOf('msg_resp_1')], [undefined, 'resp_1']);
    for (const id of ['resp_1', 'resp_2', 'resp_3']) for (const store of [red, blue]) await store.delete(id);
    const client = connectRedis(context, url);
    const keys = await client.command('KEYS', '*');
    assert.ok(Array.isArray(keys) && keys.every((key) => /:(done:.*|bytes)$/.test(String(key))), String(keys));
    assert.deepEqual([await client.command('GET', 'red:bytes'), await client.command('GET', 'blue:bytes')], ['0', '0']);
    for (const key of keys) assert.ok(Number(await client.command('PTTL', String(key))) > 0, String(key));
  });

  it('works for a Redis user who may access only the keys of the prefix', async (context) => {
    const { port } = await startRedis(context, ['--requirepass', 'admin-secret']);
    const admin = connectRedis(context, `redis://:admin-secret@127.0.0.1:${port}`);
    const rules = ['on', '>anna-secret', '~anna:*', '+@all', '-@dangerous'];
    await admin.command('ACL', 'SETUSER', 'anna', ...rules);
    const open = (prefix: string): ReturnType<typeof createRedisStore> => {
      const url = `redis://anna:anna-secret@127.0.0.1:${port}`;
      const store = createRedisStore({ url, prefix, limits: WIDE_LIMITS });
      context.after(() => store.close());
      return store;
    };
    const [own, other] = [open('anna'), open('ben')];
    await own.check();
    assert.ok(await put(own, 'conv_1', conversation, ['item_1']));
    assert.equal(await append(own, 'conv_1', 'line'), 'kept');
    assert.deepEqual([await own.lines('conv_1'), await own.holderOf('item_1')], [['line'], 'conv_1']);
    assert.ok(await own.get('conv_1'));
    assert.ok(await own.delete('conv_1'));
    await assert.rejects(put(other, 'conv_1', conversation), isUnavailable(/NOPERM|permission/i));
    await assert.rejects(other.lines('conv_1'), isUnavailable(/NOPERM|permission/i));
  });

  it('drops expired records and their index entries', async (context) => {
    const { url } = await startRedis(context);
    const store = createRedisStore({ url, prefix: 'test', limits: { ...WIDE_LIMITS, ageMs: 3_000 } });
    context.after(() => store.close());
    const client = connectRedis(context, url);
    await put(store, 'conv_1', conversation, ['item_1']);
    assert.equal(await append(store, 'conv_1', [], ['item_2']), 'kept');
    const untilGone = async (key: string): Promise<void> => {
      while ((await client.command('EXISTS', key)) === 1) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await Promise.all(['test:conv_1', 'test:conv_1:lines'].map(untilGone));
    assert.equal(await append(store, 'conv_1', []), 'absent');
    assert.deepEqual([await store.holderOf('item_1'), await store.holderOf('item_2')], [undefined, undefined]);
    assert.equal(await client.command('GET', 'test:bytes'), '0');
  });

  it('finds no record for an id that would name another key', async (context) => {
    const store = createRedisStore({ url: (await startRedis(context)).url, prefix: 'test', limits: WIDE_LIMITS });
    context.after(() => store.close());
    await put(store, 'resp_1', '{}', ['a']);
    for (const id of ['used', 'bytes', 'resp_1:items', '', 'a b']) {
      const found = [await store.get(id), await store.lines(id), await store.delete(id)];
      assert.deepEqual(found, [undefined, [], false], id);
    }
  });
});

/** Starts a proxy for the server. After `loseNextReply`, it closes the connection instead of forwarding a reply. */
async function startProxy(
  context: TestContext, port: number,
): Promise<{ readonly port: number; loseNextReply(): void }> {
  let losesReply = false;
  const server = createServer((client: Socket) => {
    const redis = connect(port, '127.0.0.1');
    client.on('error', () => redis.destroy()).on('close', () => redis.destroy()).pipe(redis);
    redis.on('error', () => client.destroy()).on('data', (bytes) => {
      if (losesReply) client.destroy();
      else client.write(bytes);
      losesReply = false;
    });
  });
  const ownPort = await findFreePort();
  await once(server.listen(ownPort, '127.0.0.1'), 'listening');
  context.after(() => server.close());
  return { port: ownPort, loseNextReply: () => void (losesReply = true) };
}

/** Creates a self-signed certificate for localhost, which is its own certificate authority. */
async function createCertificates(
  context: TestContext,
): Promise<{ readonly ca: string; readonly settings: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-tls-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const created = spawnSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate,
  ]);
  assert.equal(created.status, 0, String(created.stderr));
  const settings = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate];
  return { ca: certificate, settings: [...settings, '--tls-auth-clients', 'no'] };
}
