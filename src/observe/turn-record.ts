/** Collects the facts of one turn while it runs: client, request, upstream calls, result and timing. */
import type { Clock } from '../base/clock';
import { BridgeError } from '../errors/bridge-error';
import type { ClientKind } from '../errors/error-body';
import type { AnswerProgress, FinishReason } from '../stream/signal';
import type { ChatUsage } from '../wire/chat';

/** The client and its request. */
export interface RequestFacts {
  /** The program, without its version. */
  readonly program: string;
  /** The kind of client, which determines the error codes that it gets. */
  readonly client: ClientKind;
  /** The API that the client uses. */
  readonly api: string;
  /** The kind of request, by Codex's name for it: `turn`, `compaction`, … */
  readonly request?: string | undefined;
  readonly thread?: string | undefined;
  readonly model?: string | undefined;
  /** The name of the access token. */
  readonly tokenName?: string | undefined;
}

/** What is sent upstream. */
export interface Sent {
  readonly model: string;
  readonly host: string;
  /** The provider's name in the catalog. */
  readonly provider: string;
  /** Its base URL without the scheme. */
  readonly base: string;
  /** The number of tools offered to the model. */
  readonly tools: number;
}

/** A turn's calls to a model other than the one that answers it. */
export interface OtherCalls {
  readonly sent: Sent;
  readonly calls: number;
  readonly usage: ChatUsage | undefined;
  /** `replaced`: the model failed, and a fallback was called. `pictures`: it described pictures for another model. */
  readonly end: 'replaced' | 'pictures';
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

/** The facts about a turn that is running or has ended. Times are milliseconds from its start. */
export interface TurnFacts {
  readonly requested: RequestFacts;
  /** Undefined until the request has been translated; some turns are answered or fail without that. */
  readonly sent: Sent | undefined;
  /** Upstream calls, including retries and `others`. */
  readonly calls: number;
  /** The calls to models other than that in `sent`; their tokens are not in `usage`. */
  readonly others: readonly OtherCalls[];
  readonly retries: readonly Retry[];
  /** Changes to the request after the model rejected it. */
  readonly repairs: readonly string[];
  /** The key or model that answered in place of the first one, and why; undefined if it was the first one. */
  readonly substitute: string | undefined;
  /** Whether no call was made because the provider rejected the same request a moment ago. */
  readonly remembered: boolean;
  readonly requestId: string | undefined;
  /** Events of the provider's stream so far; most providers send one for each token or two. */
  readonly received: number;
  readonly usage: ChatUsage | undefined;
  readonly reason: FinishReason | undefined;
  /** Fractional milliseconds from the end of the request to the first upstream call; undefined without a call. */
  readonly addedMs: number | undefined;
  /** Time to first token; undefined if there was none. */
  readonly firstMs: number | undefined;
  /** The time at which the turn's outcome was known; until then, the current time. */
  readonly endMs: number;
  readonly totalMs: number;
  readonly outcome: Outcome;
  /** The HTTP status sent to the client; undefined if none was sent. */
  readonly status: number | undefined;
}

/** Collects facts with a clock; computes nothing before `facts` is called. */
export class TurnRecord {
  private readonly start: number;
  private sent: Sent | undefined;
  /** Calls to `sent`. */
  private calls = 0;
  private others: OtherCalls[] | undefined;
  private pictures: TurnRecord[] | undefined;
  private readonly retries: Retry[] = [];
  private readonly repairs: string[] = [];
  private substituted: string | undefined;
  private remembered = false;
  private requestId: string | undefined;
  private answer: AnswerProgress | undefined;
  private stream: { readonly received: number } | undefined;
  private readAt: number | undefined;
  private calledAt: number | undefined;
  private firstAt: number | undefined;
  private endAt: number | undefined;
  private outcome: Outcome | undefined;
  private status: number | undefined;

  constructor(private requested: RequestFacts, private readonly clock: Clock) {
    this.start = clock();
  }

  /** Adds facts about the client's request. */
  describeRequest(requested: Partial<RequestFacts>): void {
    this.requested = { ...this.requested, ...requested };
  }

  /**
   * Call when the request has been translated, and again before a fallback model is called in place of a failed one.
   */
  send(sent: Sent): void {
    if (this.sent !== undefined && this.calls > 0 && !isSameModel(this.sent, sent)) {
      (this.others ??= []).push({ sent: this.sent, calls: this.calls, usage: this.answer?.usage, end: 'replaced' });
      this.calls = 0;
      this.discardAnswer();
    }
    this.sent = sent;
  }

  /** Call before a model is asked to describe a picture. @returns the record of that request */
  describePicture(sent: Sent): TurnRecord {
    this.calledAt ??= this.clock();
    const record = new TurnRecord(this.requested, this.clock);
    record.send(sent);
    (this.pictures ??= []).push(record);
    return record;
  }

  /** Call when the whole request has been read. */
  markRead(): void {
    this.readAt = this.clock();
  }

