/** Reads the usage ledger: the entries since a point in time, oldest first. */
import { readFileSync } from 'node:fs';
import { asNumber, asText, compact, type JsonObject, parseJsonObject } from '../base/json';
import { attempt } from '../base/thrown';
import type { UsageEntry } from '../observe/usage-ledger';

/**
 * Reads the entries of `path` and of the rotated file next to it. Skips lines that are not entries.
 *
 * @param since milliseconds since the epoch
 */
export function readLedger(path: string, since: number): readonly UsageEntry[] {
  const first = new Date(since).toISOString();
  return [`${path}.1`, path].flatMap((file) => {
    const text = attempt(() => readFileSync(file, 'utf8')) ?? '';
    return text.split('\n').flatMap((line) => (isBefore(line, first) ? [] : readEntry(parseJsonObject(line)) ?? []));
  });
}

/** Compares text, because each line starts with its time: old lines need not be parsed. */
const isBefore = (line: string, first: string): boolean => line.slice(TIME_START, TIME_START + first.length) < first;

const TIME_START = '{"time":"'.length;

function readEntry(line: JsonObject | undefined): UsageEntry | undefined {
  const [time, provider, base, model] = ['time', 'provider', 'base', 'model'].map((name) => asText(line?.[name]));
  const requests = asNumber(line?.['requests']);
  if (line === undefined || time === undefined || Number.isNaN(Date.parse(time))) return undefined;
  if (provider === undefined || base === undefined || model === undefined || requests === undefined) return undefined;
  const count = (name: string): number | undefined => asNumber(line[name]);
  return {
    time, provider, base, model, requests,
    client: asText(line['client']) ?? 'unknown',
    ms: count('ms') ?? 0,
    end: asText(line['end']) ?? 'unknown',
    ...compact({
      thread: asText(line['thread']), token: asText(line['token']),
      input: count('input'), cached: count('cached'), output: count('output'), reasoning: count('reasoning'),
    }),
  };
}
