/** Collects the facts of one turn while it runs: client, request, upstream calls, result and timing. */
import type { Clock } from '../base/clock';
import { BridgeError } from '../errors/bridge-error';
import type { ClientKind } from '../errors/error-body';
import type { AnswerProgress, FinishReason } from '../stream/signal';
import type { ChatUsage } from '../wire/chat';

/** The client and its request. */
export interface Asked {
  /** The program, without its version. */
  readonly program: string;
  /** Decides which error codes it gets. */
  readonly client: ClientKind;
  /** The API it uses. */
  readonly api: string;
  /** What kind of request it is, as Codex names it: `turn`, `compaction`, … */
  readonly request?: string | undefined;
  readonly thread?: string | undefined;
  readonly model?: string | undefined;
  /** The name of the access token. */
  readonly holder?: string | undefined;
}

/** What is sent upstream. */
export interface Sent {
  readonly model: string;
  readonly host: string;
  /** The provider's name in the catalog. */
  readonly provider: string;
  /** Its base URL without the scheme. */
  readonly base: string;
  /** How many tools the model is offered. */
  readonly tools: number;
}

/** A call that failed and was retried. */
export interface Retry {
  readonly error: BridgeError;
  readonly waitMs: number;
}

/** How a turn ended. `left`: its client disconnected first. */
export type Outcome =
  | { readonly type: 'answered' }
  | { readonly type: 'left' }
  | { readonly type: 'failed'; readonly error: BridgeError };

/** A turn that is over. Times are milliseconds from its start. */
export interface TurnFacts {
  readonly asked: Asked;
  /** Undefined for a turn that was answered, or failed, before anything could be sent. */
  readonly sent: Sent | undefined;
  /** Upstream calls, retries included. */
  readonly calls: number;
  readonly retries: readonly Retry[];
  /** What was changed in the request because the model rejected it. */
  readonly repairs: readonly string[];
  /** The same request was rejected a moment ago, so nothing was sent. */
  readonly remembered: boolean;
  readonly requestId: string | undefined;
  readonly usage: ChatUsage | undefined;
  readonly reason: FinishReason | undefined;
  /** Time to first token; undefined when there was none. */
  readonly firstMs: number | undefined;
  /** When the provider's answer was over. */
  readonly endMs: number;
  readonly totalMs: number;
  readonly outcome: Outcome;
  /** The HTTP status that the client was given; undefined when it was given none. */
  readonly status: number | undefined;
}

/** Holds facts and a clock; nothing is computed before `facts` is called. */
export class TurnRecord {
  private readonly start: number;
  private sent: Sent | undefined;
  private calls = 0;
  private readonly retries: Retry[] = [];
  private readonly repairs: string[] = [];
  private remembered = false;
  private requestId: string | undefined;
  private answer: AnswerProgress | undefined;
  private first: number | undefined;
  private end: number | undefined;
  private outcome: Outcome | undefined;
  private status: number | undefined;

  constructor(private asked: Asked, private readonly clock: Clock) {
    this.start = clock();
  }

  /** Adds what was read of the request. */
  ask(asked: Partial<Asked>): void {
    this.asked = { ...this.asked, ...asked };
  }

  /** The request is translated. */
  send(sent: Sent): void {
    this.sent = sent;
  }

  /** The provider is called. */
  call(): void {
    this.calls += 1;
  }

  /** The provider is not called: it rejected the same request a moment ago. */
  remember(): void {
    this.remembered = true;
  }

  /** The next call omits what the last one was rejected for. */
  repair(name: string): void {
    this.repairs.push(name);
  }

  /** The next call comes after a wait. */
  retry(error: BridgeError, waitMs: number): void {
    this.retries.push({ error, waitMs });
    this.answer = undefined;
    this.requestId = undefined;
    this.first = undefined;
  }

  /** The provider answers, and `answer` will know what. */
  follow(answer: AnswerProgress, requestId: string | undefined): void {
    this.answer = answer;
    this.requestId = requestId;
  }

  /** The first token has come; later calls are no-ops. */
  begin(): void {
    this.first ??= this.clock();
  }

  /** The answer is complete. */
  answered(): void {
    this.settle({ type: 'answered' });
  }

  /**
   * The turn has failed; or its client has disconnected, and that is why it failed.
   * @param error its `cause` is a defect of the bridge
   * @param abort the signal of the turn
   */
  fail(error: BridgeError, abort?: AbortSignal): void {
    if (abort !== undefined && isGone(abort)) return this.leave();
    // A defect is reported whatever else is known of the turn.
    if (error.cause !== undefined) this.outcome = undefined;
    this.settle({ type: 'failed', error });
  }

  /** The client disconnected; an answer that was already complete stays so. */
  leave(): void {
    this.settle({ type: 'left' });
  }

  /** The HTTP status that the client got. */
  responded(status: number): void {
    this.status = status;
  }

  /** Everything that is known now. */
  facts(): TurnFacts {
    const now = this.clock();
    const since = (time: number): number => Math.max(0, time - this.start);
    const { asked, sent, calls, retries, repairs, status, outcome = { type: 'answered' } } = this;
    return {
      asked, sent, calls, retries, repairs, status, outcome,
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

/** Whether the client disconnected: every other abort has a BridgeError as its reason, which the client gets. */
function isGone(abort: AbortSignal): boolean {
  return abort.aborted && !(abort.reason instanceof BridgeError);
}
