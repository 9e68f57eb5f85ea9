/**
 * Remembers until the bridge exits which repairs each model needed, because a model rejects the same thing every time.
 */
import { remember } from '../base/remember';
import type { BridgeError } from '../errors/bridge-error';
import type { ErrorKind } from '../errors/error-table';
import type { ChatRequest } from '../wire/chat';
import type { Rejection, Repair } from './parse-rejection';
import { findRepair, isSameRejection, type FoundRepair } from './repairs';

/** A request is not repaired after this many calls, including retries. */
export const MAX_REPAIR_CALLS = 4;
/** Maximum number of models that are remembered, because clients choose the names. The oldest is evicted first. */
const MAX_MODELS = 500;

/** Error kinds that a change of the request may fix. Authentication, rate limits and quotas cannot be repaired. */
const REPAIRABLE: ReadonlySet<ErrorKind> =
  new Set(['upstream_rejected', 'upstream_error', 'model_not_found', 'not_found']);

/** Error kinds of an answer: the provider has accepted the request. */
const ACCEPTED: ReadonlySet<ErrorKind> = new Set(['bad_answer', 'empty_answer', 'cut_stream']);

/** Validators quote the request after their message: pydantic calls it `input`. */
const ECHO = /['"]input['"]\s*:.*/s;
const MAX_TEXT_LENGTH = 2_000;

/** The repairs of one request, from its first call to its response. */
export class RepairSession {
  private readonly tried = new Set<string>();
  private latest: { readonly before: ChatRequest; readonly found: FoundRepair } | undefined;

  /** @param current the request as it was sent */
  constructor(
    private readonly memory: LearnedRepairs, private readonly host: string, private current: ChatRequest,
  ) {}

  /** The request to send. */
  get chat(): ChatRequest {
    return this.current;
  }

  /**
   * Finds and applies a repair; undefined if none matches the error. Settles the previous repair if the
   * error shows whether it worked.
   * @param calls the number of calls so far
   */
  learn(error: BridgeError, calls: number): Repair | undefined {
    const rejection = readRejection(error);
    // A timeout or a rate limit says nothing about the latest repair.
    if (rejection !== undefined || ACCEPTED.has(error.kind)) this.settleLatest(rejection);
    if (rejection === undefined || calls >= MAX_REPAIR_CALLS) return undefined;
    const found = findRepair(rejection, this.current, this.tried, MAX_REPAIR_CALLS - calls);
    if (!found) return undefined;
    this.tried.add(found.row).add(found.repair.name);
    this.latest = { before: this.current, found };
    this.current = found.repair.apply(this.current);
    return found.repair;
  }

  /** Call when the response begins: the latest repair worked. */
  succeed(): void {
    this.settleLatest(undefined);
  }

  /** Reverts the latest repair if the same rejection follows; otherwise remembers it. */
  private settleLatest(rejection: Rejection | undefined): void {
    const { latest } = this;
    this.latest = undefined;
    if (latest === undefined) return;
    const hasFailed = rejection !== undefined && isSameRejection(latest.found, rejection, latest.before);
    if (hasFailed) this.current = latest.before;
    else this.memory.remember(this.host, this.current.model, latest.found.repair);
  }
}

/** @returns undefined for a failure that is not a rejection of the request */
function readRejection({ kind, details }: BridgeError): Rejection | undefined {
  if (!REPAIRABLE.has(kind) || details.providerText === undefined) return undefined;
  const { providerCode = '', providerField = '', providerText } = details;
  return { text: `${providerCode} ${providerText.replace(ECHO, '')}`.slice(0, MAX_TEXT_LENGTH), field: providerField };
}

/** The learned repairs of each model at a host. */
export class LearnedRepairs {
  private readonly byModel = new Map<string, Map<string, Repair>>();

  /** Applies all repairs that the model is known to need. */
  apply(host: string, chat: ChatRequest): ChatRequest {
    let changed = chat;
    for (const repair of this.byModel.get(keyOf(host, chat.model))?.values() ?? []) changed = repair.apply(changed);
    return changed;
  }

  remember(host: string, model: string, repair: Repair): void {
    const key = keyOf(host, model);
    const known = this.byModel.get(key) ?? new Map<string, Repair>();
    remember(this.byModel, key, known.set(repair.name, repair), MAX_MODELS);
  }
}

const keyOf = (host: string, model: string): string => `${host} ${model}`;
