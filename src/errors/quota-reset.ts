/** Determines when an exhausted quota resets, from the provider's message or the rules of its plan. */
import { renderDuration } from '../base/quantities';

/** A sentence about the reset, and its time if that is known and in the future. */
export interface Reset {
  /** Milliseconds since the epoch. */
  readonly at?: number;
  readonly sentence: string;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const BEIJING_OFFSET = 8 * HOUR;
const MONDAY = 'The weekly quota resets on Monday at 00:00 (UTC+8)';

/** The rules of plans. Their sources are cited in the rows of src/providers that use them. */
const RESETS = {
  /** A rolling five-hour window. */
  rolling: () => ({
    sentence:
      'This is a rolling limit: each request counts for five hours, so the limit clears within five hours.',
  }),
  /** Monday 00:00 in China. */
  monday: (_message, now) =>
    now === undefined ? { sentence: `${MONDAY}.` } : createReset(findNextMonday(now), now, MONDAY),
  /** 00:00 in China on the day of the month on which the subscription began, or on the last day of a shorter month. */
  'subscription-day': () => ({
    sentence:
      'The monthly quota resets at 00:00 (UTC+8) on the day of the month on which the subscription began.',
  }),
  /** The time in the message, which is China Standard Time if no zone is given. */
  'beijing-time': (message, now) => findInMessage(message, now, BEIJING_OFFSET),
} as const satisfies Record<string, (message: string, now: number | undefined) => Reset | undefined>;

/** The name of a plan's rule. */
export type QuotaReset = keyof typeof RESETS;

/**
 * Finds when the quota resets; undefined if that is not known.
 *
 * @param rule the plan's rule; if absent, only a time with a zone in the message is used
 * @param now milliseconds since the epoch, if a clock is available
 */
export function findReset(rule: QuotaReset | undefined, message: string, now: number | undefined): Reset | undefined {
  return rule === undefined ? findInMessage(message, now, undefined) : RESETS[rule](message, now);
}

/** `2026-09-09 05:38:28`, `2026-05-15T15:00:00Z`, `2026-08-29 23:59:59 +0800 CST`. */
const TIME = /(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?\s?(Z|UTC|[+-]\d\d:?\d\d)?/;

function findInMessage(message: string, now: number | undefined, fallback: number | undefined): Reset | undefined {
  const [, day, time = '', zone] = TIME.exec(message) ?? [];
  const offset = zone === undefined ? fallback : readOffset(zone);
  if (day === undefined || offset === undefined) return undefined;
  const local = Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}Z`);
  return Number.isNaN(local) ? undefined : createReset(local - offset, now, 'The quota resets');
}

function readOffset(zone: string): number {
  const [, sign, hours, minutes] = /([+-])(\d\d):?(\d\d)/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * MINUTE);
}

function findNextMonday(now: number): number {
  const local = now + BEIJING_OFFSET;
  const today = Math.floor(local / DAY) * DAY;
  // Days since Monday: the epoch began on a Thursday.
  const weekday = (Math.floor(local / DAY) + 3) % 7;
  return today + (7 - weekday) * DAY - BEIJING_OFFSET;
}

function createReset(at: number, now: number | undefined, opening: string): Reset {
  const when = `${opening}: ${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return now !== undefined && at > now
    ? { at, sentence: `${when}, in ${renderDuration(Math.ceil((at - now) / MINUTE) * MINUTE)}.` }
    : { sentence: `${when}.` };
}
