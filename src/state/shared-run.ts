/**
 * Shares background runs between processes. The process that owns a run adds its events to a record of the store, as
 * lines, and a heartbeat every few seconds; other processes read the lines, and append one to cancel the run.
 */
import type { Clock } from '../base/clock';
import { isRecord, type UnknownRecord } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import { renderStreamError } from '../errors/error-body';
import { SSE_DONE } from '../stream/sse';
import { eventsNotBuffered, lastResponseIn, type BackgroundRun } from './background-run';
import { findResponse } from './history';
import { readRunRecord, renderResponseRecord, renderRunRecord } from './record';
import { writeOne, type ResponseStore } from './response-store';

/** Milliseconds between two writes of the owner, and between two reads of a follower. */
const TICK_MS = 200;
/** Interval of heartbeats: lines that the owner writes while there are no events. */
const HEARTBEAT_MS = 5_000;
/** An owner that was silent for this long has crashed. The clocks of the machines must agree to a few seconds. */
const SILENCE_MS = 25_000;

/** Last lines that are searched for the owner's end line: more than the requests to cancel that can follow it. */
const MAX_LATE_LINES = 8;

/** One line of a run. */
interface RunLine {
  /** When the owner wrote last, in milliseconds since the epoch. */
  readonly at: number;
  /** The number of the first event in the line, and of the first event after it. */
  readonly from: number;
  readonly next: number;
  readonly events: string;
  /** Whether the provider has begun to answer. */
  readonly begun: boolean;
  /** Whether this is the last line. */
  readonly end: boolean;
  /** Whether another process requests the end of the run. */
  readonly cancel: boolean;
}

const BLANK: RunLine = { at: 0, from: 0, next: 0, events: '', begun: false, end: false, cancel: false };

function readLine(value: unknown): RunLine {
  return isRecord(value) ? { ...BLANK, ...value } : BLANK;
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, TICK_MS).unref());

const runIdOf = (responseId: string): string => responseId.replace(/^resp_/, 'run_');

/** Deletes the record through which other processes see a run. */
export const deleteSharedRun = (store: ResponseStore, responseId: string): Promise<boolean> =>
  store.delete(runIdOf(responseId));

/** Publishes a run of this process. */
export class RunPublisher {
  private readonly id: string;
  private next = 0;
  private seen = 0;
  private wroteAt = 0;

  /** @param response as it is when the run begins */
  constructor(
    private readonly store: ResponseStore, private readonly clock: Clock, private readonly response: UnknownRecord,
  ) {
    this.id = runIdOf(String(response['id']));
  }

  /** @throws BridgeError `store_unavailable`; the run must then not begin */
  async open(): Promise<void> {
    const text = renderRunRecord({ id: this.id, response: this.response });
    await writeOne(this.store, { id: this.id, text, items: [] });
    await this.write({ ...BLANK, at: this.clock() });
  }

  /** Publishes events and obeys requests to cancel until the run ends. Never throws: events wait for the store. */
  async follow(run: BackgroundRun): Promise<void> {
    while (!run.done) {
      await Promise.race([run.ended.catch(() => undefined), pause()]);
      if (run.done) return;
      try {
        await this.publish(run);
        if (await this.isCancelled()) await run.cancel();
      } catch {
        continue;
      }
    }
  }

  /** Publishes the last events; call it when the Response is stored. @throws BridgeError `store_unavailable` */
  async close(run: BackgroundRun): Promise<void> {
    await this.publish(run, true);
  }

  private async publish(run: BackgroundRun, end = false): Promise<void> {
    const { from, events, next } = run.readFrom(this.next);
    const isDue = this.clock() - this.wroteAt >= HEARTBEAT_MS;
    if (next === this.next && !isDue && !end) return;
    const line = { ...BLANK, at: this.clock(), from, next, events, begun: run.begun, end };
    if ((await this.write(line)) === 'refused') {
      // The record is too long for the store: it starts over, without the events so far.
      await this.open();
      await this.write({ ...line, from: next, events: '' });
      this.seen = 0;
    }
    this.next = next;
  }

  private write(line: RunLine): ReturnType<typeof writeOne> {
    this.wroteAt = line.at;
    return writeOne(this.store, { id: this.id, text: JSON.stringify(line), items: [], append: true });
  }

  private async isCancelled(): Promise<boolean> {
    // In a folder, a line that was added concurrently may be sorted before the last lines read.
    const from = Math.max(0, this.seen - 4);
    const lines = await this.store.lines(this.id, from);
    this.seen = from + lines.length;
    return lines.some((line) => readLine(line).cancel);
  }
}

/** A run of another process, in progress or ended. */
export class SharedRun {
  constructor(
    private readonly store: ResponseStore,
    private readonly clock: Clock,
    private readonly id: string,
    private readonly first: UnknownRecord,
  ) {}

