/** Answers in the background: `background: true`, polling, streaming again, cancelling. Loaded when one is first asked for. */
import { SSE_KEEP_ALIVE } from '../stream/sse-encoder';
import type { UnknownRecord } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import { idsOf, outputOf, readResponseRecord, renderResponseRecord } from './record';
import { BackgroundRun, startRun } from './background-run';
import type { Caller, Turn } from '../bridge/bridge';
import { startResponsesTurn } from '../bridge/turn';
import type { TurnContext } from '../bridge/turn-context';

/** Runs that are going on at a time: each of them is a request to the provider. */
const MOST_RUNNING = 50;
/** Runs that have ended and whose events can be streamed again, and the characters of all of them. */
const MOST_ENDED = 50;
const MOST_CHARACTERS = 32 * 1024 * 1024;

export interface Background {
  /** @throws BridgeError for a bad request; what comes later is in the Response */
  start(body: UnknownRecord, caller: Caller): Promise<Turn>;
  /** A run that goes on, or whose events are still held. */
  find(id: string): BackgroundRun | undefined;
  /** Ends a run and forgets it. False when there was none. */
  forget(id: string): Promise<boolean>;
}

/** The runs of one bridge. */
export function createBackground(context: TurnContext): Background {
  const runs = new Map<string, BackgroundRun>();
  return {
    async start(body, caller) {
      if ([...runs.values()].filter((run) => !run.done).length >= MOST_RUNNING) {
        throw new BridgeError(
          'overload',
          `Cannot start another answer in the background: ${MOST_RUNNING} are being made. Wait for one of them, or cancel it.`,
        );
      }
      if (!caller.detach)
        throw new BridgeError('invalid_request', 'Cannot use "background" here', { param: 'background' });
      const { abort: _ofClient, ...rest } = caller;
      const run = await startRun(caller.detach(), (abort) =>
        startResponsesTurn({ ...body, stream: true }, { ...rest, abort }, context),
      );
      runs.set(run.id, run);
      const ended = (): void => settle(run, runs, context);
      void run.ended.then(ended, ended);
      return toTurn(run, body['stream'] === true);
    },
    find: (id) => runs.get(id),
    async forget(id) {
      const run = runs.get(id);
      await run?.cancel();
      return runs.delete(id);
    },
  };
}

function toTurn(run: BackgroundRun, stream: boolean): Turn {
  return {
    stream,
    notes: [],
    pulse: () => SSE_KEEP_ALIVE,
    frames: () => run.follow(-1),
    collect: () => Promise.resolve({ status: 200, body: JSON.stringify(run.response) }),
  };
}

function settle(run: BackgroundRun, runs: Map<string, BackgroundRun>, context: TurnContext): void {
  if (run.cancelled) keepCancelled(run, context);
  let ended = [...runs.values()].filter(({ done }) => done);
  const isTooMuch = (): boolean =>
    ended.length > MOST_ENDED || ended.reduce((sum, { size }) => sum + size, 0) > MOST_CHARACTERS;
  while (isTooMuch()) {
    const [oldest] = ended;
    if (oldest) runs.delete(oldest.id);
    ended = ended.slice(1);
  }
}

/** The store has it as failed: that is how its turn ended. */
function keepCancelled(run: BackgroundRun, context: TurnContext): void {
  const store = context.openStore();
  const found = store.get(run.id);
  const record = found && readResponseRecord(found);
  if (!record || record.response['status'] !== 'failed') return;
  const items = idsOf([...record.input, ...outputOf(record)]);
  store.put(
    record.id,
    renderResponseRecord(record, JSON.stringify({ ...record.response, status: 'cancelled', error: null })),
    items,
  );
}
