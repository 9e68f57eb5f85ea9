/**
 * Reads a provider's report of what is left of a plan or a balance. None of these formats has been seen live; each
 * comment names its source, marked as in docs/facts/upstreams.md: [D] documented by the provider, [S] found in the
 * source of a client.
 */
import { asArray, asRecord, compact, isRecord, type UnknownRecord } from '../base/json';
import { renderCount } from '../base/quantities';

/** One window of a plan: how much of it is used, and when it resets. */
export interface QuotaWindow {
  readonly name: string;
  /** How much of `limit` is used; absent if the provider does not report it. */
  readonly used?: number;
  readonly limit?: number;
  /** The share that is used, from 0 to 1. */
  readonly share?: number;
  /** Milliseconds since the epoch. */
  readonly resetsAt?: number;
}

export interface QuotaBalance {
  readonly currency: string;
  readonly amount: number;
}

export interface QuotaReport {
  /** The provider's name for the plan. */
  readonly plan?: string;
  readonly windows: readonly QuotaWindow[];
  readonly balances: readonly QuotaBalance[];
}

/** The report; a string if the provider reports an error; `undefined` if the response is something else. */
export type ParsedQuota = QuotaReport | string | undefined;

/** @param host the host of the request: some providers bill each host in a different currency */
type QuotaReader = (answer: UnknownRecord, host: string) => ParsedQuota;

/** [S] Z.ai: Zhipu's own plugin and other clients. A failure is HTTP 200 with another `code`. */
const readLimits: QuotaReader = ({ data, code, msg }) => {
  const limits = asArray(asRecord(data)?.['limits']);
  if (limits === undefined) return code === 200 ? undefined : readText(msg);
  const windows = limits.filter(isRecord).map((limit): QuotaWindow => {
    const percentage = readCount(limit['percentage']);
    return {
      name: nameLimit(limit),
      ...compact({
        used: readCount(limit['currentValue']),
        limit: readCount(limit['usage']),
        share: percentage === undefined ? undefined : percentage / 100,
        resetsAt: readTime(limit['nextResetTime']),
      }),
    };
  });
  return { windows, balances: [], ...compact({ plan: readText(asRecord(data)?.['level']) }) };
};

/** The codes in `unit`. */
const UNITS: Readonly<Record<number, string>> = { 3: 'hours', 5: 'month', 6: 'week' };

function nameLimit({ type, unit, number }: UnknownRecord): string {
  const name = UNITS[readCount(unit) ?? 0] ?? 'window';
  const span = name === 'hours' ? `${readCount(number) ?? ''} ${name}`.trim() : name;
  return type === 'TOKENS_LIMIT' ? span : `${span}, tools`;
}

/** [S] MiniMax, clients of its plan: `current_interval_usage_count` is the remaining number, despite its name. */
const readRemains: QuotaReader = ({ model_remains: remains, base_resp: response, current_subscribe_title: plan }) => {
  const models = asArray(remains)?.filter(isRecord);
  if (models === undefined) return readText(asRecord(response)?.['status_msg']);
  const windows = models.map((model): QuotaWindow => {
    const limit = readCount(model['current_interval_total_count']);
    const remaining = readCount(model['current_interval_usage_count']);
    return {
      name: readText(model['model_name']) ?? '5 hours',
      ...compact({
        limit,
        used: limit === undefined || remaining === undefined ? undefined : limit - remaining,
        resetsAt: readTime(model['end_time']),
      }),
    };
  });
  return { windows, balances: [], ...compact({ plan: readText(plan) }) };
};

/** [S] Kimi Code, its clients: numbers are strings, the week is `usage`, shorter windows are in `limits`. */
const readUsages: QuotaReader = ({ usage, limits, user }) => {
  const rows = (asArray(limits) ?? []).filter(isRecord);
  if (!isRecord(usage) && rows.length === 0) return undefined;
  const short = rows.map(({ window, detail }) => readUsage(nameWindow(asRecord(window)), asRecord(detail)));
  const week = isRecord(usage) ? [readUsage('week', usage)] : [];
  const plan = readText(asRecord(asRecord(user)?.['membership'])?.['level']);
  return { windows: [...short, ...week], balances: [], ...compact({ plan }) };
};

