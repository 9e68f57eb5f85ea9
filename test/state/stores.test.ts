/** All stores behave the same; the file store also survives a restart, broken files and ids that are paths. */
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

interface FileStoreScene {
  readonly folder: string;
  readonly warnings: string[];
  now: number;
  open(limits?: Partial<StoreLimits>): ResponseStore;
}

async function createScene(context: TestContext): Promise<FileStoreScene> {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-store-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const scene: FileStoreScene = {
    folder: join(folder, 'kept'),
    warnings: [],
    now: START,
    open: (limits) =>
      createFileStore({
        folder: scene.folder,
        limits: { ...LIMITS, ...limits },
        clock: () => scene.now,
        warn: (message) => scene.warnings.push(message),
      }),
  };
  return scene;
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
  file: async (context: TestContext) => (await createScene(context)).open(),
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
    const scene = await createScene(context);
    const first = scene.open();
    for (const id of ['resp_1', 'resp_2', 'resp_3']) {
      scene.now += 1_000;
      await put(first, id, response(id, `msg_${id}`), [`msg_${id}`]);
    }
    scene.now += 1_000;
    assert.ok(await first.get('resp_1'));
    const second = scene.open();
    assert.equal(await second.holderOf('msg_resp_2'), 'resp_2');
    assert.equal(await second.holderOf('msg_none'), undefined);
    await put(second, 'resp_4', response('resp_4'), []);
    assert.equal(await second.get('resp_2'), undefined);
    assert.ok(await second.get('resp_1'));
    assert.deepEqual((await readdir(scene.folder)).sort(), ['resp_1.json', 'resp_3.json', 'resp_4.json']);
    assert.deepEqual(scene.warnings, []);
  });

  it('applies its limits after a restart, and removes expired records', async (context) => {
    const scene = await createScene(context);
    await put(scene.open(), 'resp_1', response('resp_1'), []);
    scene.now += 30_000;
    const store = scene.open();
    for (const id of ['resp_2', 'resp_3']) await put(store, id, response(id), []);
    scene.now += 40_000;
    assert.equal(await scene.open({ records: 1 }).get('resp_1'), undefined);
    assert.deepEqual((await readdir(scene.folder)).length, 1);
  });

  it('is readable only by its owner', { skip: process.platform === 'win32' }, async (context) => {
    const scene = await createScene(context);
    await put(scene.open(), 'resp_1', response('resp_1'), []);
    assert.equal((await stat(scene.folder)).mode & 0o777, 0o700);
    assert.equal((await stat(join(scene.folder, 'resp_1.json'))).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(scene.folder), ['resp_1.json']);
  });

  it('never uses an arbitrary id as a path', async (context) => {
    const scene = await createScene(context);
    const store = scene.open();
    const outside = join(scene.folder, '..', 'outside.json');
    await writeFile(outside, response('../outside'));
    for (const id of ['../outside', '..', '', 'a/b', 'a\\b', 'a\0', 'x'.repeat(129)]) {
      assert.equal(await store.get(id), undefined, id);
      assert.equal(await put(store, id, '{}', []), false, id);
      assert.equal(await store.delete(id), false, id);
    }
    assert.equal(await readFile(outside, 'utf8'), response('../outside'));
  });

  it('warns about a record that was damaged after it was written, and does not touch it', async (context) => {
    const scene = await createScene(context);
    const store = scene.open();
    for (const [id, text] of [['resp_1', '{"kind":"resp'], ['resp_2', response('resp_3')]] as const) {
      await put(store, id, response(id), []);
      await writeFile(join(scene.folder, `${id}.json`), text);
      assert.equal(await store.get(id), undefined);
    }
    assert.equal(scene.warnings.filter((warning) => warning.includes('broken')).length, 2);
    assert.deepEqual((await readdir(scene.folder)).sort(), ['resp_1.json', 'resp_2.json']);
  });

  it('warns and stores nothing if its folder cannot be used', async (context) => {
    const scene = await createScene(context);
    await writeFile(scene.folder, 'a file where the folder should be');
    const store = scene.open();
    assert.equal(await put(store, 'resp_1', response('resp_1'), []), false);
    assert.equal(await store.get('resp_1'), undefined);
    assert.ok(scene.warnings.some((warning) => warning.includes('cannot write a record')));
  });
});

/** Reads every file in a folder, and the target path of every symbolic link. */
async function snapshot(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) files[entry.name] = `-> ${await readlink(path)}`;
    else if (entry.isFile()) files[entry.name] = await readFile(path, 'utf8');
  }
  return files;
}

