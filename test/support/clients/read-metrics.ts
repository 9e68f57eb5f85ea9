/** Reads the text format of Prometheus strictly: checks the order of lines, the names, and the values. */
import assert from 'node:assert/strict';

export interface MetricsReading {
  readonly text: string;
  /** The value of one series. The bridge's prefix is added to every name that does not start with `process_`. */
  value(name: string, labels?: Readonly<Record<string, string>>): number;
  /** The sum of all series of a metric. */
  sum(name: string): number;
}

const PREFIX = 'aliyun_codex_bridge_';
const SAMPLE = /^([a-z_:][a-z0-9_:]*)(?:\{((?:[a-z_]+="[^"\\\n]*",?)*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;

/** @throws AssertionError for a line that the format does not allow, and for a metric that breaks its conventions */
export function readMetrics(text: string): MetricsReading {
  assert.ok(text.endsWith('\n'));
  const samples = new Map<string, number>();
  const seen = new Set<string>();
  let current = { name: '', type: '' };
  const lines = text.slice(0, -1).split('\n');
  lines.forEach((line, index) => {
    const help = /^# HELP (\S+) (\S.*\.)$/.exec(line);
    if (help) {
      const [, type] = /^# TYPE \S+ (counter|gauge|histogram)$/.exec(lines[index + 1] ?? '') ?? [];
      assert.ok(type !== undefined, `no type after: ${line}`);
      assert.ok(!seen.has(help[1] ?? ''), `repeated: ${line}`);
      current = { name: help[1] ?? '', type };
      seen.add(current.name);
      assertConventions(current);
      return;
    }
    if (line === `# TYPE ${current.name} ${current.type}`) return;
    const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
    assert.ok(name.startsWith(current.name), `not a sample of ${current.name}: ${line}`);
    const suffix = name.slice(current.name.length);
    assert.match(suffix, current.type === 'histogram' ? /^_(bucket|sum|count)$/ : /^$/, line);
    const key = `${name}{${labels}}`;
    assert.ok(!samples.has(key), `repeated: ${line}`);
    samples.set(key, Number(value));
  });
  assertHistograms(samples);
  const fullName = (name: string): string => (name.startsWith('process_') ? name : PREFIX + name);
  return {
    text,
    value(name, labels = {}) {
      const labelText = Object.entries(labels).map(([label, value]) => `${label}="${value}"`).join(',');
      const found = samples.get(`${fullName(name)}{${labelText}}`);
      assert.ok(found !== undefined, `no series ${name} ${labelText}`);
      return found;
    },
    sum: (name) =>
      [...samples].reduce((sum, [key, value]) => (key.startsWith(`${fullName(name)}{`) ? sum + value : sum), 0),
  };
}

/** Checks the conventions of Prometheus, "Metric and label naming". */
function assertConventions({ name, type }: { readonly name: string; readonly type: string }): void {
  assert.equal(name.endsWith('_total'), type === 'counter', name);
  assert.doesNotMatch(name, /_(ms|milliseconds|minutes|mb|kb|percent|counter|gauge|histogram)(_|$)/, name);
  if (type === 'histogram') assert.match(name, /_seconds$/);
}

/** Bucket values never decrease, and the last one equals the count. */
function assertHistograms(samples: ReadonlyMap<string, number>): void {
  const buckets = new Map<string, number[]>();
  for (const [key, value] of samples) {
    const [, name] = /^(.*)_bucket\{/.exec(key) ?? [];
    if (name !== undefined) buckets.set(name, [...(buckets.get(name) ?? []), value]);
  }
  for (const [name, counts] of buckets) {
    assert.deepEqual(counts, [...counts].sort((a, b) => a - b), name);
    assert.equal(counts.at(-1), samples.get(`${name}_count{}`), name);
    assert.ok(samples.has(`${name}_bucket{le="+Inf"}`) && samples.has(`${name}_sum{}`), name);
  }
}
