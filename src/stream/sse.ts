/** Decodes Server-Sent Events from bytes, and encodes Responses events as SSE. */
import type { ResponsesEvent, ResponsesObject } from '../wire/responses-output';

export interface SseEvent {
  /** The `event:` field, absent if the event has none. */
  readonly name?: string;
  readonly data: string;
}

/** No provider sends longer lines. The limit keeps a broken upstream from exhausting memory. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

const TOO_LONG = `an event is longer than ${MAX_LINE_BYTES / 1024 / 1024} MB`;

/** V8 uses about a hundred bytes for each line that is appended to an event, however short the line is. */
const MAX_DATA_LINES = 100_000;

const LF = 10;
const CR = 13;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const NOTHING = Buffer.alloc(0);

/**
 * Accepts reads of any size and returns the events they complete. Scans bytes, not strings, so a character may be split
 * across reads. Tolerates providers' deviations (upstreams.md, section 4): CRLF, a byte order mark, `data:` without a
 * space, comments, a missing final blank line, and a bare JSON object on a line of its own.
 */
export class SseDecoder {
  /** The beginning of an incomplete line; `parts` are the reads that continued it. */
  private rest: Buffer = NOTHING;
  private parts: Buffer[] = [];
  private partBytes = 0;
  private isAtStart = true;
  private name: string | undefined;
  private data: string | undefined;
  private dataLines = 0;

  /**
   * @param bytes kept if they end within a line, so the caller must not change them
   * @throws RangeError if a line or an event is longer than MAX_LINE_BYTES, or an event has more than MAX_DATA_LINES
   */
  push(bytes: Uint8Array): readonly SseEvent[] {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (chunk.indexOf(LF) === -1) {
      this.hold(chunk);
      return [];
    }
    const events: SseEvent[] = [];
    const buffer = this.takeBuffered(chunk);
    let start = 0;
    for (let end = buffer.indexOf(LF); end !== -1; end = buffer.indexOf(LF, start)) {
      this.readLine(buffer, start, end, events);
      start = end + 1;
    }
    this.rest = buffer.subarray(start);
    return events;
  }

  /** Call at the end of the stream: the buffered bytes are the last event. */
  end(): readonly SseEvent[] {
    const events: SseEvent[] = [];
    const buffer = this.takeBuffered(NOTHING);
    this.rest = NOTHING;
    if (buffer.length > 0) this.readLine(buffer, 0, buffer.length, events);
    this.dispatch(events);
    return events;
  }

  private hold(chunk: Buffer): void {
    this.partBytes += chunk.length;
    if (this.rest.length + this.partBytes > MAX_LINE_BYTES) {
      throw new RangeError(TOO_LONG);
    }
    this.parts.push(chunk);
  }

  private takeBuffered(chunk: Buffer): Buffer {
    const isBuffered = this.parts.length > 0 || this.rest.length > 0;
    const buffer = isBuffered ? Buffer.concat([this.rest, ...this.parts, chunk]) : chunk;
    this.parts = [];
    this.partBytes = 0;
    return buffer;
  }

  private readLine(buffer: Buffer, from: number, to: number, events: SseEvent[]): void {
    let start = from;
    const end = to > from && buffer[to - 1] === CR ? to - 1 : to;
    if (this.isAtStart) {
      this.isAtStart = false;
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
      if (this.data !== undefined && (this.dataLines += 1) > MAX_DATA_LINES)
        throw new RangeError(`an event has more than ${MAX_DATA_LINES} lines`);
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
    this.dataLines = 0;
  }
}

/** The last event of a stream in both protocols. */
export const SSE_DONE = 'data: [DONE]\n\n';

/** A comment that keeps the connection alive while the provider is silent. */
export const SSE_KEEP_ALIVE = ': keep-alive\n\n';

/** Encodes the events of one response: numbers them from 0, and repeats the echo in every lifecycle event. */
export class SseEncoder {
  private sequence = 0;

  /**
   * @param echo the request fields that every Response object repeats, as text: `,"tools":[…],…` or empty (see
   * encodeEcho)
   */
  constructor(private readonly echo: string) {}

  /** @returns one string for one write */
  encode(events: readonly ResponsesEvent[]): string {
    let text = '';
    let sequence = this.sequence;
    for (const event of events) {
      const head = `{"type":"${event.type}","sequence_number":${sequence}`;
      text += `event: ${event.type}\ndata: ${head}${encodeRest(event, this.echo)}}\n\n`;
      sequence += 1;
    }
    // Count only what was encoded: an event may throw.
    this.sequence = sequence;
    return text;
  }
}

/** Serializes a Response object with the echoed request fields added. */
export function encodeResponse(response: ResponsesObject, echo: string): string {
  return `${JSON.stringify(response).slice(0, -1)}${echo}}`;
}

/**
 * Serializes the fields after the head, without the closing brace. Almost all events are deltas, for which a template
 * is several times faster than JSON.stringify (performance.md, section 4).
 */
function encodeRest(event: ResponsesEvent, echo: string): string {
  switch (event.type) {
    case 'response.created':
    case 'response.in_progress':
    case 'response.completed':
    case 'response.incomplete':
    case 'response.failed':
      return `,"response":${encodeResponse(event.response, echo)}`;
    case 'response.output_text.delta':
      return `${encodeDelta(event)},"content_index":${event.content_index},"logprobs":${
        event.logprobs.length === 0 ? '[]' : JSON.stringify(event.logprobs)}`;
    case 'response.reasoning_text.delta':
    case 'response.refusal.delta':
      return `${encodeDelta(event)},"content_index":${event.content_index}`;
    case 'response.reasoning_summary_text.delta':
      return `${encodeDelta(event)},"summary_index":${event.summary_index}`;
    case 'response.function_call_arguments.delta':
    case 'response.custom_tool_call_input.delta':
      return encodeDelta(event);
    default: {
      const { type: _type, ...rest } = event;
      return `,${JSON.stringify(rest).slice(1, -1)}`;
    }
  }
}

function encodeDelta(event: {
  readonly output_index: number;
  readonly item_id: string;
  readonly delta: string;
}): string {
  return `,"output_index":${event.output_index},"item_id":"${event.item_id}","delta":${JSON.stringify(event.delta)}`;
}

/** Serializes request fields as the tail of a JSON object, once for all lifecycle events of a response. */
export function encodeEcho(echo: object): string {
  const json = JSON.stringify(echo);
  return json === '{}' ? '' : `,${json.slice(1, -1)}`;
}