  /** Call before each upstream call. */
  call(): void {
    this.calls += 1;
    this.calledAt ??= this.clock();
  }

  /** Call instead of calling the provider if it rejected the same request a moment ago. */
  remember(): void {
    this.remembered = true;
  }

  /** Adds the name of a change to the request, made because the provider rejected it. */
  repair(name: string): void {
    this.repairs.push(name);
  }

  /** Call when the next upstream call goes to another key or model; `why` names it and the reason. */
  substitute(why: string): void {
    this.substituted = why;
  }

  /** Adds a failed call that is retried after a wait. */
  retry(error: BridgeError, waitMs: number): void {
    this.retries.push({ error, waitMs });
    this.discardAnswer();
  }

  /** Call when the provider responds; `answer` provides the facts about its answer. */
  follow(answer: AnswerProgress, requestId: string | undefined, stream?: { readonly received: number }): void {
    this.answer = answer;
    this.stream = stream;
    this.requestId = requestId;
  }

  /** Call at the first token; later calls are no-ops. */
  begin(): void {
    this.firstAt ??= this.clock();
  }

  /** Call when the answer is complete. */
  answered(): void {
    this.settle({ type: 'answered' });
  }

  /**
   * Call when the turn has failed, possibly because its client disconnected.
   * @param error one with a `cause` is a bug in the bridge
   * @param abort the signal of the turn
   */
  fail(error: BridgeError, abort?: AbortSignal): void {
    if (abort !== undefined && hasDisconnected(abort)) return this.leave();
    // A bug is reported whatever the outcome so far.
    if (error.cause !== undefined) this.outcome = undefined;
    this.settle({ type: 'failed', error });
  }

  /** Call when the client disconnects; an answer that is already complete stays complete. */
  leave(): void {
    this.settle({ type: 'left' });
  }

  /** Sets the HTTP status sent to the client. */
  setStatus(status: number): void {
    this.status = status;
  }

  /** Returns everything known so far. */
  facts(): TurnFacts {
    const now = this.clock();
    const since = (time: number): number => Math.max(0, Math.round(time - this.start));
    const { requested, sent, retries, repairs, status, readAt, calledAt, outcome = { type: 'answered' } } = this;
    const others = this.listOthers();
    const calls = others.reduce((sum, other) => sum + other.calls, this.calls);
    return {
      requested, sent, calls, others, retries, repairs, status, outcome,
      substitute: this.substituted,
      remembered: this.remembered && calls === 0,
      requestId: (outcome.type === 'failed' ? outcome.error.details.requestId : undefined) ?? this.requestId,
      received: this.stream?.received ?? 0,
      usage: this.answer?.usage,
      reason: this.answer?.reason,
      addedMs: readAt === undefined || calledAt === undefined ? undefined : Math.max(0, calledAt - readAt),
      firstMs: this.firstAt === undefined ? undefined : since(this.firstAt),
      endMs: since(this.endAt ?? now),
      totalMs: since(now),
    };
  }

  /** Lists the calls to other models; those to one model for several pictures are added up. */
  private listOthers(): readonly OtherCalls[] {
    const listed = [...(this.others ?? [])];
    for (const { sent, calls, answer } of this.pictures ?? []) {
      if (sent === undefined || calls === 0) continue;
      const at = listed.findIndex((other) => other.end === 'pictures' && isSameModel(other.sent, sent));
      const known = listed[at];
      const usage = addUsage(known?.usage, answer?.usage);
      listed[known ? at : listed.length] = { sent, calls: calls + (known?.calls ?? 0), usage, end: 'pictures' };
    }
    return listed;
  }

  private discardAnswer(): void {
    this.answer = undefined;
    this.stream = undefined;
    this.requestId = undefined;
    this.firstAt = undefined;
  }

  private settle(outcome: Outcome): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    this.endAt ??= this.clock();
  }
}

/** Whether the client disconnected: every other abort has a BridgeError as its reason, which is sent to the client. */
function hasDisconnected(abort: AbortSignal): boolean {
  return abort.aborted && !(abort.reason instanceof BridgeError);
}

/** Returns the finish reason, the kind of failure, or `aborted`. */
export function finishOf({ outcome, reason }: TurnFacts): string {
  if (outcome.type === 'left') return 'aborted';
  return outcome.type === 'failed' ? outcome.error.kind : (reason ?? 'stop');
}

const isSameModel = (one: Sent, other: Sent): boolean =>
  one.model === other.model && one.provider === other.provider && one.base === other.base;

function addUsage(one: ChatUsage | undefined, other: ChatUsage | undefined): ChatUsage | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    prompt: one.prompt + other.prompt,
    completion: one.completion + other.completion,
    total: one.total + other.total,
    cached: one.cached + other.cached,
    cacheWrite: one.cacheWrite === undefined ? other.cacheWrite : one.cacheWrite + (other.cacheWrite ?? 0),
    reasoning: one.reasoning + other.reasoning,
  };
}
