/** Creates stores for tests, including several that share one location. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createFileStore } from '../../../src/state/file-store';
import type { StoreLimits } from '../../../src/state/ledger';
import { RedisClient } from '../../../src/state/redis-client';
import { createRedisStore } from '../../../src/state/redis-store';
import { writeOne, type ResponseStore, type WriteResult } from '../../../src/state/response-store';
import { startRedis } from './redis';

/** Writes a record. @returns whether it was kept */
export async function put(
  store: ResponseStore, id: string, text: string, items: readonly string[] = [],
): Promise<boolean> {
  return (await writeOne(store, { id, text, items })) === 'kept';
}

/** Adds a line to a record. */
export const append = (
  store: ResponseStore, id: string, value: unknown, items: readonly string[] = [],
): Promise<WriteResult> => writeOne(store, { id, text: JSON.stringify(value), items, append: true });

/** Limits that no test reaches by accident. */
export const WIDE_LIMITS: StoreLimits = { records: 500, bytes: 1_000_000, ageMs: 60_000 };

/** A location that several stores share, like those of replicas. */
export interface SharedLocation {
  /** The value of --store. */
  readonly name: string;
  /** Warnings of all stores. */
  readonly warnings: readonly string[];
  open(limits?: Partial<StoreLimits>): ResponseStore;
}

/** Creates a folder that is removed after the test. */
export async function createSharedFolder(context: TestContext): Promise<SharedLocation> {
  const parent = await mkdtemp(join(tmpdir(), 'bridge-shared-'));
  context.after(() => rm(parent, { recursive: true, force: true }));
  const [folder, warnings] = [join(parent, 'kept'), [] as string[]];
  const warn = (message: string): void => void warnings.push(message);
  return {
    name: folder,
    warnings,
    open: (limits) => createFileStore({ folder, limits: { ...WIDE_LIMITS, ...limits }, clock: Date.now, warn }),
  };
}

/** Starts a Redis server without persistence. */
export async function createSharedRedis(context: TestContext): Promise<SharedLocation> {
  const { url } = await startRedis(context);
  return {
    name: url,
    warnings: [],
    open(limits) {
      const store = createRedisStore({ url, prefix: 'test', limits: { ...WIDE_LIMITS, ...limits } });
      context.after(() => store.close());
      return store;
    },
  };
}

/** Opens a separate client, which is closed after the test. */
export function connectRedis(context: Pick<TestContext, 'after'>, url: string, ca?: string): RedisClient {
  const client = new RedisClient({ url, ca });
  context.after(() => client.close());
  return client;
}
