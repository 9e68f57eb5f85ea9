/** Defines a grammar rule and what it reports. */
import type { RecordedStream, StreamEvent } from './recorded-stream';

export type Level = 'error' | 'warning';

/** A finding; `index` is the event's position in the stream, -1 for the stream itself. */
export interface Finding {
  readonly level: Level;
  readonly message: string;
  readonly index: number;
}

export interface Violation extends Finding {
  readonly rule: string;
}

export interface GrammarOptions {
  /** SDK clients get every key of a Response object; Codex only those that it reads. */
  readonly fullResponse: boolean;
}

/** One row of the table: an id of responses-protocol.md and its check. */
export interface Rule {
  readonly id: string;
  readonly check: (stream: RecordedStream, options: GrammarOptions) => Iterable<Finding>;
}

/** Reports a violation of the protocol at `event`. */
export const error = (event: StreamEvent | number | undefined, message: string): Finding =>
  ({ level: 'error', message, index: indexOf(event) });

/** Reports a deviation at `event` that clients are known to tolerate. */
export const warning = (event: StreamEvent | number | undefined, message: string): Finding =>
  ({ level: 'warning', message, index: indexOf(event) });

/** Renders a value for a message. */
export const show = (value: unknown): string => JSON.stringify(value) ?? 'undefined';

const indexOf = (event: StreamEvent | number | undefined): number =>
  typeof event === 'number' ? event : (event?.index ?? -1);
