/** Checks the package: it has no dependencies, exactly the intended files, and a changelog section for its version. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { asArray, asRecord, asString, parseJson, type UnknownRecord } from '../../src/base/json';
import { PROJECT_ROOT } from './source-tree';
import { listProjectFiles } from './project-files';

const run = promisify(execFile);
const readText = (path: string): Promise<string> => readFile(join(PROJECT_ROOT, path), 'utf8');
const readManifest = async (): Promise<UnknownRecord> => asRecord(parseJson(await readText('package.json'))) ?? {};

const DEPENDENCY_FIELDS = [
  'dependencies', 'optionalDependencies', 'peerDependencies', 'bundleDependencies', 'bundledDependencies',
];
const DEV_DEPENDENCIES = ['@types/node', 'tsx', 'typescript'];

function findDependencies(manifest: UnknownRecord): readonly string[] {
  const development = Object.keys(asRecord(manifest['devDependencies']) ?? {});
  return [
    ...DEPENDENCY_FIELDS.filter((field) => field in manifest),
    ...development.filter((name) => !DEV_DEPENDENCIES.includes(name)),
  ];
}

test('the package has no dependencies and three development dependencies', async () => {
  const manifest = await readManifest();
  assert.deepEqual(findDependencies(manifest), []);
  assert.deepEqual(Object.keys(asRecord(manifest['devDependencies']) ?? {}).sort(), DEV_DEPENDENCIES);
});

test('the check finds a dependency of either kind', () => {
  const manifest = { dependencies: { undici: '1.0.0' }, devDependencies: { tsx: '4.0.0', eslint: '9.0.0' } };
  assert.deepEqual(findDependencies(manifest), ['dependencies', 'eslint']);
});

/** A version heading of Keep a Changelog: `## [1.2.3] - 2026-01-31`. */
function hasSection(changelog: string, version: string): boolean {
  return changelog.split('\n').some((line) => line.startsWith(`## [${version}] - `));
}

test('the version has a section in CHANGELOG.md', async () => {
  const version = asString((await readManifest())['version']) ?? '';
  assert.ok(
    hasSection(await readText('CHANGELOG.md'), version),
    `CHANGELOG.md has no section "## [${version}] - <date>"`,
  );
});

test('the check finds a missing section', () => {
  assert.equal(hasSection('# Changelog\n\n## [1.2.3] - 2026-01-31\n', '1.2.3'), true);
  assert.equal(hasSection('# Changelog\n\n## [1.2.30] - 2026-01-31\n1.2.3', '1.2.3'), false);
});

/** Two files that stand in for the build. */
const BUILT = ['dist/cli/main.js', 'dist/errors/classify.js'];
const SHIPPED = [
  'CHANGELOG.md', 'LICENSE', 'README.md', 'README.zh-CN.md', 'bin/aliyun-codex-bridge.js', ...BUILT,
  'docs/providers.schema.json', 'package.json',
];

/**
 * Lists the files that npm packs from `files` with `manifest`. Packs empty files in a scratch folder, so that the
 * result does not depend on the current build.
 */
async function listPacked(manifest: UnknownRecord, files: readonly string[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'packed-files-'));
  try {
    for (const path of [...files, ...BUILT]) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      const keep = /(^|\/)\.(npmignore|gitignore)$/.test(path);
      await writeFile(join(folder, path), keep ? await readText(path) : '');
    }
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'], {
      cwd: folder,
    });
    return packedPaths(parseJson(stdout)).sort();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** npm up to 11 prints an array of packages, npm 12 an object with packages by name. */
function packedPaths(printed: unknown): string[] {
  const packages = asArray(printed) ?? Object.values(asRecord(printed) ?? {});
  const files = packages.flatMap((each) => asArray(asRecord(each)?.['files']) ?? []);
  return files.map((file) => String(asRecord(file)?.['path']));
}

test('the package contains exactly the intended files', async () => {
  assert.deepEqual(await listPacked(await readManifest(), await listProjectFiles()), SHIPPED);
});

test('the check finds an additional file', async () => {
  const manifest = { ...(await readManifest()), files: ['bin', 'dist', 'CHANGELOG.md', 'docs'] };
  const files = [
    'LICENSE', 'README.md', 'README.zh-CN.md', 'CHANGELOG.md', 'bin/aliyun-codex-bridge.js', 'docs/guide.md',
    'docs/providers.schema.json',
  ];
  assert.deepEqual(await listPacked(manifest, files), [...SHIPPED, 'docs/guide.md'].sort());
});
