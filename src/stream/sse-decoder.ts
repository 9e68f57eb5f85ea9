/** Decodes bytes into Server-Sent Events. Scans bytes, not strings, so a character may span two reads. */

export interface SseEvent {
  /** The `event:` field, absent if the event has none. */
  readonly name?: string;
  readonly data: string;
}

/** No provider sends longer lines. The limit keeps a broken upstream from exhausting memory. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

const TOO_LONG = `an event is longer than ${MAX_LINE_BYTES} bytes`;

const LF = 10;
const CR = 13;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const NOTHING = Buffer.alloc(0);

/**
 * Accepts reads of any size and returns the events they complete. Tolerates providers' deviations (upstreams.md,
 * section 4): CRLF, a byte order mark, `data:` without a space, comments, a missing final blank line, and a bare JSON
 * object on a line of its own.
 */
export class SseDecoder {
  /** Bytes of an incomplete line. */
  private rest: Buffer = NOTHING;
  private parts: Buffer[] = [];
  private partBytes = 0;
  private atStart = true;
  private name: string | undefined;
  private data: string | undefined;

  /** @throws RangeError if a line exceeds MAX_LINE_BYTES */
  push(bytes: Uint8Array): readonly SseEvent[] {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (chunk.indexOf(LF) === -1) {
      this.keep(chunk);
      return [];
    }
    const events: SseEvent[] = [];
    const buffer = this.joined(chunk);
    let start = 0;
    for (let end = buffer.indexOf(LF); end !== -1; end = buffer.indexOf(LF, start)) {
      this.line(buffer, start, end, events);
      start = end + 1;
    }
    this.rest = buffer.subarray(start);
    return events;
  }

  /** Call at the end of the stream: the buffered bytes are the last event. */
  end(): readonly SseEvent[] {
    const events: SseEvent[] = [];
    const buffer = this.joined(NOTHING);
    this.rest = NOTHING;
    if (buffer.length > 0) this.line(buffer, 0, buffer.length, events);
    this.dispatch(events);
    return events;
  }

  private keep(chunk: Buffer): void {
    this.partBytes += chunk.length;
    if (this.rest.length + this.partBytes > MAX_LINE_BYTES) {
      throw new RangeError(TOO_LONG);
    }
    this.parts.push(chunk);
  }

  private joined(chunk: Buffer): Buffer {
    const held = this.parts.length > 0 || this.rest.length > 0;
    const buffer = held ? Buffer.concat([this.rest, ...this.parts, chunk]) : chunk;
    this.parts = [];
    this.partBytes = 0;
    return buffer;
  }

  private line(buffer: Buffer, from: number, to: number, events: SseEvent[]): void {
    let start = from;
    const end = to > from && buffer[to - 1] === CR ? to - 1 : to;
    if (this.atStart) {
      this.atStart = false;
      if (buffer.subarray(start, start + 3).equals(BOM)) start += 3;
    }
    if (start >= end) {
      this.dispatch(events);
      return;
    }
    const text = buffer.toString('utf8', start, end);
    if (text.startsWith('data:')) {
      const value = text.slice(text.charCodeAt(5) === 32 ? 6 : 5);
      if ((this.data?.length ?? 0) + value.length > MAX_LINE_BYTES) throw new RangeError(TOO_LONG);
      this.data = this.data === undefined ? value : `${this.data}\n${value}`;
    } else if (text.startsWith('event:')) {
      this.name = text.slice(6).trim();
    } else if (text.startsWith('{')) {
      this.dispatch(events);
      events.push({ data: text });
    }
  }

  private dispatch(events: SseEvent[]): void {
    if (this.data !== undefined) {
      events.push(this.name === undefined ? { data: this.data } : { name: this.name, data: this.data });
    }
    this.name = undefined;
    this.data = undefined;
  }
}
