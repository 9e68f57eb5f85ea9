/** The store of a bridge: opened when it is first needed, in memory unless a folder is given. */
import type { Clock } from '../base/clock';
import type { Logger } from '../observe/log';
import type { ResponseStore } from './response-store';
import type { BridgeSettings } from '../bridge/settings';

type StoreSettings = Pick<BridgeSettings, 'store' | 'storeMaxResponses' | 'storeMaxMb' | 'storeMaxAgeHours'>;

const HOUR_MS = 3_600_000;
const MEGABYTE = 1024 * 1024;

/** @returns the same store at each call; Codex, which keeps its conversation itself, never makes the first one */
export function createOpenStore(settings: StoreSettings, clock: Clock, log: Logger): () => ResponseStore {
  let store: ResponseStore | undefined;
  return () => (store ??= openStore(settings, clock, log));
}

function openStore(settings: StoreSettings, clock: Clock, log: Logger): ResponseStore {
  const limits = {
    records: settings.storeMaxResponses,
    bytes: settings.storeMaxMb * MEGABYTE,
    ageMs: settings.storeMaxAgeHours * HOUR_MS,
  };
  const folder = settings.store;
  if (folder === undefined) {
    const { createMemoryStore }: typeof import('./response-store') = require('./response-store');
    return createMemoryStore(limits, clock);
  }
  const { createFileStore }: typeof import('./file-store') = require('./file-store');
  return createFileStore({ folder, limits, clock, warn: (message, fields) => log.warn(message, fields) });
}
