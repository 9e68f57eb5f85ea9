/** The catalog file is written completely or not at all, and never over a file of another program. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { writeCatalogFile } from '../../src/codex/catalog-file';
import { findProvider } from '../../src/providers/catalog';
import { describeForCodex } from '../../src/providers/codex-models';
import { listEntries } from '../../src/providers/model-list';

const MODELS = describeForCodex(listEntries(findProvider(undefined, 'http://127.0.0.1/v1'), { preferred: 'm' }));

async function createFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'catalog-file-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('the file contains the models and its author, and can be rewritten', async (context) => {
  const folder = await createFolder(context);
  const file = join(folder, 'a', 'models.json');
  for (let times = 0; times < 2; times += 1) {
    assert.deepEqual(await writeCatalogFile(file, MODELS, false), { ok: true, path: file });
  }
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), { generated_by: 'aliyun-codex-bridge', models: MODELS });
  assert.deepEqual(await readdir(join(folder, 'a')), ['models.json'], 'no draft is left behind');
});

test('returns the absolute path of a relative one', async (context) => {
  const folder = await createFolder(context);
  const before = process.cwd();
  process.chdir(folder);
  context.after(() => process.chdir(before));
  assert.deepEqual(await writeCatalogFile('models.json', MODELS, false), {
    ok: true,
    path: join(process.cwd(), 'models.json'),
  });
});

test('does not replace a file of another program, unless it is empty or --force is given', async (context) => {
  const file = join(await createFolder(context), 'models.json');
  for (const foreign of ['{"models":[]}', 'generated_by aliyun-codex-bridge', '{"generated_by":"me"}']) {
    await writeFile(file, foreign);
    const written = await writeCatalogFile(file, MODELS, false);
    assert.deepEqual(written, {
      ok: false,
      problem: 'the bridge did not write this file; use --force to replace it',
    });
    assert.equal(await readFile(file, 'utf8'), foreign);
  }
  assert.equal((await writeCatalogFile(file, MODELS, true)).ok, true);
  await writeFile(file, '\n');
  assert.equal((await writeCatalogFile(file, MODELS, false)).ok, true);
});

test(
  'writes the target of a symbolic link and keeps the link',
  { skip: process.platform === 'win32' && 'links need a privilege' },
  async (context) => {
    const folder = await createFolder(context);
    const [link, target] = [join(folder, 'link.json'), join(folder, 'target.json')];
    await writeFile(target, '');
    await symlink(target, link);
    assert.deepEqual(await writeCatalogFile(link, MODELS, false), { ok: true, path: link });
    assert.equal(await readlink(link), target);
    assert.match(await readFile(target, 'utf8'), /"generated_by"/);
  },
);

test(
  'creates the missing target of a symbolic link and keeps the link',
  { skip: process.platform === 'win32' && 'links need a privilege' },
  async (context) => {
    const folder = await createFolder(context);
    const link = join(folder, 'link.json');
    await symlink(join('elsewhere', 'target.json'), link);
    assert.deepEqual(await writeCatalogFile(link, MODELS, false), { ok: true, path: link });
    assert.equal(await readlink(link), join('elsewhere', 'target.json'));
    assert.match(await readFile(join(folder, 'elsewhere', 'target.json'), 'utf8'), /"generated_by"/);
  },
);

test('does not replace a read-only file', async (context) => {
  const file = join(await createFolder(context), 'models.json');
  await writeFile(file, '', { mode: 0o444 });
  assert.deepEqual(await writeCatalogFile(file, MODELS, false), { ok: false, problem: 'it is read-only' });
});

test('rejects the path of a folder, and leaves no draft', async (context) => {
  const folder = await createFolder(context);
  const written = await writeCatalogFile(folder, MODELS, true);
  assert.equal(written.ok, false);
  assert.deepEqual(await readdir(folder), []);
  assert.deepEqual((await readdir(tmpdir())).filter((name) => name.startsWith(`${folder.split(/[\\/]/).at(-1)}.`)), []);
});
