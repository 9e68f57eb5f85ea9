/** Writes the log line of each turn, and lines about silent providers; in text, a failure is a block of lines. */
import { renderCount, renderDuration, renderTokens } from '../base/quantities';
import { renderFailureLines, readFailureFields } from './turn-failure';
import type { LogEntry, LogFields, Logger, LogLevel } from './log';
import type { ChatUsage } from '../wire/chat';
import { finishOf, type Outcome, type Retry, type TurnFacts, type TurnRecord } from './turn-record';

/** How long the provider is silent before a line reports it, and the interval of further such lines. */
const SILENCE_MS = 30_000;

/**
 * Writes a turn's line once, when its last holder (the HTTP exchange or a background run) releases it. Until then,
 * writes a line whenever the provider has been silent for half a minute.
 */
export class TurnLog {
  private holders = 1;
  private unwatch: () => void;
  private received = 0;

  /**
   * @param onEnded receives the facts of the turn when its line is written
   * @param setTimer calls `action` after `milliseconds`, and returns a function that cancels it; replaced by tests
   */
  constructor(
    readonly record: TurnRecord,
    private readonly log: Logger,
    private readonly onEnded?: (facts: TurnFacts) => void,
    private readonly setTimer = setUnrefTimer,
  ) {
    this.unwatch = this.watch();
  }

  /** Adds a holder, which must call `release`. */
  hold(): void {
    this.holders += 1;
  }

  /** Call when the client disconnects. A turn with another holder continues. */
  leave(): void {
    if (this.holders === 1) this.record.leave();
  }

  /** Releases a holder; the last one writes the line. */
  release(): void {
    this.holders -= 1;
    if (this.holders !== 0) return;
    this.unwatch();
    const facts = this.record.facts();
    const { outcome } = facts;
    const failure = outcome.type === 'failed' ? renderFailureLines(outcome.error, facts) : [];
    // The line contains no part of the conversation.
    const entry = { message: 'turn', fields: readFields(facts), lines: [renderHead(facts), ...failure] };
    this.log.write(levelOf(outcome), entry);
    this.onEnded?.(facts);
  }

  private watch(): () => void {
    return this.setTimer(SILENCE_MS, () => {
      const facts = this.record.facts();
      if (facts.received === this.received) this.log.write('info', renderSilence(facts));
      this.received = facts.received;
      this.unwatch = this.watch();
    });
  }
}

function setUnrefTimer(milliseconds: number, action: () => void): () => void {
  const timer = setTimeout(action, milliseconds).unref();
  return () => clearTimeout(timer);
}

/** Describes a turn that has received nothing for a while. */
function renderSilence(facts: TurnFacts): LogEntry {
  const { received, totalMs, calls, firstMs } = facts;
  const state = firstMs === undefined ? (calls > 0 ? 'waiting' : 'preparing') : 'silent';
  const descriptions = {
    preparing: 'nothing sent yet',
    waiting: 'no answer yet',
    silent: `silent after ${renderCount(received, 'event')}`,
  };
  const columns = [...renderStart(facts), renderDuration(totalMs).padStart(8)];
  return {
    message: 'turn is silent',
    fields: { ...readNames(facts), state, duration_ms: totalMs, events: received, upstream_calls: calls },
    lines: [`${columns.join(' ')} … ${descriptions[state]}`],
  };
}

function levelOf(outcome: Outcome): LogLevel {
  // The client requested the cancellation.
  if (outcome.type !== 'failed' || outcome.error.kind === 'cancelled') return 'info';
  return outcome.error.cause === undefined ? 'warn' : 'error';
}

/** A shorter wait for the first token is not mentioned. */
const SLOW_START_MS = 5_000;

/** Renders aligned columns, then how the turn ended and anything unusual about it. */
function renderHead(facts: TurnFacts): string {
  const { requested, sent, usage, firstMs, retries, repairs, remembered } = facts;
  const columns = [
    ...renderStart(facts),
    ...(usage === undefined ? [] : renderTokenColumns(usage)),
    renderDuration(facts.totalMs).padStart(8),
  ];
  const tail = [
    renderEnd(facts),
    requested.request !== undefined && requested.request !== 'turn' && requested.request,
    requested.api !== 'responses' && requested.api,
    requested.tokenName !== undefined && `(${requested.tokenName})`,
    requested.model !== undefined && sent !== undefined && requested.model !== sent.model &&
      `instead of ${renderWord(requested.model)}`,
    firstMs !== undefined && firstMs >= SLOW_START_MS && `first token after ${renderDuration(firstMs)}`,
    retries.length > 0 && renderCount(retries.length, 'retry', 'retries'),
    repairs.length > 0 && `repaired (${repairs.join('; ')})`,
    facts.substitute !== undefined && `substituted (${facts.substitute})`,
    remembered && 'from memory',
  ];
  return [...columns, ...tail.filter(Boolean)].join(' ');
}

