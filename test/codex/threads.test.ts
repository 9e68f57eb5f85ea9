/** Counts the threads in Codex's folder by provider. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { countThreads, listUnknownProviders } from '../../src/codex/threads';
import { writeThread } from '../support/cli/codex-threads';

test('threads, including archived ones, are counted by the provider in their first line', async (context) => {
  const home = await mkdtemp(join(tmpdir(), 'threads-'));
  context.after(() => rm(home, { recursive: true, force: true }));
  assert.deepEqual([...(await countThreads(home))], []);
  await writeThread(home, 'aliyun', 'sessions/2026/11/27');
  await writeThread(home, 'aliyun', 'sessions/2026/11/28');
  await writeThread(home, 'old', 'archived_sessions');
  await mkdir(join(home, 'sessions', '2025'), { recursive: true });
  await writeFile(join(home, 'sessions', '2025', 'rollout-broken.jsonl'), 'not JSON\n');
  await writeFile(join(home, 'sessions', '2025', 'notes.jsonl'), '{"model_provider":"no thread"}\n');
  assert.deepEqual(new Map([...(await countThreads(home))].sort()), new Map([['aliyun', 2], ['old', 1]]));
});

test('the newest threads are counted, whatever their folder', async (context) => {
  const home = await mkdtemp(join(tmpdir(), 'threads-'));
  context.after(() => rm(home, { recursive: true, force: true }));
  const old = join(home, 'sessions', '2026', '01', '01');
  await mkdir(old, { recursive: true });
  for (let number = 0; number < 2_000; number += 1) {
    writeFileSync(join(old, `rollout-2026-01-01T00-00-00-${number}.jsonl`), '');
  }
  await writeThread(home, 'archived', 'archived_sessions');
  assert.deepEqual([...(await countThreads(home))], [['archived', 1]]);
});

test('threads cannot be resumed if neither config.toml, Codex nor the bridge has their provider', () => {
  const counts = new Map([['aliyun', 1], ['openai', 2], ['mine', 3], ['old', 4]]);
  assert.deepEqual(listUnknownProviders(counts, ['mine']), ['old']);
});