function readUsage(name: string, detail: UnknownRecord = {}): QuotaWindow {
  const limit = readCount(detail['limit']);
  const remaining = readCount(detail['remaining']);
  const spent = limit === undefined || remaining === undefined ? undefined : limit - remaining;
  const used = readCount(detail['used']) ?? spent;
  return { name, ...compact({ used, limit, resetsAt: readTime(detail['resetTime']) }) };
}

function nameWindow(window: UnknownRecord = {}): string {
  const duration = readCount(window['duration']);
  if (duration === undefined) return '5 hours';
  const unit = /(\w+)$/.exec(String(window['timeUnit']).toLowerCase().replace('time_unit_', ''))?.[1] ?? '';
  const isHours = unit === 'minute' && duration % 60 === 0;
  return isHours ? renderCount(duration / 60, 'hour') : renderCount(duration, unit);
}

/** [D] api-docs.deepseek.com/api/get-user-balance */
const readBalances: QuotaReader = ({ balance_infos: infos }) => {
  const rows = asArray(infos)?.filter(isRecord);
  if (rows === undefined) return undefined;
  const balances = rows.map((row) =>
    ({ currency: readText(row['currency']) ?? '?', amount: readCount(row['total_balance']) ?? 0 }));
  return { windows: [], balances };
};

/** [D] platform.moonshot.ai/docs/api/balance: US dollars on the international host, yuan in China. */
const readAvailable: QuotaReader = ({ data }, host) => {
  const amount = readCount(asRecord(data)?.['available_balance']);
  if (amount === undefined) return undefined;
  return { windows: [], balances: [{ currency: host.endsWith('.cn') ? 'CNY' : 'USD', amount }] };
};

/** [D] openrouter.ai/docs, GET /credits; requires a management key. */
const readCredits: QuotaReader = ({ data }) => {
  const [bought, used] = ['total_credits', 'total_usage'].map((name) => readCount(asRecord(data)?.[name]));
  if (bought === undefined || used === undefined) return undefined;
  return { windows: [], balances: [{ currency: 'USD', amount: bought - used }] };
};

/** [D] openrouter.ai/docs, GET /key: the limit of the key itself, if it has one. */
const readKey: QuotaReader = ({ data }) => {
  const key = asRecord(data);
  const [used, limit] = ['usage', 'limit'].map((name) => readCount(key?.[name]));
  if (used === undefined) return undefined;
  return { windows: [{ name: 'this key, USD', used, ...compact({ limit }) }], balances: [] };
};

const READERS = {
  limits: readLimits,
  remains: readRemains,
  usages: readUsages,
  balances: readBalances,
  available: readAvailable,
  credits: readCredits,
  key: readKey,
} as const satisfies Record<string, QuotaReader>;

/** The format of a provider's response. */
export type QuotaForm = keyof typeof READERS;

/** Reads a provider's response leniently: missing fields are omitted. */
export const readQuotaAnswer = (form: QuotaForm, answer: unknown, host: string): ParsedQuota =>
  (isRecord(answer) ? READERS[form](answer, host) : undefined);

/** Reads a number, which may be a string; providers send both. */
function readCount(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

const readText = (value: unknown): string | undefined =>
  (typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined);

/** Reads seconds or milliseconds since the epoch, or ISO 8601, as milliseconds. */
function readTime(value: unknown): number | undefined {
  if (typeof value === 'string') return Number.isNaN(Date.parse(value)) ? undefined : Date.parse(value);
  const number = readCount(value);
  if (number === undefined || number <= 0) return undefined;
  return number < 1e11 ? number * 1_000 : number;
}