  /** Returns the Response as it is now. */
  async readResponse(): Promise<UnknownRecord> {
    const last = await this.readLast();
    if (last.end) return (await this.findStored()) ?? lastResponseIn(last.events) ?? this.makeFailed();
    if (this.isLost(last)) return (await this.conclude()).response;
    return { ...this.first, status: last.begun ? 'in_progress' : 'queued' };
  }

  /** Asks the owner to end the run, and waits until it has ended or the owner is considered dead. */
  async cancel(): Promise<void> {
    let last = await this.readLast();
    if (!last.end) await this.write({ ...last, from: last.next, events: '', cancel: true });
    for (; !last.end && !this.isLost(last); last = await this.readLast()) await pause();
    if (!last.end) await this.conclude();
  }

  /**
   * Yields every event after number `after` (-1 for all) as it arrives, up to the last one.
   * @throws BridgeError if some of them are not stored
   */
  async *follow(after: number): AsyncGenerator<string, void, undefined> {
    for (let [next, seen] = [after + 1, 0]; ; ) {
      const lines = (await this.store.lines(this.id, seen)).map(readLine);
      seen += lines.length;
      for (const line of lines) {
        if (line.from > next) throw eventsNotBuffered(next);
        const text = dropEvents(line.events, next - line.from);
        next = Math.max(next, line.next);
        if (text !== '' || line.end) yield text + (line.end ? SSE_DONE : '');
        if (line.end) return;
      }
      if (lines.length > 0) continue;
      const last = await this.readLast();
      // Lines that the owner has added since the last read are not a gap.
      const isGap = last.from > next && (await this.store.lines(this.id, seen)).length === 0;
      if (isGap || !(await this.store.get(this.id))) throw eventsNotBuffered(next);
      if (this.isLost(last)) {
        const { end, isWritten } = await this.conclude();
        if (isWritten) continue;
        yield end.events + SSE_DONE;
        return;
      }
      await pause();
    }
  }

  /** Returns the last line, or the owner's end line if a request to cancel was added after it. */
  private async readLast(): Promise<RunLine> {
    const lines = (await this.store.lines(this.id, -MAX_LATE_LINES)).map(readLine);
    // The owner writes its first line after the record.
    const first = { ...BLANK, at: Number(this.first['created_at']) * 1_000 };
    return lines.find(({ end }) => end) ?? lines.at(-1) ?? first;
  }

  private isLost({ at }: RunLine): boolean {
    return at < this.clock() - SILENCE_MS;
  }

  private write(line: RunLine): ReturnType<typeof writeOne> {
    return writeOne(this.store, { id: this.id, text: JSON.stringify(line), items: [], append: true });
  }

  private async findStored(): Promise<UnknownRecord | undefined> {
    return (await findResponse(this.store, String(this.first['id'])))?.response;
  }

  private makeFailed(): UnknownRecord {
    return { ...this.first, status: 'failed', error: renderStreamError(eventsLost(), 'generic') };
  }

  /**
   * Ends a run whose owner crashed: it has failed, unless its Response was stored.
   * @returns the Response, and the end line; a full store may have rejected the line
   */
  private async conclude(): Promise<Conclusion> {
    const stored = await this.findStored();
    const response = stored ?? this.makeFailed();
    const record = { id: String(this.first['id']), previous: undefined, input: [] };
    const text = renderResponseRecord(record, JSON.stringify(response));
    if (!stored) await writeOne(this.store, { id: record.id, text, items: [] });
    const next = Math.max(...(await this.store.lines(this.id)).map((line) => readLine(line).next), 0);
    const type = TERMINAL.get(response['status']) ?? 'response.failed';
    const event = JSON.stringify({ type, sequence_number: next, response });
    const events = `event: ${type}\ndata: ${event}\n\n`;
    const end = { ...BLANK, at: this.clock(), from: next, next: next + 1, events, begun: true, end: true };
    return { response, end, isWritten: (await this.write(end)) === 'kept' };
  }
}

interface Conclusion {
  readonly response: UnknownRecord;
  readonly end: RunLine;
  readonly isWritten: boolean;
}

/** The events that end a stream, by the status of their Response. */
const TERMINAL: ReadonlyMap<unknown, string> = new Map([
  ['completed', 'response.completed'], ['incomplete', 'response.incomplete'],
]);

const eventsLost = (): BridgeError =>
  new BridgeError('shutting_down', 'The process that made this response has ended. Send the request again.');

/** @returns undefined if no process shares a run of this response */
export async function findSharedRun(
  store: ResponseStore, clock: Clock, responseId: string,
): Promise<SharedRun | undefined> {
  if (!store.shared) return undefined;
  const record = await store.get(runIdOf(responseId));
  const run = record && readRunRecord(record);
  return run && new SharedRun(store, clock, run.id, run.response);
}

/** Removes the first `count` events from a text. */
function dropEvents(events: string, count: number): string {
  let start = 0;
  for (let dropped = 0; dropped < count && start < events.length; dropped += 1)
    start = events.indexOf('\n\n', start) + 2;
  return events.slice(start);
}
