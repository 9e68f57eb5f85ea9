/**
 * Answers a turn with another key or model if the first one fails (no quota, invalid key, unavailable, removed) before
 * the client has received anything. Loaded only if other keys or models are configured.
 */
import { BridgeError, toBridgeError } from '../errors/bridge-error';
import type { ErrorKind } from '../errors/error-table';
import { concernsKey, type Candidate, type CoolDown } from '../upstream/plan-state';
import type { Question } from './after-failure';
import { askUpstream } from './ask-upstream';
import { findKey, withKey } from './endpoint-options';
import { describeSent, withTarget, type Prepared } from './prepare';
import type { Answer } from './stream-turn';

/** A model with one of its keys. */
interface KeyedModel extends Candidate {
  readonly prepared: Prepared;
  /** Position of the key, from 1; 0 if there is only one. */
  readonly keyNumber: number;
}

/** A model that cannot answer, and why; without an error, it was not tried. */
interface UnavailableModel {
  readonly choice: KeyedModel;
  readonly coolDown: CoolDown;
  readonly error?: BridgeError;
}

/**
 * Tries the requested model with each of its keys, then the fallback models with theirs. A key or model that failed is
 * skipped until its cool-down ends. If all are cooling down, tries the one whose cool-down ends first.
 * @throws BridgeError a failure that every choice would share; else the first one, with a message that names the others
 */
export async function askWithSubstitutes<Output>(question: Question<Output>): Promise<Answer<Output>> {
  const { prepared, context } = question;
  const { models = [] } = prepared.endpoint.substitutes ?? {};
  const plan = context.plan();
  const unavailable: UnavailableModel[] = [];
  for (const model of [undefined, ...models]) {
    const target = model === undefined ? prepared : await prepareFallback(model, question);
    if (!target) continue;
    for (const choice of listChoices(target, question)) {
      const coolDown = plan.find(choice);
      if (coolDown) {
        unavailable.push({ choice, coolDown });
        continue;
      }
      const answer = await tryChoice(choice, question, unavailable);
      if (answer) return answer;
      const last = unavailable.at(-1);
      if (last && !concernsKey(last.coolDown)) break;
    }
  }
  return askFirstToRecover(question, unavailable);
}

/** Prepares the turn in a fallback model's dialect; undefined if the model cannot be used or is the requested one. */
async function prepareFallback(model: string, question: Question<unknown>): Promise<Prepared | undefined> {
  const { context, prepared: { prepareAgain, endpoint } } = question;
  try {
    const fallback = await prepareAgain?.({ fallback: model });
    const isSame = fallback?.endpoint.url === endpoint.url && fallback.endpoint.model === endpoint.model;
    return isSame ? undefined : fallback;
  } catch (cause) {
    context.log.warn('a fallback model cannot be used', { model, error: toBridgeError(cause).message });
    return undefined;
  }
}

/** Prepares the turn again with descriptions in place of pictures, if a model for them is configured. */
async function replacePictures(original: Prepared, question: Question<unknown>): Promise<Prepared> {
  const { request, prepareAgain, endpoint: { substitutes } } = original;
  if (substitutes?.visionModel === undefined || !request || !prepareAgain) return original;
  const { describePictures }: typeof import('./describe-pictures') = require('./describe-pictures');
  const context = withTarget(substitutes.visionModel, question.context);
  // The notes of `original` list the pictures that were left out, which is no longer true.
  const notes = new Set<string>();
  const prepared = { ...original, notes };
  const input = await describePictures(request.input, substitutes.visionModel, { ...question, prepared, context });
  if (input !== request.input) return prepareAgain({ input, notes });
  for (const note of notes) original.notes.add(note);
  return original;
}

function listChoices(prepared: Prepared, { caller, context }: Question<unknown>): readonly KeyedModel[] {
  const { endpoint } = prepared;
  const { keys = [] } = endpoint.substitutes ?? {};
  const { host, model } = endpoint;
  if (keys.length < 2) return [{ host, model, key: findKey(endpoint), prepared, keyNumber: 0 }];
  return context.plan().order(keys, caller.thread, host).map((key) => ({
    host, model, key, keyNumber: keys.indexOf(key) + 1, prepared,
  }));
}

/** @returns undefined after a failure that another choice may avoid; this choice is then added to `unavailable` */
async function tryChoice<Output>(
  choice: KeyedModel, question: Question<Output>, unavailable: UnavailableModel[],
): Promise<Answer<Output> | undefined> {
  const { caller, context: { plan: getPlan, log } } = question;
  const plan = getPlan();
  const reason = explain(choice, question, unavailable);
  const { model, host, key, keyNumber } = choice;
  const described = await replacePictures(choice.prepared, question);
  const endpoint = keyNumber === 0 || !key ? described.endpoint : withKey(described.endpoint, key);
  try {
    const prepared = announce({ ...choice, prepared: { ...described, endpoint } }, question, reason);
    const answer = await askUpstream({ ...question, prepared });
    plan.end(choice);
    recordSuccess(choice, question, reason);
    return answer;
  } catch (cause) {
    const error = toBridgeError(cause);
    const coolDown = caller.abort.aborted ? undefined : plan.begin(choice, error);
    if (!coolDown) throw error;
    unavailable.push({ choice, coolDown, error });
    const until = new Date(coolDown.until).toISOString();
    log.warn('a model is cooling down', { model, host, key: keyNumber || undefined, kind: error.kind, until });
    return undefined;
  }
}

