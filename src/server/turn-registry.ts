/** Tracks the open turns, so that a shutdown can notify their clients and wait for the last one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TurnFacts, TurnRecord } from '../observe/turn-record';
import type { DetachedWork } from '../state/background-run';
import { BridgeError } from '../errors/bridge-error';
import type { IdleShutdown } from './idle-shutdown';

/** A turn, a search or a followed response, from its request to the end of its answer. */
export interface OpenTurn {
  /** Aborted when the client disconnects, and by `abortAll`. */
  readonly abort: AbortSignal;
  /** Whether it counts as a stream. */
  streaming: boolean;
}

interface RegisteredTurn extends OpenTurn {
  readonly controller: AbortController;
  readonly onEnd: (() => void) | undefined;
  /** The facts about the turn; absent if nothing reads them. */
  readonly record: TurnRecord | undefined;
}

/** All turns that have begun and not ended. */
export class TurnRegistry {
  private readonly entries = new Set<RegisteredTurn>();
  /** Responses other than turns that must not be interrupted, because a proxy would resend their requests. */
  private readonly tracked = new Set<ServerResponse>();
  private readonly waiters = new Set<() => void>();
  private rejection: BridgeError | undefined;

  constructor(private readonly watch?: IdleShutdown) {}

  /**
   * Registers a turn, which ends when `response` is sent or its connection is lost.
   * @throws BridgeError after `rejectNew`
   */
  open(response: ServerResponse<IncomingMessage>, record?: TurnRecord): OpenTurn {
    if (this.rejection !== undefined) throw this.rejection;
    const entry = this.add(response.req, record);
    onClosed(response, () => {
      if (!response.writableFinished) entry.controller.abort(new Error('The client closed the connection.'));
      this.remove(entry);
    });
    return entry;
  }

  /**
   * Registers work that no client waits for; it ends when the returned `end` is called.
   * @throws BridgeError after `rejectNew`
   */
  detach(record?: TurnRecord): DetachedWork {
    if (this.rejection !== undefined) throw this.rejection;
    const entry = this.add(undefined, record);
    return { abort: entry.abort, end: () => this.remove(entry) };
  }

  /** Makes a shutdown wait until `response` is sent. Unlike a turn, it is never rejected. */
  track(response: ServerResponse<IncomingMessage>): void {
    this.tracked.add(response);
    onClosed(response, () => {
      this.tracked.delete(response);
      this.wakeWaiters();
    });
  }

  /** Returns the number of open turns. */
  count(): number {
    return this.entries.size;
  }

  /** Returns the facts of each open turn that has a record, the oldest first. */
  list(): readonly TurnFacts[] {
    return [...this.entries].flatMap(({ record }) => record?.facts() ?? []);
  }

  /** Returns the number of streaming turns. */
  countStreams(): number {
    let count = 0;
    for (const entry of this.entries) if (entry.streaming) count += 1;
    return count;
  }

  /** Whether new turns are rejected. */
  get isDraining(): boolean {
    return this.rejection !== undefined;
  }

  /** Makes `open` throw `reason` from now on; running turns continue. */
  rejectNew(reason: BridgeError): void {
    this.rejection = reason;
  }

  /** Aborts every running turn; `reason` is sent to its client. */
  abortAll(reason: BridgeError): void {
    for (const entry of this.entries) entry.controller.abort(reason);
  }

  /** Waits until no turn or tracked response is open. Resolves to true then, or to false after `milliseconds`. */
  waitForEnd(milliseconds: number): Promise<boolean> {
    if (this.isIdle) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (ended: boolean): void => {
        clearTimeout(timer);
        this.waiters.delete(onEnd);
        resolve(ended);
      };
      const onEnd = (): void => finish(true);
      const timer = setTimeout(finish, milliseconds, false);
      this.waiters.add(onEnd);
    });
  }

  private add(request: IncomingMessage | undefined, record: TurnRecord | undefined): RegisteredTurn {
    const onEnd = this.watch?.turn(request);
    const controller = new AbortController();
    const entry = { controller, abort: controller.signal, onEnd, record, streaming: false };
    this.entries.add(entry);
    return entry;
  }

  private remove(entry: RegisteredTurn): void {
    if (this.entries.delete(entry)) entry.onEnd?.();
    this.wakeWaiters();
  }

  private get isIdle(): boolean {
    return this.entries.size + this.tracked.size === 0;
  }

  private wakeWaiters(): void {
    if (this.isIdle) for (const wake of [...this.waiters]) wake();
  }
}

/** Callbacks by connection. One listener per connection, because any number of requests may be pipelined. */
const watchers = new WeakMap<Socket, Set<() => void>>();

/** Calls `callback` once, when `response` has been sent or its connection is lost. */
export function onClosed(response: ServerResponse<IncomingMessage>, callback: () => void): void {
  const { socket } = response.req;
  const callbacks = watchers.get(socket) ?? watchSocket(socket);
  const settle = (): void => {
    response.off('close', settle);
    // A socket that closes also emits 'close' on its response.
    if (callbacks.delete(settle)) callback();
  };
  callbacks.add(settle);
  response.on('close', settle);
}

/** A queued pipelined response has no socket of its own and never emits 'close' (Node 20). */
function watchSocket(socket: Socket): Set<() => void> {
  const callbacks = new Set<() => void>();
  watchers.set(socket, callbacks);
  socket.once('close', () => {
    for (const settle of [...callbacks]) settle();
  });
  return callbacks;
}
