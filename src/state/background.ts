/** Runs background responses (`background: true`): polling, resumed streaming, cancelling. Loaded on first use. */
import { BridgeError } from '../errors/bridge-error';
import { messageOf } from '../base/thrown';
import { startRun, type BackgroundRun, type DetachedWork, type StartTurn } from './background-run';
import { findResponse } from './history';
import type { StateServices } from './open-store';
import { writeOne } from './response-store';
import { idsOf, outputOf, renderResponseRecord } from './record';
import { deleteSharedRun, findSharedRun, RunPublisher, type SharedRun } from './shared-run';

/** Maximum concurrent runs: each is a request to the provider. */
const MAX_RUNNING = 50;
/** Limits for ended runs whose events can still be streamed: how many, and the characters of all their events. */
const MAX_ENDED = 50;
const MAX_CHARACTERS = 32 * 1024 * 1024;

export interface BackgroundRuns {
  /**
   * @param detached starts work without a client
   * @throws BridgeError if the run cannot begin: an invalid request, too many runs, or no store; later failures are
   *   reported in the Response
   */
  start(detached: () => DetachedWork, start: StartTurn): Promise<BackgroundRun>;
  /** Finds a run of this process that is in progress, or whose events are still buffered. */
  find(id: string): BackgroundRun | undefined;
  /** Finds a run of another process, if processes share the store. */
  findShared(id: string): Promise<SharedRun | undefined>;
  /** Cancels a run of any process, and waits until it has ended. Returns false if it does not exist. */
  cancel(id: string): Promise<boolean>;
  /** Cancels and removes a run. Returns false if it does not exist. */
  forget(id: string): Promise<boolean>;
}

/** Creates the background runs of one bridge. */
export function createBackgroundRuns(services: StateServices): BackgroundRuns {
  const { openStore, clock } = services;
  const runs = new Map<string, BackgroundRun>();
  /** For each run, resolves once its result is stored. */
  const settled = new WeakMap<BackgroundRun, Promise<void>>();
  const findShared = (id: string): Promise<SharedRun | undefined> => findSharedRun(openStore(), clock, id);
  const cancel = async (id: string): Promise<boolean> => {
    const run = runs.get(id);
    await run?.cancel();
    if (run) await settled.get(run);
    const shared = run ? undefined : await findShared(id);
    await shared?.cancel();
    return run !== undefined || shared !== undefined;
  };
  return {
    async start(detached, start) {
      if ([...runs.values()].filter((run) => !run.done).length >= MAX_RUNNING) {
        throw new BridgeError(
          'overload',
          `Cannot start another background response: ${MAX_RUNNING} are running. Wait for one, or cancel one.`,
        );
      }
      const store = openStore();
      let publisher: RunPublisher | undefined;
      return startRun(detached(), start, {
        async onOpened(response) {
          if (store.shared) publisher = new RunPublisher(store, clock, response);
          await publisher?.open();
        },
        settle(run) {
          runs.set(run.id, run);
          const settling = settle(run, runs, services, publisher);
          settled.set(run, settling);
          return settling;
        },
      });
    },
    find: (id) => runs.get(id),
    findShared,
    cancel,
    async forget(id) {
      const existed = await cancel(id);
      runs.delete(id);
      if (existed && openStore().shared) await deleteSharedRun(openStore(), id);
      return existed;
    },
  };
}

/** Publishes a run until it has ended, stores a cancellation, and drops the oldest ended runs. Never throws. */
async function settle(
  run: BackgroundRun, runs: Map<string, BackgroundRun>, services: StateServices, publisher: RunPublisher | undefined,
): Promise<void> {
  await publisher?.follow(run);
  await run.ended.catch(() => undefined);
  try {
    if (run.cancelled) await storeCancelled(run, services);
    await publisher?.close(run);
    // From now on, the response is read from the store, where another process may delete it.
    if (publisher) runs.delete(run.id);
  } catch (cause) {
    services.warn('the end of a background response was not stored', { id: run.id, error: messageOf(cause) });
  }
  let ended = [...runs.values()].filter(({ done }) => done);
  const exceedsLimits = (): boolean =>
    ended.length > MAX_ENDED || ended.reduce((sum, { size }) => sum + size, 0) > MAX_CHARACTERS;
  while (exceedsLimits()) {
    const [oldest] = ended;
    if (oldest) runs.delete(oldest.id);
    ended = ended.slice(1);
  }
}

/** Stores a cancelled response, which the turn itself stored as failed. */
async function storeCancelled(run: BackgroundRun, { openStore }: StateServices): Promise<void> {
  const store = openStore();
  const record = await findResponse(store, run.id);
  if (!record || record.response['status'] !== 'failed') return;
  const items = idsOf([...record.input, ...outputOf(record)]);
  const cancelled = JSON.stringify({ ...record.response, status: 'cancelled', error: null });
  await writeOne(store, { id: record.id, text: renderResponseRecord(record, cancelled), items });
}
