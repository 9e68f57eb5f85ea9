/** The watch over a bridge that ends itself when it is unused, on the clock of this machine. */
import { createIdleShutdown, type IdleShutdown } from '../server/idle-shutdown';

export interface Use {
  readonly watch: IdleShutdown;
  /** Resolves when nobody uses the bridge any more. */
  readonly unused: Promise<void>;
  /** Ends the watch. */
  end(): void;
}

/** Begins to watch. */
export function startUseWatch(): Use {
  let onUnused = (): void => undefined;
  const unused = new Promise<void>((resolve) => (onUnused = resolve));
  const watch = createIdleShutdown({
    onUnused: () => onUnused(),
    // Not the time of day: that may be set.
    clock: () => performance.now(),
    setTimer(action, milliseconds) {
      const timer = setTimeout(action, milliseconds);
      return () => clearTimeout(timer);
    },
  });
  return { watch, unused, end: watch.end };
}
