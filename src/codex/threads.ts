/** Counts Codex's threads by provider: a thread can only be resumed under its provider's id. */
import { open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RESERVED_PROVIDER_IDS } from '../providers/codex-models';
import { PROVIDER_ID } from './config-toml';

/** Maximum number of files read, newest first. */
const MAX_FILES = 2_000;

/** The first line of a rollout names the provider within its first kilobyte (measured with 0.171). */
const HEAD_BYTES = 4_096;

/** Counts the newest threads by provider id. Never rejects: unreadable files are not counted. */
export async function countThreads(codexHome: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const folders = ['sessions', 'archived_sessions'].map((name) => join(codexHome, name));
  const files = (await Promise.all(folders.map(listRollouts))).flat();
  // Compared by name, which contains the time; the folder of an archived thread does not.
  files.sort((a, b) => (basename(a) < basename(b) ? 1 : -1));
  for (const file of files.slice(0, MAX_FILES)) {
    const id = await readProvider(file);
    if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/**
 * Lists the provider ids in `counts` that Codex does not know, so their threads cannot be resumed. The bridge's id is
 * never listed, because the launcher resumes its threads.
 *
 * @param known the ids in config.toml
 */
export function listUnknownProviders(counts: ReadonlyMap<string, number>, known: readonly string[]): readonly string[] {
  const present = [...known, ...RESERVED_PROVIDER_IDS, PROVIDER_ID, 'amazon-bedrock'];
  return [...counts.keys()].filter((id) => !present.includes(id));
}

async function listRollouts(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listRollouts(path);
    return /^rollout-.*\.jsonl$/.test(entry.name) ? [path] : [];
  });
  return (await Promise.all(found)).flat();
}

async function readProvider(file: string): Promise<string | undefined> {
  const handle = await open(file).catch(() => undefined);
  try {
    const head = await handle?.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return /"model_provider":"([\w .-]+)"/.exec(head?.buffer.toString('utf8') ?? '')?.[1];
  } catch {
    return undefined;
  } finally {
    await handle?.close();
  }
}
