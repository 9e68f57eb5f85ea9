/** What is known of one turn, collected while it runs: who asked for what, what went upstream, what came back, and when. */
import type { Clock } from '../base/clock';
import { BridgeError } from '../errors/bridge-error';
import type { ClientKind } from '../errors/error-body';
import type { FinishReason, Told } from '../stream/signal';
import type { ChatUsage } from '../wire/chat';

/** Who asks for what. */
export interface Asked {
  /** The program, without its version. */
  readonly program: string;
  /** In whose words it hears of a failure. */
  readonly client: ClientKind;
  /** The interface that it asks at. */
  readonly api: string;
  /** What sort of request it is, in Codex's words: `turn`, `compaction`, … */
  readonly request?: string | undefined;
  readonly thread?: string | undefined;
  readonly model?: string | undefined;
}

/** What goes upstream. */
export interface Sent {
  readonly model: string;
  readonly host: string;
  /** How many tools the model is offered. */
  readonly tools: number;
}

/** A call that failed and was made again. */
export interface Retry {
  readonly error: BridgeError;
  readonly waitMs: number;
}

/** How a turn ended. `left`: its client went away before. */
export type Outcome =
  | { readonly type: 'answered' }
  | { readonly type: 'left' }
  | { readonly type: 'failed'; readonly error: BridgeError };

/** A turn that is over. Times are milliseconds from its start. */
export interface TurnFacts {
  readonly asked: Asked;
  /** Undefined for a turn that was answered, or failed, before anything could be sent. */
  readonly sent: Sent | undefined;
  /** Upstream calls, those that were made again included. */
  readonly calls: number;
  readonly retries: readonly Retry[];
  /** What was changed in the request because the model refused it as it was. */
  readonly amendments: readonly string[];
  /** The same request was refused a moment ago: nobody was asked. */
  readonly remembered: boolean;
  readonly requestId: string | undefined;
  readonly usage: ChatUsage | undefined;
  readonly reason: FinishReason | undefined;
  /** When the first of the answer came; undefined when nothing did. */
  readonly firstMs: number | undefined;
  /** When the provider's answer was over. */
  readonly endMs: number;
  readonly totalMs: number;
  readonly outcome: Outcome;
  /** The HTTP status that the client was given; undefined when it was given none. */
  readonly status: number | undefined;
}

/** Holds facts and a clock: nothing is computed or written before `facts` is called. */
export class TurnRecord {
  private readonly start: number;
  private sent: Sent | undefined;
  private calls = 0;
  private readonly retries: Retry[] = [];
  private readonly amendments: string[] = [];
  private remembered = false;
  private requestId: string | undefined;
  private answer: Told | undefined;
  private first: number | undefined;
  private end: number | undefined;
  private outcome: Outcome | undefined;
  private status: number | undefined;

  constructor(private asked: Asked, private readonly clock: Clock) {
    this.start = clock();
  }

  /** The request was read this far. */
  ask(asked: Partial<Asked>): void {
    this.asked = { ...this.asked, ...asked };
  }

  /** The request is translated. */
  send(sent: Sent): void {
    this.sent = sent;
  }

  /** The provider is called, now or again. */
  call(): void {
    this.calls += 1;
  }

  /** The provider is not called: it refused the same request a moment ago. */
  remember(): void {
    this.remembered = true;
  }

  /** The next call will leave out what the last one was refused for. */
  amend(name: string): void {
    this.amendments.push(name);
  }

  /** The next call comes after a wait. */
  retry(error: BridgeError, waitMs: number): void {
    this.retries.push({ error, waitMs });
    this.answer = undefined;
    this.requestId = undefined;
    this.first = undefined;
  }

  /** The provider answers, and `answer` will know what. */
  follow(answer: Told, requestId: string | undefined): void {
    this.answer = answer;
    this.requestId = requestId;
  }

  /** Something of the answer has come; only the first time counts. */
  begin(): void {
    this.first ??= this.clock();
  }

  /** The answer is whole. */
  answered(): void {
    this.settle({ type: 'answered' });
  }

  /**
   * The turn has failed, or its client has gone: then whatever broke did so for that reason.
   * @param error its `cause` is a defect of the bridge
   * @param abort the signal of the turn
   */
  fail(error: BridgeError, abort?: AbortSignal): void {
    if (abort !== undefined && isGone(abort)) return this.leave();
    // A defect is told whatever else is known of the turn.
    if (error.cause !== undefined) this.outcome = undefined;
    this.settle({ type: 'failed', error });
  }

  /** The client went away; an answer that was whole before stays so. */
  leave(): void {
    this.settle({ type: 'left' });
  }

  /** The client was given this HTTP status. */
  tell(status: number): void {
    this.status = status;
  }

  /** Everything, as it stands. */
  facts(): TurnFacts {
    const now = this.clock();
    const since = (time: number): number => Math.max(0, time - this.start);
    const { asked, sent, calls, retries, amendments, status, outcome = { type: 'answered' } } = this;
    return {
      asked, sent, calls, retries, amendments, status, outcome,
      remembered: this.remembered && calls === 0,
      requestId: (outcome.type === 'failed' ? outcome.error.details.requestId : undefined) ?? this.requestId,
      usage: this.answer?.usage,
      reason: this.answer?.reason,
      firstMs: this.first === undefined ? undefined : since(this.first),
      endMs: since(this.end ?? now),
      totalMs: since(now),
    };
  }

  private settle(outcome: Outcome): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    this.end ??= this.clock();
  }
}

/** Whether the client went away: every other abort has a BridgeError as its reason, which the client is told. */
function isGone(abort: AbortSignal): boolean {
  return abort.aborted && !(abort.reason instanceof BridgeError);
}
