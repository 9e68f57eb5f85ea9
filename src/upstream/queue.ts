/** Queues the requests that wait for a provider with a limit; threads take turns. Loaded when a request has to wait. */
import { BridgeError } from '../errors/bridge-error';

/** Maximum number of requests that wait for one provider. */
const MAX_WAITING = 256;
const RETRY_AFTER_MS = 5_000;

type Admit = () => void;

/** The waiting requests of each provider: one list for each thread, in the order in which threads take turns. */
export class FairQueue {
  private readonly waiting = new Map<string, Map<string, Admit[]>>();

  /** Whether a request waits for the provider. */
  holds(provider: string): boolean {
    return this.waiting.has(provider);
  }

  /**
   * Resolves when the request is admitted; rejects with the reason of `abort`.
   * @throws BridgeError `busy` if too many requests are waiting already
   */
  wait(provider: string, thread: string, abort: AbortSignal): Promise<void> {
    const threads = this.waiting.get(provider) ?? new Map<string, Admit[]>();
    const length = [...threads.values()].reduce((sum, list) => sum + list.length, 0);
    if (length >= MAX_WAITING) {
      const problem = `${MAX_WAITING} requests are already waiting for ${provider}, which limits concurrent requests.`;
      throw new BridgeError('busy', `${problem} Try again later.`, { retryAfterMs: RETRY_AFTER_MS });
    }
    if (abort.aborted) return Promise.reject(abort.reason);
    this.waiting.set(provider, threads);
    return new Promise((resolve, reject) => {
      const admit = (): void => {
        abort.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.remove(provider, thread, admit);
        reject(abort.reason);
      };
      abort.addEventListener('abort', leave, { once: true });
      threads.set(thread, [...(threads.get(thread) ?? []), admit]);
    });
  }

  /** Admits the oldest request of the thread whose turn it is; that thread then goes to the end of the queue. */
  admit(provider: string): void {
    const threads = this.waiting.get(provider);
    const [first] = threads ?? [];
    const [thread, [admit, ...rest]] = first ?? ['', []];
    threads?.delete(thread);
    if (rest.length > 0) threads?.set(thread, rest);
    if (threads?.size === 0) this.waiting.delete(provider);
    admit?.();
  }

  private remove(provider: string, thread: string, admit: Admit): void {
    const threads = this.waiting.get(provider);
    const rest = (threads?.get(thread) ?? []).filter((other) => other !== admit);
    if (rest.length > 0) threads?.set(thread, rest);
    else threads?.delete(thread);
    if (threads?.size === 0) this.waiting.delete(provider);
  }
}