describe('the file store in a folder that contains files of the user', () => {
  const HEAD = '{"kind":"response","id":"resp_7"';
  const USER_FILES: Readonly<Record<string, string>> = {
    'notes.txt': 'mine',
    'package.json': '{"name":"mine"}',
    'notes.json': '{}',
    'empty.json': '',
    // Named like records, with other contents.
    'resp_1.json': '{"id":"resp_1","object":"response"}',
    'resp_2.json': response('resp_3'),
    'resp_4.json': '{"kind":"resp',
    'resp_5.json': '',
    'resp_7.json': `${HEAD},"mine":true}`,
    'conv_1.json': '{"kind":"conversation","id":"conv_1","turns":[]}',
    'conv_2.json': '[]',
    'record.json': response('record'),
    // Named like drafts.
    'notes.json.77.tmp': '{}',
    'resp_8.json.77.tmp': 'mine',
    'resp_9.json.77.tmp': '',
  };
  const SUBFOLDER = 'aliyun-codex-bridge-store';

  async function fill(scene: FileStoreScene): Promise<void> {
    await mkdir(scene.folder, { recursive: true });
    for (const [name, text] of Object.entries(USER_FILES)) {
      await writeFile(join(scene.folder, name), text);
      await utimes(join(scene.folder, name), 1_000, 1_000);
    }
  }

  it('never removes or changes these files, whatever its limits and operations', async (context) => {
    const scene = await createScene(context);
    await fill(scene);
    const store = scene.open({ ageMs: 1, bytes: 400, records: 1 });
    for (const name of Object.keys(USER_FILES)) {
      const id = name.replace(/\.json$/, '');
      assert.equal(await store.get(id), undefined, name);
      assert.equal(await store.delete(id), false, name);
      await put(store, id, response(id), ['item']);
      await store.holderOf('item');
      await store.delete(id);
    }
    await put(store, 'resp_large', `{"id":"${'x'.repeat(1_000)}"}`, []);
    scene.now += 1_000;
    assert.equal(await store.get('resp_1'), undefined);
    assert.deepEqual(await snapshot(scene.folder), USER_FILES);
  });

  it('keeps its own records in a subfolder, also after a restart', async (context) => {
    const scene = await createScene(context);
    await fill(scene);
    assert.ok(await put(scene.open(), 'resp_1', response('resp_1'), []));
    assert.deepEqual(await readdir(join(scene.folder, SUBFOLDER)), ['resp_1.json']);
    for (const name of Object.keys(USER_FILES)) await rm(join(scene.folder, name));
    const store = scene.open();
    assert.deepEqual(await store.get('resp_1'), JSON.parse(response('resp_1')));
    await put(store, 'resp_2', response('resp_2'), []);
    assert.deepEqual((await readdir(join(scene.folder, SUBFOLDER))).sort(), ['resp_1.json', 'resp_2.json']);
    assert.deepEqual(await readdir(scene.folder), [SUBFOLDER]);
  });

  it('finds the records that an older release wrote next to the files of the user', async (context) => {
    const scene = await createScene(context);
    const before = scene.open();
    for (const id of ['resp_21', 'resp_22']) await put(before, id, response(id, `msg_${id}`), []);
    await fill(scene);
    const store = scene.open();
    assert.deepEqual(await store.get('resp_21'), JSON.parse(response('resp_21', 'msg_resp_21')));
    assert.equal(await store.holderOf('msg_resp_22'), 'resp_22');
    // When it is written again, a record moves to the subfolder; after a restart, it still exists only once.
    await put(store, 'resp_22', response('resp_22', 'msg_new'), ['msg_new']);
    assert.deepEqual(await readdir(join(scene.folder, SUBFOLDER)), ['resp_22.json']);
    const again = scene.open();
    assert.deepEqual(await again.get('resp_22'), JSON.parse(response('resp_22', 'msg_new')));
    assert.ok(await again.delete('resp_21'));
    assert.deepEqual(await snapshot(scene.folder), USER_FILES);
  });

  it('does not change a file that replaced a record', async (context) => {
    const scene = await createScene(context);
    const store = scene.open({ records: 2 });
    const path = join(scene.folder, 'resp_1.json');
    await put(store, 'resp_1', response('resp_1'), []);
    await writeFile(path, 'mine');
    assert.equal(await put(store, 'resp_1', response('resp_1'), []), false);
    assert.ok(scene.warnings.some((warning) => warning.includes('cannot write a record')));
    for (const id of ['resp_2', 'resp_3', 'resp_4']) await put(store, id, response(id), []);
    assert.equal(await store.delete('resp_1'), false);
    assert.equal(await readFile(path, 'utf8'), 'mine');
    assert.deepEqual((await readdir(scene.folder)).sort(), ['resp_1.json', 'resp_3.json', 'resp_4.json']);
  });

  it('follows no symbolic link', { skip: process.platform === 'win32' }, async (context) => {
    const scene = await createScene(context);
    await mkdir(scene.folder);
    const target = join(scene.folder, '..', 'target.json');
    await writeFile(target, response('resp_1'));
    await utimes(target, 1_000, 1_000);
    const links = ['resp_1.json', `resp_2.json.${process.pid}.tmp`];
    for (const name of links) await symlink(target, join(scene.folder, name));
    const before = await snapshot(scene.folder);
    const store = scene.open({ ageMs: 1 });
    for (const id of ['resp_1', 'resp_2']) {
      assert.equal(await store.get(id), undefined);
      await put(store, id, response(id), []);
      await store.delete(id);
    }
    assert.deepEqual(await snapshot(scene.folder), before);
    assert.deepEqual([await readFile(target, 'utf8'), (await stat(target)).mtimeMs], [response('resp_1'), 1_000_000]);
  });

  it('removes only the drafts that a process left behind when it ended while writing', async (context) => {
    const scene = await createScene(context);
    await mkdir(scene.folder);
    const ages = { 'resp_1.json.77.tmp': 3_600, 'resp_2.json.77.3.tmp': 3_600, 'resp_3.json.77.tmp': 1 };
    for (const [name, age] of Object.entries(ages)) {
      const path = join(scene.folder, name);
      await writeFile(path, response(name.slice(0, 6)).slice(0, 60));
      await utimes(path, START / 1_000 - age, START / 1_000 - age);
    }
    await scene.open().get('resp_1');
    assert.deepEqual(await readdir(scene.folder), ['resp_3.json.77.tmp']);
  });

  it('does not overwrite a file that has the name of its draft', async (context) => {
    const scene = await createScene(context);
    await mkdir(scene.folder);
    const taken = `resp_1.json.${process.pid}.tmp`;
    await writeFile(join(scene.folder, taken), 'mine');
    assert.ok(await put(scene.open(), 'resp_1', response('resp_1'), []));
    assert.equal(await readFile(join(scene.folder, taken), 'utf8'), 'mine');
  });
});
