/** Writes the log line of each turn, as text or JSON; in text, a failure is a block of lines. */
import { renderCount, renderDuration } from '../base/quantities';
import { renderFailureLines, readFailureFields } from './turn-failure';
import type { LogEntry, LogFields, Logger, LogLevel } from './log';
import type { Outcome, Retry, TurnFacts, TurnRecord } from './turn-record';

/** Writes the line of a turn once, when its last holder releases it: the HTTP exchange, or a background run. */
export class TurnLog {
  private holders = 1;

  /** @param keep receives the facts of the turn, for the usage ledger */
  constructor(
    readonly record: TurnRecord, private readonly log: Logger, private readonly keep?: (facts: TurnFacts) => void,
  ) {}

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
    const facts = this.record.facts();
    const { level, entry } = renderTurn(facts);
    this.log.write(level, entry);
    this.keep?.(facts);
  }
}

/** The line contains no part of the conversation. */
function renderTurn(facts: TurnFacts): { readonly level: LogLevel; readonly entry: LogEntry } {
  const { outcome } = facts;
  const lines = outcome.type === 'failed' ? renderFailureLines(outcome.error, facts) : [];
  const entry = { message: 'turn', fields: readFields(facts), lines: [renderHead(facts), ...lines] };
  return { level: levelOf(outcome), entry };
}

function levelOf(outcome: Outcome): LogLevel {
  // The client asked for the cancellation.
  if (outcome.type !== 'failed' || outcome.error.kind === 'cancelled') return 'info';
  return outcome.error.cause === undefined ? 'warn' : 'error';
}

function renderHead(facts: TurnFacts): string {
  const { asked, sent, usage, outcome, firstMs, retries, repairs, requestId, remembered } = facts;
  const rate = readRate(facts);
  const words: readonly (string | false | undefined)[] = [
    'turn',
    asked.program,
    asked.holder !== undefined && `(${asked.holder})`,
    asked.api !== 'responses' && asked.api,
    asked.request !== 'turn' && asked.request,
    renderModels(facts),
    sent && renderCount(sent.tools, 'tool'),
    usage && `in ${grouped(usage.prompt)}${usage.cached > 0 ? ` (${grouped(usage.cached)} cached)` : ''}`,
    usage && `out ${grouped(usage.completion)}${usage.reasoning > 0 ? ` (${grouped(usage.reasoning)} reasoning)` : ''}`,
    !usage && sent && outcome.type === 'answered' && 'in ? out ?',
    firstMs !== undefined && `first ${renderDuration(firstMs)}`,
    rate !== undefined && `${rate} tok/s`,
    `total ${renderDuration(facts.totalMs)}`,
    renderEnd(facts),
    requestId !== undefined && word(requestId),
    retries.length > 0 && renderCount(retries.length, 'retry', 'retries'),
    repairs.length > 0 && `repaired (${repairs.join('; ')})`,
    facts.substitute !== undefined && `substituted (${facts.substitute})`,
    remembered && 'from memory',
  ];
  return words.filter(Boolean).join(' ');
}

function renderModels({ asked: { model: asked }, sent }: TurnFacts): string | undefined {
  if (sent === undefined) return asked === undefined ? undefined : word(asked);
  return asked === undefined || asked === sent.model ? word(sent.model) : `${word(asked)} -> ${word(sent.model)}`;
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

function finishOf({ outcome, reason }: TurnFacts): string {
  if (outcome.type === 'left') return 'aborted';
  return outcome.type === 'failed' ? outcome.error.kind : (reason ?? 'stop');
}

/** Returns fields in snake_case, times in milliseconds; unknown ones are omitted. */
function readFields(facts: TurnFacts): LogFields {
  const { asked, sent, usage, outcome, retries, repairs } = facts;
  return {
    client: asked.program,
    token: asked.holder,
    api: asked.api,
    request: asked.request,
    thread: asked.thread,
    model: asked.model,
    sent_model: sent?.model,
    host: sent?.host,
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

const readRetry = ({ error, waitMs }: Retry): LogFields =>
  ({ kind: error.kind, upstream_status: error.details.upstreamStatus, wait_ms: Math.round(waitMs) });

/** A shorter answer arrives in one or two reads, so it gives no measure of the model's speed. */
const SHORTEST_SPAN_MS = 20;

/** Computes output tokens per second from the first token to the end; one decimal below ten. */
function readRate({ usage, firstMs, endMs }: TurnFacts): number | undefined {
  if (usage === undefined || usage.completion === 0 || firstMs === undefined) return undefined;
  const spanMs = endMs - firstMs;
  if (spanMs < SHORTEST_SPAN_MS) return undefined;
  const rate = usage.completion / (spanMs / 1_000);
  return rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate);
}

const grouped = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ',');

const LONGEST_WORD = 100;

/** Renders a name from outside: unchanged if it is one plain word, otherwise quoted. */
function word(text: string): string {
  const short = text.slice(0, LONGEST_WORD);
  return /^[\w.:/@+-]+$/.test(short) ? short : JSON.stringify(short);
}
