/** Both stores behave the same; the one on disk also survives a restart, broken files and ids that are paths. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createFileStore } from '../../src/state/file-store';
import { createMemoryStore, type ResponseStore } from '../../src/state/response-store';
import type { StoreLimits } from '../../src/state/ledger';
import { NEEDS_REDIS, REDIS_MISSING } from '../support/state/redis';
import { createSharedRedis, put } from '../support/state/stores';

const LIMITS: StoreLimits = { records: 3, bytes: 1_000, ageMs: 60_000 };
const START = Date.UTC(2026, 0, 1);

interface World {
  readonly folder: string;
  readonly warnings: string[];
  now: number;
  open(limits?: Partial<StoreLimits>): ResponseStore;
}

async function createWorld(context: TestContext): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-store-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const world: World = {
    folder: join(folder, 'kept'),
    warnings: [],
    now: START,
    open: (limits) =>
      createFileStore({
        folder: world.folder,
        limits: { ...LIMITS, ...limits },
        clock: () => world.now,
        warn: (message) => world.warnings.push(message),
      }),
  };
  return world;
}

const response = (id: string, ...items: readonly string[]): string =>
  JSON.stringify({
    kind: 'response',
    id,
    input: [],
    response: { id, output: items.map((item) => ({ id: item, type: 'message' })) },
  });

const KINDS = {
  memory: async () => createMemoryStore(LIMITS, () => START),
  file: async (context: TestContext) => (await createWorld(context)).open(),
  Redis: async (context: TestContext) => (await createSharedRedis(context)).open(LIMITS),
} as const;

for (const [kind, create] of Object.entries(KINDS)) {
  const isRedis = kind === 'Redis';
  describe(`the ${kind} store${isRedis ? REDIS_MISSING : ''}`, isRedis ? NEEDS_REDIS : {}, () => {
    it('returns a record until it is deleted or evicted', async (context) => {
      const store = await create(context);
      assert.equal(await store.get('resp_1'), undefined);
      assert.ok(await put(store, 'resp_1', response('resp_1', 'msg_é'), ['msg_é']));
      assert.deepEqual(await store.get('resp_1'), JSON.parse(response('resp_1', 'msg_é')));
      assert.equal(await store.holderOf('msg_é'), 'resp_1');
      for (const id of ['resp_2', 'resp_3', 'resp_4']) await put(store, id, response(id), []);
      assert.equal(await store.get('resp_1'), undefined);
      assert.equal(await store.holderOf('msg_é'), undefined);
      assert.equal(await store.delete('resp_2'), true);
      assert.equal(await store.delete('resp_2'), false);
      assert.equal(await put(store, 'resp_5', `{"id":"${'x'.repeat(1_000)}"}`, []), false);
      assert.ok(await store.get('resp_3'));
    });

    it('replaces a record', async (context) => {
      const store = await create(context);
      await put(store, 'conv_1', response('conv_1', 'a'), ['a']);
      await put(store, 'conv_1', response('conv_1', 'b'), ['b']);
      assert.deepEqual([await store.holderOf('a'), await store.holderOf('b')], [undefined, 'conv_1']);
      assert.deepEqual(await store.get('conv_1'), JSON.parse(response('conv_1', 'b')));
    });
  });
}

describe('the file store', () => {
  it('survives a restart: contents, order of use, items', async (context) => {
    const world = await createWorld(context);
    const first = world.open();
    for (const id of ['resp_1', 'resp_2', 'resp_3']) {
      world.now += 1_000;
      await put(first, id, response(id, `msg_${id}`), [`msg_${id}`]);
    }
    world.now += 1_000;
    assert.ok(await first.get('resp_1'));
    const second = world.open();
    assert.equal(await second.holderOf('msg_resp_2'), 'resp_2');
    assert.equal(await second.holderOf('msg_none'), undefined);
    await put(second, 'resp_4', response('resp_4'), []);
    assert.equal(await second.get('resp_2'), undefined);
    assert.ok(await second.get('resp_1'));
    assert.deepEqual((await readdir(world.folder)).sort(), ['resp_1.json', 'resp_3.json', 'resp_4.json']);
    assert.deepEqual(world.warnings, []);
  });

  it('applies its limits after a restart, and removes expired records', async (context) => {
    const world = await createWorld(context);
    await put(world.open(), 'resp_1', response('resp_1'), []);
    world.now += 30_000;
    const store = world.open();
    for (const id of ['resp_2', 'resp_3']) await put(store, id, response(id), []);
    world.now += 40_000;
    assert.equal(await world.open({ records: 1 }).get('resp_1'), undefined);
    assert.deepEqual((await readdir(world.folder)).length, 1);
  });

  it('is readable only by its owner', { skip: process.platform === 'win32' }, async (context) => {
    const world = await createWorld(context);
    await put(world.open(), 'resp_1', response('resp_1'), []);
    assert.equal((await stat(world.folder)).mode & 0o777, 0o700);
    assert.equal((await stat(join(world.folder, 'resp_1.json'))).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(world.folder), ['resp_1.json']);
  });

  it('never uses an arbitrary id as a path', async (context) => {
    const world = await createWorld(context);
    const store = world.open();
    const outside = join(world.folder, '..', 'outside.json');
    await writeFile(outside, response('../outside'));
    for (const id of ['../outside', '..', '', 'a/b', 'a\\b', 'a\0', 'x'.repeat(129)]) {
      assert.equal(await store.get(id), undefined, id);
      assert.equal(await put(store, id, '{}', []), false, id);
      assert.equal(await store.delete(id), false, id);
    }
    assert.equal(await readFile(outside, 'utf8'), response('../outside'));
  });

  it('warns about a record that was damaged after it was found, and does not touch it', async (context) => {
    const world = await createWorld(context);
    const store = world.open();
    for (const [id, text] of [['resp_1', '{"kind":"resp'], ['resp_2', response('resp_3')]] as const) {
      await put(store, id, response(id), []);
      await writeFile(join(world.folder, `${id}.json`), text);
      assert.equal(await store.get(id), undefined);
    }
    assert.equal(world.warnings.filter((warning) => warning.includes('broken')).length, 2);
    assert.deepEqual((await readdir(world.folder)).sort(), ['resp_1.json', 'resp_2.json']);
  });

  it('works without its folder if that cannot be used', async (context) => {
    const world = await createWorld(context);
    await writeFile(world.folder, 'a file where the folder should be');
    const store = world.open();
    assert.equal(await put(store, 'resp_1', response('resp_1'), []), false);
    assert.equal(await store.get('resp_1'), undefined);
    assert.ok(world.warnings.some((warning) => warning.includes('cannot write a record')));
  });
});

/** Reads every file under a folder, symbolic links as their target path. */
async function snapshot(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) files[entry.name] = `-> ${await readlink(path)}`;
    else if (entry.isFile()) files[entry.name] = await readFile(path, 'utf8');
  }
  return files;
}

