/** Opens the store of a bridge on first use: in memory unless a folder or a Redis server is given. */
import type { Clock, MakeId } from '../base/clock';
import type { ResponseStore, Warn } from './response-store';

/** The options of the store, as the config layer resolves them. */
export interface StoreSettings {
  readonly store?: string | undefined;
  readonly storePrefix: string;
  readonly storeCa?: string | undefined;
  readonly storeMaxResponses: number;
  readonly storeMaxMb: number;
  readonly storeMaxAgeHours: number;
}

/** The services that all code for stored data uses. */
export interface StateServices {
  /** Returns the same store on every call. Requests from Codex do not open it: Codex keeps its conversations. */
  readonly openStore: () => ResponseStore;
  /** Does nothing if the store was never opened. */
  readonly closeStore: () => void;
  readonly clock: Clock;
  readonly makeId: MakeId;
  readonly warn: Warn;
}

/** Whether a value of --store is the address of a server, not a folder. */
const isRedisUrl = (store: string): boolean => /^rediss?:\/\//.test(store);

const HOUR_MS = 3_600_000;
const MEGABYTE = 1024 * 1024;

/** Creates the services of one bridge. Nothing is loaded, read or created before the store is opened. */
export function createStateServices(settings: StoreSettings, clock: Clock, makeId: MakeId, warn: Warn): StateServices {
  let store: ResponseStore | undefined;
  return {
    openStore: () => (store ??= openStore(settings, clock, warn)),
    closeStore: () => store?.close(),
    clock, makeId, warn,
  };
}

function openStore(settings: StoreSettings, clock: Clock, warn: Warn): ResponseStore {
  const limits = {
    records: settings.storeMaxResponses,
    bytes: settings.storeMaxMb * MEGABYTE,
    ageMs: settings.storeMaxAgeHours * HOUR_MS,
  };
  const { store: location } = settings;
  if (location === undefined) {
    const { createMemoryStore }: typeof import('./response-store') = require('./response-store');
    return createMemoryStore(limits, clock);
  }
  if (isRedisUrl(location)) {
    const { createRedisStore }: typeof import('./redis-store') = require('./redis-store');
    return createRedisStore({ url: location, ca: settings.storeCa, prefix: settings.storePrefix, limits });
  }
  const { createFileStore }: typeof import('./file-store') = require('./file-store');
  return createFileStore({ folder: location, limits, clock, warn });
}