/** The columns that every line of a turn begins with. */
function renderStart({ requested, sent }: TurnFacts): readonly string[] {
  const model = sent?.model ?? requested.model;
  return ['turn', requested.program.padEnd(12), (model === undefined ? '' : renderWord(model)).padEnd(18)];
}

function renderTokenColumns({ prompt, cached, completion }: ChatUsage): readonly string[] {
  const share = cached > 0 && prompt > 0 ? `${Math.round((cached / prompt) * 100)}% cached` : '';
  return [
    `in ${renderTokens(prompt).padStart(5)}`,
    share.padStart(11),
    `out ${renderTokens(completion).padStart(5)}`,
  ];
}

function renderEnd(facts: TurnFacts): string {
  const { outcome } = facts;
  if (outcome.type === 'left') return `aborted ${STAGES[stageOf(facts)]}`;
  return outcome.type === 'failed' ? `failed ${outcome.error.kind}` : finishOf(facts);
}

/** How far a turn got before its client disconnected. */
const STAGES = { request: 'before anything was sent', waiting: 'while waiting', answering: 'while answering' } as const;

function stageOf({ firstMs, calls }: TurnFacts): keyof typeof STAGES {
  if (firstMs !== undefined) return 'answering';
  return calls > 0 ? 'waiting' : 'request';
}

/** Returns fields in snake_case, times in milliseconds; unknown ones are omitted. */
function readFields(facts: TurnFacts): LogFields {
  const { sent, usage, outcome, retries, repairs } = facts;
  return {
    ...readNames(facts),
    tools: sent?.tools,
    input_tokens: usage?.prompt,
    cached_tokens: usage?.cached,
    output_tokens: usage?.completion,
    reasoning_tokens: usage?.reasoning,
    first_token_ms: facts.firstMs,
    tokens_per_second: readRate(facts),
    duration_ms: facts.totalMs,
    finish: finishOf(facts),
    ...(outcome.type === 'left' && { stage: stageOf(facts) }),
    request_id: facts.requestId,
    upstream_calls: facts.calls,
    retries: retries.length,
    ...(retries.length > 0 && { retried: retries.map(readRetry) }),
    ...(repairs.length > 0 && { repairs }),
    ...(facts.substitute !== undefined && { substituted: facts.substitute }),
    ...(facts.remembered && { from_memory: true }),
    status: facts.status,
    ...(outcome.type === 'failed' && readFailureFields(outcome.error, facts)),
  };
}

/** Returns the fields that identify the client, its request and the model. */
const readNames = ({ requested, sent }: TurnFacts): LogFields => ({
  client: requested.program,
  token: requested.tokenName,
  api: requested.api,
  request: requested.request,
  thread: requested.thread,
  model: requested.model,
  sent_model: sent?.model,
  host: sent?.host,
});

const readRetry = ({ error, waitMs }: Retry): LogFields =>
  ({ kind: error.kind, upstream_status: error.details.upstreamStatus, wait_ms: Math.round(waitMs) });

/** A shorter answer arrives in one or two reads, so it gives no measure of the model's speed. */
const MIN_SPAN_MS = 20;

/** Computes output tokens per second from the first token to the end; one decimal below ten. */
function readRate({ usage, firstMs, endMs }: TurnFacts): number | undefined {
  if (usage === undefined || usage.completion === 0 || firstMs === undefined) return undefined;
  const spanMs = endMs - firstMs;
  if (spanMs < MIN_SPAN_MS) return undefined;
  const rate = usage.completion / (spanMs / 1_000);
  return rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate);
}

const MAX_WORD_LENGTH = 100;

/** Renders a name from outside, at most 100 characters of it: unchanged if it is one plain word, otherwise quoted. */
function renderWord(text: string): string {
  const short = text.slice(0, MAX_WORD_LENGTH);
  return /^[\w.:/@+-]+$/.test(short) ? short : JSON.stringify(short);
}
