/** Keeps a bridge behind a running Codex: Codex asks one address until it ends, and waits for ever when nobody is there. */
import type { Attached, NotAttached } from './attach';

/** A bridge that ends this often has a reason that a new start does not mend. */
const RESTARTS = 3;

/**
 * Holds `first`; when that bridge ends under Codex (somebody stopped it, it was killed), `again` brings another one.
 *
 * @returns lets the bridge go: it ends when nobody else uses it
 */
export function holdBridge(first: Attached, again: () => Promise<Attached | NotAttached>): () => void {
  let current: Attached | undefined;
  let isOver = false;
  const hold = (attached: Attached, restarts: number): void => {
    current = attached;
    if (isOver) return attached.launch.close();
    void attached.launch.closed.then(async () => {
      if (isOver || restarts === 0) return;
      const next = await again();
      if (next.ok) hold(next, restarts - 1);
    });
  };
  hold(first, RESTARTS);
  return () => {
    isOver = true;
    current?.launch.close();
  };
}
