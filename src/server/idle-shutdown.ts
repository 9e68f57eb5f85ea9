/** Decides when a bridge that was started for a launch is unused. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../base/clock';

/** The header that marks the turns of a launched Codex; requests without it come from other clients. */
export const LAUNCH_HEADER = 'x-bridge-launch';

/** Receives reports of use from the server; each function returns a callback to call once, when that use ends. */
export interface IdleShutdown {
  /** Call when a launched Codex has connected. */
  launch(): () => void;
  /** Call when a turn has begun. @param request undefined for work that no client waits for */
  turn(request: IncomingMessage | undefined): () => void;
}

export interface IdleShutdownOptions {
  /** Called once, when the bridge is unused. */
  readonly onUnused: () => void;
  readonly clock: Clock;
  /** Calls `action` after `milliseconds`, unless the returned function is called first. */
  readonly setTimer: (action: () => void, milliseconds: number) => () => void;
}

/** How long to wait for the first launch, whose launcher waits until the server listens. */
const FIRST_LAUNCH_MS = 60_000;

/** How long to wait after the last turn of another client: users read, think and type in between. */
const OTHER_CLIENT_MS = 600_000;

/**
 * A bridge is unused when no launch is connected, no turn is running, and no turn of another client has ended in the
 * last ten minutes. In the first minute, it counts as used until a launch connects. Watching starts with this call.
 *
 * @returns the watch, with a function that ends it
 */
export function createIdleShutdown({ onUnused, clock, setTimer }: IdleShutdownOptions): IdleShutdown & { end(): void } {
  let uses = 0;
  let launchExpectedUntil = clock() + FIRST_LAUNCH_MS;
  let othersExpectedUntil = -Infinity;
  let isOver = false;
  let cancelTimer = (): void => undefined;
  const end = (): void => {
    isOver = true;
    cancelTimer();
  };
  const check = (): void => {
    cancelTimer();
    if (isOver || uses > 0) return;
    const remainingMs = Math.max(launchExpectedUntil, othersExpectedUntil) - clock();
    if (remainingMs > 0) cancelTimer = setTimer(check, remainingMs);
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
      check();
    };
  };
  check();
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
