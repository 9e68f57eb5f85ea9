/** One line for each turn, for people and for programs; a failure is a block of lines for people. Pure. */
import { renderFailureLines, readFailureFields } from './turn-failure';
import type { LogEntry, LogFields, LogLevel } from './log';
import { renderSeconds } from './seconds';
import type { Outcome, Retry, TurnFacts } from './turn-record';

/** What is written of a turn, and how important it is. */
export interface TurnLine {
  readonly level: LogLevel;
  readonly entry: LogEntry;
}

/** @returns the line of a turn; it holds nothing of the conversation */
export function renderTurn(facts: TurnFacts): TurnLine {
  const { outcome } = facts;
  const lines = outcome.type === 'failed' ? renderFailureLines(outcome.error, facts) : [];
  const entry = { message: 'turn', fields: readFields(facts), lines: [renderHead(facts), ...lines] };
  return { level: levelOf(outcome), entry };
}

function levelOf(outcome: Outcome): LogLevel {
  // A cancelled answer is what its client asked for.
  if (outcome.type !== 'failed' || outcome.error.kind === 'cancelled') return 'info';
  return outcome.error.cause === undefined ? 'warn' : 'error';
}

function renderHead(facts: TurnFacts): string {
  const { asked, sent, usage, outcome, firstMs, retries, amendments, requestId, remembered } = facts;
  const rate = readRate(facts);
  const words: readonly (string | false | undefined)[] = [
    'turn',
    asked.program,
    asked.api !== 'responses' && asked.api,
    asked.request !== 'turn' && asked.request,
    renderModels(facts),
    sent && count(sent.tools, 'tool', 'tools'),
    usage && `in ${grouped(usage.prompt)}${usage.cached > 0 ? ` (${grouped(usage.cached)} cached)` : ''}`,
    usage && `out ${grouped(usage.completion)}${usage.reasoning > 0 ? ` (${grouped(usage.reasoning)} reasoning)` : ''}`,
    !usage && sent && outcome.type === 'answered' && 'in ? out ?',
    firstMs !== undefined && `first ${renderSeconds(firstMs)}`,
    rate !== undefined && `${rate} tok/s`,
    `total ${renderSeconds(facts.totalMs)}`,
    renderEnd(facts),
    requestId !== undefined && word(requestId),
    retries.length > 0 && count(retries.length, 'retry', 'retries'),
    amendments.length > 0 && `amended (${amendments.join('; ')})`,
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

/** How far a turn came whose client went away. */
const STAGES = { request: 'before anything was sent', waiting: 'while waiting', answering: 'while answering' } as const;

function stageOf({ firstMs, calls }: TurnFacts): keyof typeof STAGES {
  if (firstMs !== undefined) return 'answering';
  return calls > 0 ? 'waiting' : 'request';
}

function finishOf({ outcome, reason }: TurnFacts): string {
  if (outcome.type === 'left') return 'aborted';
  return outcome.type === 'failed' ? outcome.error.kind : (reason ?? 'stop');
}

/** Names as the log has always written them: snake_case, times in milliseconds. What is not known is left out. */
function readFields(facts: TurnFacts): LogFields {
  const { asked, sent, usage, outcome, retries, amendments } = facts;
  return {
    client: asked.program,
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
    ...(amendments.length > 0 && { amendments }),
    ...(facts.remembered && { from_memory: true }),
    status: facts.status,
    ...(outcome.type === 'failed' && readFailureFields(outcome.error, facts)),
  };
}

const readRetry = ({ error, waitMs }: Retry): LogFields =>
  ({ kind: error.kind, upstream_status: error.details.upstreamStatus, wait_ms: Math.round(waitMs) });

/** An answer that came within a shorter time came in one or two reads: that says nothing of how fast a model writes. */
const SHORTEST_SPAN_MS = 20;

/** Output tokens a second from the first of the answer to its end; one decimal below ten. */
function readRate({ usage, firstMs, endMs }: TurnFacts): number | undefined {
  if (usage === undefined || usage.completion === 0 || firstMs === undefined) return undefined;
  const spanMs = endMs - firstMs;
  if (spanMs < SHORTEST_SPAN_MS) return undefined;
  const rate = usage.completion / (spanMs / 1_000);
  return rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate);
}

const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;

const grouped = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ',');

const LONGEST_WORD = 100;

/** What a stranger named: as it is where it is one plain word, quoted otherwise. */
function word(text: string): string {
  const short = text.slice(0, LONGEST_WORD);
  return /^[\w.:/@+-]+$/.test(short) ? short : JSON.stringify(short);
}