describe('the file store in a folder with files of the user', () => {
  const HEAD = '{"kind":"response","id":"resp_7"';
  const USER_FILES: Readonly<Record<string, string>> = {
    'notes.txt': 'mine',
    'package.json': '{"name":"mine"}',
    'notes.json': '{}',
    'empty.json': '',
    // Names of records with other contents.
    'resp_1.json': '{"id":"resp_1","object":"response"}',
    'resp_2.json': response('resp_3'),
    'resp_4.json': '{"kind":"resp',
    'resp_5.json': '',
    'resp_7.json': `${HEAD},"mine":true}`,
    'conv_1.json': '{"kind":"conversation","id":"conv_1","turns":[]}',
    'conv_2.json': '[]',
    'record.json': response('record'),
    // Names of drafts.
    'notes.json.77.tmp': '{}',
    'resp_8.json.77.tmp': 'mine',
    'resp_9.json.77.tmp': '',
  };
  const SUBFOLDER = 'aliyun-codex-bridge-store';

  async function fill(world: World): Promise<void> {
    await mkdir(world.folder, { recursive: true });
    for (const [name, text] of Object.entries(USER_FILES)) {
      await writeFile(join(world.folder, name), text);
      await utimes(join(world.folder, name), 1_000, 1_000);
    }
  }

  it('never removes or changes one, at any limit and in any operation', async (context) => {
    const world = await createWorld(context);
    await fill(world);
    const store = world.open({ ageMs: 1, bytes: 400, records: 1 });
    for (const name of Object.keys(USER_FILES)) {
      const id = name.replace(/\.json$/, '');
      assert.equal(await store.get(id), undefined, name);
      assert.equal(await store.delete(id), false, name);
      await put(store, id, response(id), ['item']);
      await store.holderOf('item');
      await store.delete(id);
    }
    await put(store, 'resp_large', `{"id":"${'x'.repeat(1_000)}"}`, []);
    world.now += 1_000;
    assert.equal(await store.get('resp_1'), undefined);
    assert.deepEqual(await snapshot(world.folder), USER_FILES);
  });

  it('keeps its own records in a subfolder, also after a restart', async (context) => {
    const world = await createWorld(context);
    await fill(world);
    assert.ok(await put(world.open(), 'resp_1', response('resp_1'), []));
    assert.deepEqual(await readdir(join(world.folder, SUBFOLDER)), ['resp_1.json']);
    for (const name of Object.keys(USER_FILES)) await rm(join(world.folder, name));
    const store = world.open();
    assert.deepEqual(await store.get('resp_1'), JSON.parse(response('resp_1')));
    await put(store, 'resp_2', response('resp_2'), []);
    assert.deepEqual((await readdir(join(world.folder, SUBFOLDER))).sort(), ['resp_1.json', 'resp_2.json']);
    assert.deepEqual(await readdir(world.folder), [SUBFOLDER]);
  });

  it('finds the records of a release that wrote them next to the files of the user', async (context) => {
    const world = await createWorld(context);
    const before = world.open();
    for (const id of ['resp_21', 'resp_22']) await put(before, id, response(id, `msg_${id}`), []);
    await fill(world);
    const store = world.open();
    assert.deepEqual(await store.get('resp_21'), JSON.parse(response('resp_21', 'msg_resp_21')));
    assert.equal(await store.holderOf('msg_resp_22'), 'resp_22');
    // When it is written again, a record moves to the subfolder; after a restart, it still exists only once.
    await put(store, 'resp_22', response('resp_22', 'msg_new'), ['msg_new']);
    assert.deepEqual(await readdir(join(world.folder, SUBFOLDER)), ['resp_22.json']);
    const again = world.open();
    assert.deepEqual(await again.get('resp_22'), JSON.parse(response('resp_22', 'msg_new')));
    assert.ok(await again.delete('resp_21'));
    assert.deepEqual(await snapshot(world.folder), USER_FILES);
  });

  it('does not change a file that replaced a record', async (context) => {
    const world = await createWorld(context);
    const store = world.open({ records: 2 });
    const path = join(world.folder, 'resp_1.json');
    await put(store, 'resp_1', response('resp_1'), []);
    await writeFile(path, 'mine');
    assert.equal(await put(store, 'resp_1', response('resp_1'), []), false);
    assert.ok(world.warnings.some((warning) => warning.includes('cannot write a record')));
    for (const id of ['resp_2', 'resp_3', 'resp_4']) await put(store, id, response(id), []);
    assert.equal(await store.delete('resp_1'), false);
    assert.equal(await readFile(path, 'utf8'), 'mine');
    assert.deepEqual((await readdir(world.folder)).sort(), ['resp_1.json', 'resp_3.json', 'resp_4.json']);
  });

  it('follows no symbolic link', { skip: process.platform === 'win32' }, async (context) => {
    const world = await createWorld(context);
    await mkdir(world.folder);
    const target = join(world.folder, '..', 'target.json');
    await writeFile(target, response('resp_1'));
    await utimes(target, 1_000, 1_000);
    const links = ['resp_1.json', `resp_2.json.${process.pid}.tmp`];
    for (const name of links) await symlink(target, join(world.folder, name));
    const before = await snapshot(world.folder);
    const store = world.open({ ageMs: 1 });
    for (const id of ['resp_1', 'resp_2']) {
      assert.equal(await store.get(id), undefined);
      await put(store, id, response(id), []);
      await store.delete(id);
    }
    assert.deepEqual(await snapshot(world.folder), before);
    assert.deepEqual([await readFile(target, 'utf8'), (await stat(target)).mtimeMs], [response('resp_1'), 1_000_000]);
  });

  it('removes only the drafts that a process left behind when it ended while writing', async (context) => {
    const world = await createWorld(context);
    await mkdir(world.folder);
    const ages = { 'resp_1.json.77.tmp': 3_600, 'resp_2.json.77.3.tmp': 3_600, 'resp_3.json.77.tmp': 1 };
    for (const [name, age] of Object.entries(ages)) {
      const path = join(world.folder, name);
      await writeFile(path, response(name.slice(0, 6)).slice(0, 60));
      await utimes(path, START / 1_000 - age, START / 1_000 - age);
    }
    await world.open().get('resp_1');
    assert.deepEqual(await readdir(world.folder), ['resp_3.json.77.tmp']);
  });

  it('does not write through a draft name that is taken', async (context) => {
    const world = await createWorld(context);
    await mkdir(world.folder);
    const taken = `resp_1.json.${process.pid}.tmp`;
    await writeFile(join(world.folder, taken), 'mine');
    assert.ok(await put(world.open(), 'resp_1', response('resp_1'), []));
    assert.equal(await readFile(join(world.folder, taken), 'utf8'), 'mine');
  });
});
