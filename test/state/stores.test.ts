/** Both stores do the same; the one on disk also survives a restart, broken files and ids that are paths. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createFileStore } from '../../src/state/file-store';
import { createMemoryStore, type ResponseStore } from '../../src/state/response-store';
import type { StoreLimits } from '../../src/state/ledger';

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
} as const;

for (const [kind, create] of Object.entries(KINDS)) {
  describe(`the ${kind} store`, () => {
    it('gives back what it was given, until that is deleted or gives way', async (context) => {
      const store = await create(context);
      assert.equal(store.get('resp_1'), undefined);
      assert.ok(store.put('resp_1', response('resp_1', 'msg_é'), ['msg_é']));
      assert.deepEqual(store.get('resp_1'), JSON.parse(response('resp_1', 'msg_é')));
      assert.equal(store.holderOf('msg_é'), 'resp_1');
      for (const id of ['resp_2', 'resp_3', 'resp_4']) store.put(id, response(id), []);
      assert.equal(store.get('resp_1'), undefined);
      assert.equal(store.holderOf('msg_é'), undefined);
      assert.equal(store.delete('resp_2'), true);
      assert.equal(store.delete('resp_2'), false);
      assert.equal(store.put('resp_5', `{"id":"${'x'.repeat(1_000)}"}`, []), false);
      assert.ok(store.get('resp_3'));
    });

    it('replaces a record', async (context) => {
      const store = await create(context);
      store.put('conv_1', response('conv_1', 'a'), ['a']);
      store.put('conv_1', response('conv_1', 'b'), ['b']);
      assert.deepEqual([store.holderOf('a'), store.holderOf('b')], [undefined, 'conv_1']);
      assert.deepEqual(store.get('conv_1'), JSON.parse(response('conv_1', 'b')));
    });
  });
}

describe('the file store', () => {
  it('survives a restart: contents, order of use, items', async (context) => {
    const world = await createWorld(context);
    const first = world.open();
    for (const id of ['resp_1', 'resp_2', 'resp_3']) {
      world.now += 1_000;
      first.put(id, response(id, `msg_${id}`), [`msg_${id}`]);
    }
    world.now += 1_000;
    assert.ok(first.get('resp_1'));
    const second = world.open();
    assert.equal(second.holderOf('msg_resp_2'), 'resp_2');
    assert.equal(second.holderOf('msg_none'), undefined);
    second.put('resp_4', response('resp_4'), []);
    assert.equal(second.get('resp_2'), undefined);
    assert.ok(second.get('resp_1'));
    assert.deepEqual((await readdir(world.folder)).sort(), ['resp_1.json', 'resp_3.json', 'resp_4.json']);
    assert.deepEqual(world.warnings, []);
  });

  it('keeps to its limits at a restart, and what has grown old is removed', async (context) => {
    const world = await createWorld(context);
    world.open().put('resp_1', response('resp_1'), []);
    world.now += 30_000;
    const store = world.open();
    for (const id of ['resp_2', 'resp_3']) store.put(id, response(id), []);
    world.now += 40_000;
    assert.equal(world.open({ records: 1 }).get('resp_1'), undefined);
    assert.deepEqual((await readdir(world.folder)).length, 1);
  });

  it('lets nobody else read', { skip: process.platform === 'win32' }, async (context) => {
    const world = await createWorld(context);
    world.open().put('resp_1', response('resp_1'), []);
    assert.equal((await stat(world.folder)).mode & 0o777, 0o700);
    assert.equal((await stat(join(world.folder, 'resp_1.json'))).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(world.folder), ['resp_1.json']);
  });

  it('never makes a path of an id', async (context) => {
    const world = await createWorld(context);
    const store = world.open();
    const outside = join(world.folder, '..', 'outside.json');
    await writeFile(outside, response('../outside'));
    for (const id of ['../outside', '..', '', 'a/b', 'a\\b', 'a\0', 'x'.repeat(129)]) {
      assert.equal(store.get(id), undefined, id);
      assert.equal(store.put(id, '{}', []), false, id);
      assert.equal(store.delete(id), false, id);
    }
    assert.equal(await readFile(outside, 'utf8'), response('../outside'));
  });

  it('leaves foreign files alone, ignores broken ones with a warning, and clears up unfinished ones', async (context) => {
    const world = await createWorld(context);
    await mkdir(world.folder, { recursive: true });
    const write = (name: string, text: string): Promise<void> => writeFile(join(world.folder, name), text);
    await write('notes.txt', 'mine');
    await write('resp_1.json', '{"kind":"resp');
    await write('resp_2.json', response('resp_3'));
    await write('resp_4.json.77.tmp', '{');
    await utimes(join(world.folder, 'resp_4.json.77.tmp'), START / 1_000 - 3_600, START / 1_000 - 3_600);
    const store = world.open();
    for (const id of ['resp_1', 'resp_2', 'notes', 'resp_4']) assert.equal(store.get(id), undefined, id);
    assert.equal(world.warnings.filter((warning) => warning.includes('broken')).length, 2);
    assert.deepEqual((await readdir(world.folder)).sort(), ['notes.txt', 'resp_1.json', 'resp_2.json']);
  });

  it('goes on without a folder that cannot be used', async (context) => {
    const world = await createWorld(context);
    await writeFile(world.folder, 'a file where the folder should be');
    const store = world.open();
    assert.equal(store.put('resp_1', response('resp_1'), []), false);
    assert.equal(store.get('resp_1'), undefined);
    assert.ok(world.warnings.some((warning) => warning.includes('cannot keep a record')));
  });
});
