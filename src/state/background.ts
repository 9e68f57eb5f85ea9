/** Runs background responses (`background: true`): polling, resumed streaming, cancelling. Loaded on first use. */
import { BridgeError } from '../errors/bridge-error';
import { BackgroundRun, startRun, type Detached, type StartTurn } from './background-run';
import type { StateServices } from './open-store';
import { writeOne } from './response-store';
import { idsOf, outputOf, readResponseRecord, renderResponseRecord } from './record';

/** Maximum concurrent runs: each is a request to the provider. */
const MOST_RUNNING = 50;
/** Limits for ended runs whose events can still be streamed: their number, and the characters of all of them. */
const MOST_ENDED = 50;
const MOST_CHARACTERS = 32 * 1024 * 1024;

export interface Background {
  /**
   * @param detached starts work without a client
   * @throws BridgeError for an invalid request; later failures are reported in the Response
   */
  start(detached: () => Detached, start: StartTurn): Promise<BackgroundRun>;
  /** A run that is in progress, or whose events are still buffered. */
  find(id: string): BackgroundRun | undefined;
  /** Cancels and removes a run. False if there was none. */
  forget(id: string): Promise<boolean>;
}

/** Creates the background runs of one bridge. */
export function createBackground(services: StateServices): Background {
  const runs = new Map<string, BackgroundRun>();
  return {
    async start(detached, start) {
      if ([...runs.values()].filter((run) => !run.done).length >= MOST_RUNNING) {
        throw new BridgeError(
          'overload',
          `Cannot start another background response: ${MOST_RUNNING} are running. Wait for one, or cancel one.`,
        );
      }
      const run = await startRun(detached(), start);
      runs.set(run.id, run);
      const ended = (): Promise<void> => settle(run, runs, services);
      void run.ended.then(ended, ended);
      return run;
    },
    find: (id) => runs.get(id),
    async forget(id) {
      const run = runs.get(id);
      await run?.cancel();
      return runs.delete(id);
    },
  };
}

async function settle(run: BackgroundRun, runs: Map<string, BackgroundRun>, services: StateServices): Promise<void> {
  if (run.cancelled) await keepCancelled(run, services);
  let ended = [...runs.values()].filter(({ done }) => done);
  const isTooMuch = (): boolean =>
    ended.length > MOST_ENDED || ended.reduce((sum, { size }) => sum + size, 0) > MOST_CHARACTERS;
  while (isTooMuch()) {
    const [oldest] = ended;
    if (oldest) runs.delete(oldest.id);
    ended = ended.slice(1);
  }
}

/** The store marks it as failed, like its turn. */
async function keepCancelled(run: BackgroundRun, { openStore }: StateServices): Promise<void> {
  const store = openStore();
  const found = await store.get(run.id);
  const record = found && readResponseRecord(found);
  if (!record || record.response['status'] !== 'failed') return;
  const items = idsOf([...record.input, ...outputOf(record)]);
  const cancelled = JSON.stringify({ ...record.response, status: 'cancelled', error: null });
  await writeOne(store, { id: record.id, text: renderResponseRecord(record, cancelled), items });
}
