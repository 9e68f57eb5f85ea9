/** Writes the line of a turn once, when nobody works on the turn any more. */
import type { Logger } from './log';
import { renderTurn } from './turn-line';
import type { TurnRecord } from './turn-record';

/** Held by everyone who works on a turn: by the one who made it, and by whoever goes on without a client. */
export class TurnLog {
  private holders = 1;

  constructor(readonly record: TurnRecord, private readonly log: Logger) {}

  /** Somebody else works on the turn too, and will call `release`. */
  hold(): void {
    this.holders += 1;
  }

  /** The client went away. A turn that somebody else works on goes on. */
  leave(): void {
    if (this.holders === 1) this.record.leave();
  }

  /** The last one to call it writes the line. */
  release(): void {
    this.holders -= 1;
    if (this.holders !== 0) return;
    const { level, entry } = renderTurn(this.record.facts());
    this.log.write(level, entry);
  }
}
