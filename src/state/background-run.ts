/** Runs one turn without a client and buffers its events, so that clients can disconnect and resume. */
import { isRecord, parseJson, type UnknownRecord } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import { SSE_DONE } from '../stream/sse';

/** Work without a connected client; a shutdown waits for it. */
export interface DetachedWork {
  /** Aborted when the server shuts down, with a BridgeError as the reason. */
  readonly abort: AbortSignal;
  /** Marks the work as done. */
  end(): void;
}

/** The part of a started turn that a run needs. */
export interface StartedTurn {
  /** SSE text, including the terminal event and `data: [DONE]`. */
  frames(): AsyncIterable<string>;
}

/** Starts a turn that the run can abort with the signal. */
export type StartTurn = (abort: AbortSignal) => Promise<StartedTurn>;

/** Maximum characters of events buffered by one run; the oldest are dropped first. */
const MAX_CHARACTERS = 8 * 1024 * 1024;

/** A running turn and its events; `ended` settles after the last event, and rejects if the stream threw. */
export class BackgroundRun {
  cancelled = false;
  done = false;
  /** Whether the provider has begun to answer; until then, the status is `queued`. */
  begun = false;
  readonly ended: Promise<void>;
  /** SSE events, each with its trailing blank line. */
  private buffered: string[] = [];
  private characters = 0;
  /** The number of the first buffered event. */
  private first = 0;
  private latest: UnknownRecord = {};
  private waiters: (() => void)[] = [];

  /** @param opening the first frame of the turn */
  constructor(opening: string, frames: AsyncIterator<string>, private readonly controller: AbortController) {
    this.push(opening);
    this.ended = this.pump(frames);
  }

  /** The current Response. Spec: Responses API, `status` of background responses. */
  get response(): UnknownRecord {
    if (this.cancelled && this.done) return { ...this.latest, status: 'cancelled', error: null };
    return this.done ? this.latest : { ...this.latest, status: this.begun ? 'in_progress' : 'queued' };
  }

  get id(): string {
    return String(this.latest['id']);
  }

  get size(): number {
    return this.characters;
  }

  /** Cancels the run and waits until it has ended. A response that completes in the meantime stays completed. */
  async cancel(): Promise<void> {
    if (this.done) return;
    this.cancelled = true;
    this.controller.abort(new BridgeError('cancelled', 'The response was cancelled.'));
    await this.ended;
    if (this.latest['status'] !== 'failed') this.cancelled = false;
  }

  /**
   * Yields every event after number `after` (-1 for all) as it arrives, up to the last one.
   * @throws BridgeError if some of them are no longer buffered; later, `overload` if the reader falls that far behind
   */
  follow(after: number): AsyncIterable<string> {
    if (after + 1 < this.first) throw eventsNotBuffered(after + 1);
    return this.streamFrom(after + 1);
  }

  /** Reads the buffered events from number `from` on. Returns the number of the first one, and of the next to come. */
  readFrom(from: number): { readonly from: number; readonly events: string; readonly next: number } {
    const start = Math.max(from, this.first);
    const events = this.buffered.slice(start - this.first).join('');
    return { from: start, events, next: this.first + this.buffered.length };
  }

  private async *streamFrom(from: number): AsyncGenerator<string, void, undefined> {
    for (let next = from; ; ) {
      // Events are numbered without gaps: those missing at the front were dropped before this client read them.
      if (next < this.first)
        throw new BridgeError(
          'overload',
          'The client reads too slowly: events that it has not read are no longer buffered. Use GET without stream.',
        );
      const fresh = this.buffered.slice(next - this.first);
      next += fresh.length;
      const text = fresh.join('');
      if (this.done) {
        yield text + SSE_DONE;
        return;
      }
      if (text !== '') yield text;
      else await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
  }

  private async pump(frames: AsyncIterator<string>): Promise<void> {
    try {
      for (let next = await frames.next(); next.done !== true; next = await frames.next()) {
        this.begun = true;
        this.push(next.value);
        this.wake();
      }
    } finally {
      this.done = true;
      this.wake();
    }
  }

  private push(frame: string): void {
    for (const block of frame.split('\n\n')) {
      if (!block.startsWith('event: ')) continue;
      const text = `${block}\n\n`;
      if (LIFECYCLE.test(block)) this.latest = readResponse(block) ?? this.latest;
      this.buffered.push(text);
      this.characters += text.length;
    }
    this.trim();
  }

  private trim(): void {
    let dropped = 0;
    for (; this.characters > MAX_CHARACTERS && dropped < this.buffered.length; dropped += 1)
      this.characters -= this.buffered[dropped]?.length ?? 0;
    if (dropped === 0) return;
    this.buffered = this.buffered.slice(dropped);
    this.first += dropped;
  }

  private wake(): void {
    const { waiters } = this;
    this.waiters = [];
    for (const resolve of waiters) resolve();
  }
}

/** Creates the error for a stream that cannot start at event `from`. */
export const eventsNotBuffered = (from: number): BridgeError =>
  new BridgeError(
    'invalid_request',
    `Cannot stream from event ${from}: it is no longer buffered. Use GET without stream.`,
    { param: 'starting_after' },
  );

const LIFECYCLE = /^event: response\.(?:created|in_progress|completed|incomplete|failed)$/m;

/** Returns the Response in the last event that contains one. */
export const lastResponseIn = (events: string): UnknownRecord | undefined =>
  events.split('\n\n').filter((block) => LIFECYCLE.test(block)).map(readResponse).at(-1);

function readResponse(block: string): UnknownRecord | undefined {
  const event = parseJson(block.slice(block.indexOf('data: ') + 'data: '.length));
  const response = isRecord(event) ? event['response'] : undefined;
  return isRecord(response) ? response : undefined;
}

/** What to do when the response is created, and when the run begins. */
export interface RunCallbacks {
  /** Called with the new Response before the provider is called. If it rejects, the turn is aborted. */
  onOpened(response: UnknownRecord): Promise<void>;
  /** Called with the new run. Resolves once the result is stored; a shutdown waits for that. */
  settle(run: BackgroundRun): Promise<void>;
}

/** Starts a turn with its own abort signal, which a shutdown and `cancel` trigger. */
export async function startRun(
  detached: DetachedWork, start: StartTurn, callbacks: RunCallbacks,
): Promise<BackgroundRun> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(detached.abort.reason);
  detached.abort.addEventListener('abort', stop);
  const end = (): void => {
    detached.abort.removeEventListener('abort', stop);
    detached.end();
  };
  try {
    const turn = await start(controller.signal);
    const frames = turn.frames()[Symbol.asyncIterator]();
    const opening = await frames.next();
    const text = opening.done === true ? '' : opening.value;
    await callbacks.onOpened(readResponse(text.slice(0, text.indexOf('\n\n'))) ?? {});
    const run = new BackgroundRun(text, frames, controller);
    void callbacks.settle(run).then(end, end);
    return run;
  } catch (cause) {
    controller.abort(cause);
    end();
    throw cause;
  }
}
