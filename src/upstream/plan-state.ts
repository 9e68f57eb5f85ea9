/** Remembers which keys and models cannot be used now, and until when. Loaded only if there are alternatives. */
import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock';
import { remember } from '../base/remember';
import type { BridgeError } from '../errors/bridge-error';
import type { ErrorKind } from '../errors/error-table';

/** Why a key or a model is cooling down, and until when. */
export interface CoolDown {
  readonly kind: ErrorKind;
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** Whether the provider stated the time; otherwise it is an estimate. */
  readonly isStated: boolean;
}

/** A model at a host with one key. */
export interface Candidate {
  readonly host: string;
  readonly model: string;
  /** Undefined if no key is sent. */
  readonly key: string | undefined;
}

const MINUTE = 60_000;

/**
 * The kinds of failures after which another key or model is tried, with the cool-down if the provider states none.
 * Every other kind concerns the request, and would occur elsewhere too.
 */
const DEFAULT_COOL_DOWNS: { readonly [K in ErrorKind]?: number } = {
  auth: 60 * MINUTE,
  quota: 15 * MINUTE,
  model_not_found: 60 * MINUTE,
  rate_limit: MINUTE,
  overload: 2 * MINUTE,
  upstream_error: 2 * MINUTE,
  timeout: 2 * MINUTE,
  bad_answer: 2 * MINUTE,
  cut_stream: 2 * MINUTE,
  // Nothing was charged, and a network usually recovers soon.
  network: MINUTE / 2,
};

/** Kinds for which another key of the same provider may help. */
const KEY_KINDS: ReadonlySet<ErrorKind> = new Set(['auth', 'quota']);

/** A monthly quota resets within 31 days. */
const MAX_COOL_DOWN_MS = 32 * 24 * 60 * MINUTE;

/** Maximum number of threads, and of cool-downs, that are remembered. */
const MAX_ENTRIES = 1_000;

/** The state of the keys and models of one bridge, shared by its turns. */
export class PlanState {
  private readonly coolDowns = new Map<string, CoolDown>();
  private readonly threadKeys = new Map<string, string>();
  private readonly notices = new Map<string, string>();
  /** Descriptions of pictures by the hash of their URL; undefined for a picture that cannot be described. */
  readonly pictures = new Map<string, string | undefined>();

  constructor(private readonly clock: Clock) {}

  /** Returns the longest cool-down that concerns the candidate, if there is one. */
  find(candidate: Candidate): CoolDown | undefined {
    const now = this.clock();
    let longest: CoolDown | undefined;
    for (const name of namesOf(candidate)) {
      const found = this.coolDowns.get(name);
      if (found && found.until <= now) this.coolDowns.delete(name);
      else if (found && found.until > (longest?.until ?? 0)) longest = found;
    }
    return longest;
  }

  /** Begins a cool-down; returns undefined for a failure after which nothing else would help. */
  begin(candidate: Candidate, { kind, details }: BridgeError): CoolDown | undefined {
    const estimate = DEFAULT_COOL_DOWNS[kind];
    if (estimate === undefined) return undefined;
    const isStated = details.retryAfterMs !== undefined;
    const duration = Math.min(MAX_COOL_DOWN_MS, details.retryAfterMs ?? estimate);
    const coolDown = { kind, isStated, until: this.clock() + duration };
    const [byKey, byPlan, byModel] = namesOf(candidate);
    remember(this.coolDowns, kind === 'auth' ? byKey : kind === 'quota' ? byPlan : byModel, coolDown, MAX_ENTRIES);
    return coolDown;
  }

  /** Ends all cool-downs of a candidate that has answered. */
  end(candidate: Candidate): void {
    for (const name of namesOf(candidate)) this.coolDowns.delete(name);
  }

  /** Returns the keys in the order to try them, the thread's own first: the provider caches prompts for each key. */
  order(keys: readonly string[], thread: string | undefined, host: string): readonly string[] {
    const own = thread === undefined ? undefined : this.threadKeys.get(`${thread} ${host}`);
    return own !== undefined && keys.includes(own) ? [own, ...keys.filter((key) => key !== own)] : keys;
  }

  /** Makes `key` the first one for this thread at the host. */
  keep(key: string, thread: string, host: string): void {
    remember(this.threadKeys, `${thread} ${host}`, key, MAX_ENTRIES);
  }

  /** Whether the user of the thread has seen this notice. */
  isAnnounced(thread: string, notice: string): boolean {
    return this.notices.get(thread) === notice;
  }

  /** @param notice what the user of the thread has seen; undefined once the requested model answers again */
  markAnnounced(thread: string, notice: string | undefined): void {
    if (notice === undefined) this.notices.delete(thread);
    else remember(this.notices, thread, notice, MAX_ENTRIES);
  }
}

/** Whether another key of the same provider may be tried after a failure of this kind. */
export const concernsKey = ({ kind }: Pick<CoolDown, 'kind'>): boolean => KEY_KINDS.has(kind);

/** A rejected key is rejected for every model; a quota may belong to one model; a model may be down for every key. */
function namesOf({ host, key = '', model }: Candidate): readonly [key: string, plan: string, model: string] {
  const id = createHash('sha256').update(key).digest('base64');
  return [`key ${host} ${id}`, `plan ${host} ${id} ${model}`, `model ${host} ${model}`];
}
