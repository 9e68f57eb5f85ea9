/** Decides when a bridge that was started for launches is unused. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../base/clock';

/** The header that marks the turns of a launched Codex; requests without it come from other clients. */
export const LAUNCH_HEADER = 'x-bridge-launch';

/** What the server reports; each function returns the callback to call, once, when that use ends. */
export interface IdleShutdown {
  /** A launched Codex has connected. */
  launch(): () => void;
  /** A turn has begun. @param request undefined for work that no client waits for */
  turn(request: IncomingMessage | undefined): () => void;
}

export interface IdleShutdownOptions {
  /** Called once, when the bridge is unused. */
  readonly onUnused: () => void;
  readonly clock: Clock;
  /** Calls `action` after `milliseconds`, unless the returned function is called first. */
  readonly setTimer: (action: () => void, milliseconds: number) => () => void;
}

/** How long to wait for the first launch: its launcher is waiting for the server to listen. */
const FIRST_LAUNCH_MS = 60_000;

/** How long to wait for another client after its last turn: a person reads, thinks and types in between. */
const OTHER_CLIENT_MS = 600_000;

/**
 * A bridge is unused when no launch is connected, no turn is running, and no other client has sent a request for ten
 * minutes. It is not unused in the first minute, until the first launch connects. The watch begins with this call.
 *
 * @returns the watch, and what ends it
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
    const rest = Math.max(launchExpectedUntil, othersExpectedUntil) - clock();
    if (rest > 0) cancelTimer = setTimer(check, rest);
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
