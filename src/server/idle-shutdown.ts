/** Whether anybody uses the bridge: Codex runs that were launched through it, turns that run, other clients of late. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../base/clock';

/** The header by which the turns of a launched Codex are known; everybody else is another client. */
export const LAUNCH_HEADER = 'x-bridge-launch';

/** What the server tells; each function returns what is to be called, once, when that use ends. */
export interface IdleShutdown {
  /** A launched Codex has begun. */
  launch(): () => void;
  /** A turn has begun. @param request undefined for work that no client waits for */
  turn(request: IncomingMessage | undefined): () => void;
}

export interface UseWatchOptions {
  /** Called once, when nobody uses the bridge any more. */
  readonly onUnused: () => void;
  readonly clock: Clock;
  /** Calls `action` after `milliseconds`, unless the returned function is called before. */
  readonly setTimer: (action: () => void, milliseconds: number) => () => void;
}

/** How long the first launch may take to come: its launcher is waiting for the server to listen. */
const FIRST_LAUNCH_MS = 60_000;

/** How long another client is waited for after its last turn: a person reads, thinks and types in between. */
const OTHER_CLIENT_MS = 600_000;

/**
 * Unused is a bridge without a launch and without a running turn, when no other client has asked for ten minutes; and not
 * in the first minute while no launch has come. The watch begins with this call.
 *
 * @returns the watch, and what ends it
 */
export function createIdleShutdown({ onUnused, clock, setTimer }: UseWatchOptions): IdleShutdown & { end(): void } {
  let uses = 0;
  let launchExpectedUntil = clock() + FIRST_LAUNCH_MS;
  let othersExpectedUntil = -Infinity;
  let isOver = false;
  let cancelTimer = (): void => undefined;
  const end = (): void => {
    isOver = true;
    cancelTimer();
  };
  const judge = (): void => {
    cancelTimer();
    if (isOver || uses > 0) return;
    const rest = Math.max(launchExpectedUntil, othersExpectedUntil) - clock();
    if (rest > 0) cancelTimer = setTimer(judge, rest);
    else {
      end();
      onUnused();
    }
  };
  const begin = (onEnd: () => void): (() => void) => {
    uses += 1;
    cancelTimer();
    return () => {
      uses -= 1;
      onEnd();
      judge();
    };
  };
  judge();
  return {
    launch() {
      launchExpectedUntil = -Infinity;
      return begin(() => undefined);
    },
    turn(request) {
      const isOther = request !== undefined && request.headers[LAUNCH_HEADER] === undefined;
      return begin(() => {
        if (isOther) othersExpectedUntil = clock() + OTHER_CLIENT_MS;
      });
    },
    end,
  };
}
