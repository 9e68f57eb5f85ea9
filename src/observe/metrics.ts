/** Adds up the facts of turns and renders them for Prometheus, in its text format (version 0.0.4). */
import { ERRORS } from '../errors/error-table';
import type { TurnFacts } from './turn-record';

/** The media type of the text format. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const PREFIX = 'aliyun_codex_bridge_';

type Labels = Readonly<Record<string, string>>;

/** A metric with one value, which is read at each request for `/metrics`. */
export interface Measurement {
  /**
   * Without the bridge's prefix, which is added except to names that all programs share:
   * `process_resident_memory_bytes`.
   */
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly value: number;
  readonly labels?: Labels;
}

const OUTCOMES = ['answered', 'failed', 'left'] as const;
const APIS = ['responses', 'chat', 'compaction'] as const;
const TOKEN_KINDS = ['input', 'cached_input', 'output', 'reasoning_output'] as const;

/** Counts turns and tokens since the first request for `/metrics`. */
export class Metrics {
  private readonly turns = new Counter(
    'turns_total', 'Turns that have ended; left: the client disconnected first.',
    APIS.flatMap((api) => OUTCOMES.map((outcome) => ({ api, outcome }))),
  );
  private readonly errors = new Counter('turn_errors_total', 'Failed turns by kind of error.', listErrorLabels());
  private readonly calls = new Counter('upstream_calls_total', 'Requests sent to providers, retries included.', [{}]);
  private readonly retries = new Counter(
    'upstream_retries_total', 'Retried requests, by the kind of error that caused the retry.', listErrorLabels(),
  );
  private readonly tokens = new Counter(
    'tokens_total', 'Tokens by kind; cached_input is part of input, reasoning_output of output.',
    TOKEN_KINDS.map((kind) => ({ kind })),
  );
  private readonly firstToken = new Histogram(
    'time_to_first_token_seconds', 'From the start of a request to the first token of its answer.',
    [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
  );
  private readonly duration = new Histogram(
    'turn_duration_seconds', 'From the start of a request to the end of its answer.',
    [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800],
  );
  private readonly added = new Histogram(
    'added_latency_seconds', 'From the last byte of a request until its provider is called: what the bridge adds.',
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  );

  /** Counts a turn that is over. */
  count({ requested, outcome, calls, others, retries, usage: own, firstMs, totalMs, addedMs }: TurnFacts): void {
    this.turns.add(1, { api: requested.api, outcome: outcome.type });
    if (outcome.type === 'failed') this.errors.add(1, { kind: outcome.error.kind });
    this.calls.add(calls);
    for (const { error: { kind } } of retries) this.retries.add(1, { kind });
    for (const { usage } of [...others, { usage: own }]) {
      const { prompt = 0, cached = 0, completion = 0, reasoning = 0 } = usage ?? {};
      [prompt, cached, completion, reasoning].forEach((count, index) => {
        this.tokens.add(count, { kind: TOKEN_KINDS[index] ?? '' });
      });
    }
    if (firstMs !== undefined) this.firstToken.observe(firstMs / 1_000);
    if (addedMs !== undefined) this.added.observe(addedMs / 1_000);
    this.duration.observe(totalMs / 1_000);
  }

  /** @param measurements the current values of other metrics; those with the same name are adjacent */
  render(measurements: readonly Measurement[]): string {
    const counted = [this.turns, this.errors, this.calls, this.retries, this.tokens];
    const measured = [this.firstToken, this.duration, this.added];
    const metrics = [...counted, ...measured].map((metric) => metric.render());
    return [...metrics, ...measurements.map(renderMeasurement)].join('');
  }
}

const listErrorLabels = (): readonly Labels[] => Object.keys(ERRORS).map((kind) => ({ kind }));

/** Every series exists from the start with 0: Prometheus cannot see the first increase of one that appears later. */
class Counter {
  private readonly values: Map<string, number>;

  constructor(private readonly name: string, private readonly help: string, series: readonly Labels[]) {
    this.values = new Map(series.map((labels) => [renderLabels(labels), 0]));
  }

  add(count: number, labels: Labels = {}): void {
    const key = renderLabels(labels);
    this.values.set(key, (this.values.get(key) ?? 0) + count);
  }

  render(): string {
    const lines = [...this.values].map(([labels, value]) => `${PREFIX}${this.name}${labels} ${value}\n`);
    return renderHead(PREFIX + this.name, 'counter', this.help) + lines.join('');
  }
}

class Histogram {
  private readonly counts: number[];
  private sum = 0;

  /** @param bounds upper bounds of the buckets in seconds, ascending; a bucket without a bound is added */
  constructor(
    private readonly name: string, private readonly help: string, private readonly bounds: readonly number[],
  ) {
    this.counts = [...bounds, Number.POSITIVE_INFINITY].map(() => 0);
  }

  observe(seconds: number): void {
    const found = this.bounds.findIndex((bound) => seconds <= bound);
    const bucket = found === -1 ? this.bounds.length : found;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += seconds;
  }

  render(): string {
    const name = PREFIX + this.name;
    let total = 0;
    const buckets = this.counts.map((count, index) => {
      total += count;
      return `${name}_bucket{le="${this.bounds[index] ?? '+Inf'}"} ${total}\n`;
    });
    const sums = `${name}_sum ${this.sum}\n${name}_count ${total}\n`;
    return renderHead(name, 'histogram', this.help) + buckets.join('') + sums;
  }
}

function renderMeasurement({ name, type, help, value, labels = {} }: Measurement): string {
  const full = name.startsWith('process_') ? name : PREFIX + name;
  return `${renderHead(full, type, help)}${full}${renderLabels(labels)} ${value}\n`;
}

const renderHead = (name: string, type: string, help: string): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/["\\\n]/g, '_')}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