/** Adds the reason to the notes, to the log line and, once per thread, to what the user sees. */
function announce(
  { prepared, keyNumber }: KeyedModel, { caller, context }: Question<unknown>, reason: string | undefined,
): Prepared {
  const parts = [...(reason === undefined ? [] : [reason]), ...(keyNumber > 1 ? [`key ${keyNumber}`] : [])];
  if (parts.length > 0) caller.record?.substitute(parts.join(', '));
  if (reason === undefined) return prepared;
  prepared.notes.add(reason);
  caller.record?.send(describeSent(prepared));
  const isShown = caller.client === 'codex' && caller.thread !== undefined && caller.requestsTitle !== true;
  return isShown && !context.plan().isAnnounced(caller.thread, reason) ? { ...prepared, notice: reason } : prepared;
}

/** Records which key answered the thread, and the reason that its user has seen; without a reason, forgets the last. */
function recordSuccess(
  { prepared, host, keyNumber }: KeyedModel, question: Question<unknown>, reason: string | undefined,
): void {
  const { caller: { thread, requestsTitle }, context } = question;
  if (thread === undefined) return;
  const { keys = [] } = prepared.endpoint.substitutes ?? {};
  const key = keys[keyNumber - 1];
  if (key !== undefined) context.plan().keep(key, thread, host);
  if (requestsTitle !== true) context.plan().markAnnounced(thread, reason);
}

/** If none was tried, tries the choice whose cool-down ends first. @throws BridgeError a summary of the failures */
async function askFirstToRecover<Output>(
  question: Question<Output>, unavailable: UnavailableModel[],
): Promise<Answer<Output>> {
  const failed = unavailable.filter(({ error }) => error !== undefined);
  const [next] = [...unavailable].sort((left, right) => left.coolDown.until - right.coolDown.until);
  if (failed.length === 0 && next) {
    const answer = await tryChoice(next.choice, question, unavailable);
    if (answer) return answer;
  }
  throw summarize(question, unavailable);
}

/** Returns the first failure, with the names of what else was tried. */
function summarize(question: Question<unknown>, unavailable: readonly UnavailableModel[]): BridgeError {
  const [first, ...others] = unavailable.filter(({ error }) => error !== undefined);
  if (!first?.error) return new BridgeError('internal', 'No model is available.');
  const { error } = first;
  const reason = explain(first.choice, question, unavailable);
  const also = others.map(({ choice, error: other }) => `${nameOf(choice)} (${other?.kind ?? 'failed'})`);
  const message = [
    ...(reason === undefined ? [] : [`${reason}.`]),
    error.message,
    ...(also.length === 0 ? [] : [`Also tried: ${also.join(', ')}.`]),
  ].join(' ');
  const summary = new BridgeError(error.kind, message, { ...error.details, final: true });
  if (error.cause !== undefined) summary.cause = error.cause;
  return summary;
}

const nameOf = ({ model, keyNumber }: KeyedModel): string => (keyNumber > 0 ? `${model} with key ${keyNumber}` : model);

/** Renders `qwen3.7-plus is out of quota until 15:00; using glm-4.7`; undefined for the requested model itself. */
function explain(
  choice: KeyedModel, { prepared, context }: Question<unknown>, unavailable: readonly UnavailableModel[],
): string | undefined {
  const { endpoint: { model, url } } = prepared;
  if (choice.model === model && choice.prepared.endpoint.url === url) return undefined;
  const own = unavailable.filter(({ choice: other }) => other.model === model && other.prepared.endpoint.url === url);
  const [reason] = own.sort((left, right) => rank(left) - rank(right) || left.coolDown.until - right.coolDown.until);
  if (!reason) return undefined;
  const { kind, until, isStated } = reason.coolDown;
  const time = isStated ? ` until ${renderTime(until, context.runtime.clock())}` : '';
  return `${model} ${REASONS[kind] ?? 'is not available'}${time}; using ${choice.model}`;
}

/** An exhausted quota is reported before a rejected key, because it resets. */
const rank = ({ coolDown: { kind } }: UnavailableModel): number => (kind === 'auth' ? 1 : 0);

const REASONS: { readonly [K in ErrorKind]?: string } = {
  quota: 'is out of quota',
  auth: 'has no valid key',
  model_not_found: 'was not found',
  rate_limit: 'is at its rate limit',
  overload: 'is overloaded',
  timeout: 'does not respond',
  network: 'cannot be reached',
};

const DAY_MS = 86_400_000;

/** Renders a local time, with its date if it is a day or more away. */
function renderTime(time: number, now: number): string {
  const date = new Date(time);
  const clock = `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
  if (time - now < DAY_MS) return clock;
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0'));
  return `${day.join('-')} ${clock}`;
}
