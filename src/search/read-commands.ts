/**
 * Reads the body of POST /alpha/search: the commands of Codex's `web.run` (docs/facts/codex-protocol.md, section 12).
 */
import { asArray, asNumber, asText, isRecord, type UnknownRecord } from '../base/json';

export type SearchCommand =
  | {
      readonly type: 'search';
      readonly text: string;
      readonly days: number | undefined;
      readonly domains: readonly string[];
    }
  | { readonly type: 'open'; readonly reference: string; readonly line: number }
  | { readonly type: 'click'; readonly reference: string; readonly link: number }
  | { readonly type: 'find'; readonly reference: string; readonly pattern: string }
  | { readonly type: 'time'; readonly offset: string }
  | { readonly type: 'unavailable'; readonly name: string };

export interface SearchBody {
  readonly thread: string;
  readonly model: string | undefined;
  readonly commands: readonly SearchCommand[];
  /** Results per query, from `response_length`: short, medium or long. */
  readonly count: number;
  readonly maxOutputTokens: number;
}

/** Maximum number of commands in one request; the rest are not run, and the result says so. */
export const MAX_COMMANDS = 10;

const COUNTS: ReadonlyMap<unknown, number> = new Map([['short', 4], ['long', 12]]);
const MEDIUM_COUNT = 8;
const DEFAULT_OUTPUT_TOKENS = 10_000;
const MAX_OUTPUT_TOKENS = 50_000;

type ReadEntry = (entry: UnknownRecord) => SearchCommand | undefined;

const READERS: ReadonlyMap<string, ReadEntry> = new Map<string, ReadEntry>([
  ['search_query', readSearch],
  [
    'open',
    (entry) => withReference(entry, (reference) => ({ type: 'open', reference, line: asNumber(entry['lineno']) ?? 1 })),
  ],
  [
    'click',
    (entry) => {
      const link = asNumber(entry['id']);
      return link === undefined ? undefined : withReference(entry, (reference) => ({ type: 'click', reference, link }));
    },
  ],
  [
    'find',
    (entry) => {
      const pattern = asText(entry['pattern']);
      return pattern === undefined
        ? undefined
        : withReference(entry, (reference) => ({ type: 'find', reference, pattern }));
    },
  ],
  ['time', (entry) => ({ type: 'time', offset: asText(entry['utc_offset']) ?? '+00:00' })],
]);

/** Reads the body leniently: drops invalid entries; an unknown command becomes `unavailable`. */
export function readSearchBody(body: UnknownRecord): SearchBody {
  const commands = isRecord(body['commands']) ? body['commands'] : {};
  const tokens = asNumber(body['max_output_tokens']) ?? DEFAULT_OUTPUT_TOKENS;
  return {
    thread: asText(body['id']) ?? '',
    model: asText(body['model']),
    commands: Object.entries(commands).flatMap(([name, value]) => readCommand(name, value)),
    count: COUNTS.get(commands['response_length']) ?? MEDIUM_COUNT,
    maxOutputTokens: Math.min(Math.max(200, tokens), MAX_OUTPUT_TOKENS),
  };
}

function readCommand(name: string, value: unknown): readonly SearchCommand[] {
  if (name === 'response_length' || value === null) return [];
  const read = READERS.get(name);
  const entries = asArray(value) ?? [value];
  if (read === undefined) return entries.length === 0 ? [] : [{ type: 'unavailable', name: name.slice(0, 40) }];
  return entries.flatMap((entry) => (isRecord(entry) ? (read(entry) ?? []) : []));
}

function readSearch(entry: UnknownRecord): SearchCommand | undefined {
  const text = asText(entry['q']);
  if (text === undefined) return undefined;
  const days = asNumber(entry['recency']);
  const domains = (asArray(entry['domains']) ?? []).flatMap((domain) => {
    const name = asText(domain)?.trim().toLowerCase() ?? '';
    return /^[\w.-]+\.[\w-]+$/.test(name) ? [name] : [];
  });
  return { type: 'search', text: text.slice(0, 400), days: days !== undefined && days > 0 ? days : undefined, domains };
}

function withReference(entry: UnknownRecord, make: (reference: string) => SearchCommand): SearchCommand | undefined {
  const reference = asText(entry['ref_id'])?.trim();
  return reference === undefined || reference === '' ? undefined : make(reference);
}
