/** Measures the cost per piece of each kind of stream, in short and long answers, and prints a table. */
import { once } from 'node:events';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { startProcess } from './processes';

const KINDS = [
  'text', 'reasoning', 'think tags', 'function arguments', 'custom patch', 'markup call', 'JSON with fence',
  'two calls interleaved',
];
const CLIENTS = ['Responses', 'Chat', 'JSON'];
const SIZES = [1_000, 10_000, 100_000];
/** Maximum cost of a piece of the longest answer, as a multiple of the smallest cost in its row. */
const MAX_RATIO = 1.3;
const MAX_MEGABYTES = 250;
const ROW_DEADLINE_MS = 120_000;

interface KindRow {
  /** CPU microseconds per piece, for each size. */
  readonly micros: readonly number[];
  /** Peak resident memory until the end of the first answer of the largest size. */
  readonly peakMb: number;
}

/** Runs one row in a separate process; undefined if it failed, with the reason on stderr. */
async function runRow(kind: string, client: string): Promise<KindRow | undefined> {
  const args = [join(__dirname, 'kind-row.cjs'), kind, client, ...SIZES.map(String)];
  const child = startProcess(process.execPath, args, {
    timeout: ROW_DEADLINE_MS, stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'] },
  });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code === 0) return JSON.parse(output) as KindRow;
  process.stderr.write(`${kind}, ${client}: exited with ${code ?? signal}\n`);
  return undefined;
}

function renderRow(kind: string, client: string, row: KindRow | undefined): string {
  const head = `${kind.padEnd(22)} ${client.padEnd(9)}`;
  if (row === undefined) return `${head}  failed`;
  const ratio = (row.micros.at(-1) ?? NaN) / Math.min(...row.micros);
  const met = ratio <= MAX_RATIO && row.peakMb < MAX_MEGABYTES;
  const costs = row.micros.map((micros) => micros.toFixed(1).padStart(9)).join('');
  const limited = [ratio.toFixed(2).padStart(6), row.peakMb.toFixed(0).padStart(8)].join(' ');
  return `${head} ${costs} ${limited}  ${met ? 'met' : 'missed'}`;
}

/** Prints a row for each kind and client. @returns the exit code: 1 if a row could not be measured */
export async function measureKinds(): Promise<number> {
  const load = (): string => (loadavg()[0] ?? 0).toFixed(1);
  const loadBefore = load();
  const sizes = SIZES.map((size) => size.toLocaleString('en').padStart(9)).join('');
  console.log(`${'CPU µs per piece'.padEnd(22)} ${'client'.padEnd(9)} ${sizes}  ratio  peak MB`);
  let failures = 0;
  for (const kind of KINDS) {
    for (const client of CLIENTS) {
      const row = await runRow(kind, client);
      if (row === undefined) failures += 1;
      console.log(renderRow(kind, client, row));
    }
  }
  console.log(`Node ${process.version}, ${process.platform}, ${cpus().length} cores, load ${loadBefore} to ${load()}`);
  return failures === 0 ? 0 : 1;
}
