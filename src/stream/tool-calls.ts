/**
 * Assembles tool calls from fragments, in every shape that providers send (upstreams.md, section 4.3), and passes them
 * on one at a time. Does not rely on indexes, on ids, or on one JSON value per call.
 */
import { isJsonObject, JsonProgress, parseJson, parseJsonObject } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import type { ChatToolFragment } from '../wire/chat';
import { TRUNCATING_REASONS } from './endings';
import type { CallSignature, FinishReason, ReaderOptions, Signal } from './signal';

/** No model makes this many calls in one answer. */
export const MAX_CALLS = 1_000;
/** Maximum number of characters of text, reasoning and arguments in one answer. */
export const MAX_ANSWER_LENGTH = 64 * 1024 * 1024;

interface StreamedCall {
  readonly index: number | undefined;
  upstreamId: string | undefined;
  name: string | undefined;
  signature: CallSignature | undefined;
  /** Arguments not passed on yet; kept as pieces, because joining copies the text each time. */
  waiting: string[];
  /** All arguments. V8 joins the concatenated pieces only when they are read: if another value follows them. */
  text: string;
  progress: JsonProgress;
  /** Text after the complete arguments that begins another object. */
  next: { text: string; readonly progress: JsonProgress } | undefined;
  /** The type of the arguments, determined once something follows them: anything but a JSON object passes unchanged. */
  shape: 'unknown' | 'object' | 'raw';
  state: 'waiting' | 'started' | 'ended';
}

/** Merges fragments by index, then by id, then into the latest call. One instance reads one choice of an answer. */
export class ToolCalls {
  private readonly byIndex = new Map<number, StreamedCall>();
  private readonly byId = new Map<string, StreamedCall>();
  private last: StreamedCall | undefined;
  private open: StreamedCall | undefined;
  /** Calls and signals that arrived while the open call was incomplete, in order. */
  private held: (StreamedCall | Signal)[] = [];
  /** Number of calls that have a name or arguments. */
  count = 0;
  /** Characters of text, reasoning and arguments so far. */
  private length = 0;

  /** @param ids call ids already used, shared by the choices of an answer */
  constructor(private readonly options: ReaderOptions, private readonly ids = new Set(options.callIds)) {}

  /** Whether a call has truncated arguments: an incomplete JSON value. */
  get isTruncated(): boolean {
    return [this.open, ...this.held].some((entry) => entry && !('type' in entry) && entry.progress.isUnfinished);
  }

  pushFragment(fragment: ChatToolFragment): readonly Signal[] {
    const { index, id, name, signature, arguments: text } = fragment;
    if (this.addLength(text)) return [tooLong()];
    const known = this.find(fragment);
    if (!known && name === undefined && text === undefined && id === undefined) return [];
    if (!known && this.count >= MAX_CALLS) return [tooMany()];
    if (!known && this.options.firstCallOnly && this.last) return [];
    const call = known ?? this.begin(index, id, undefined);
    if (call.name === undefined && call.progress.isBlank && (name ?? text) !== undefined) this.count += 1;
    call.name ??= name;
    if (call.upstreamId === undefined) this.registerId(call, id);
    call.signature ??= signature;
    const following = text === undefined ? [] : this.add(call, text);
    if (call !== this.open) return this.enqueue(known ? following : [call, ...following]);
    const released = this.release(call);
    return following.length + this.held.length === 0 ? released : [...released, ...this.enqueue(following)];
  }

  /** Passes any other signal on to `signals`, or holds it back while the preceding call is incomplete. */
  pass(signal: Signal, signals: Signal[]): void {
    if ('text' in signal && this.addLength(signal.text)) signals.push(tooLong());
    else if (!this.open && this.held.length === 0) signals.push(signal);
    else for (const released of this.enqueue([signal])) signals.push(released);
  }

  /** Call at the end of the answer. After `length` or `content_filter`, no further call ends: it may be truncated. */
  finish(reason: FinishReason): readonly Signal[] {
    if (TRUNCATING_REASONS.has(reason)) return this.held.filter(isSignal);
    const entries = this.open ? [...this.takeNext(this.open), ...this.held] : this.held;
    const withNext = (entry: StreamedCall | Signal): (StreamedCall | Signal)[] =>
      isSignal(entry) ? [entry] : [entry, ...this.takeNext(entry)];
    this.held = entries.flatMap(withNext);
    return this.advance(true);
  }

  /** Counts the characters. @returns whether the answer is now too long */
  private addLength(text: string | undefined): boolean {
    this.length += text?.length ?? 0;
    return this.length > MAX_ANSWER_LENGTH;
  }

  private find({ index, id, name, arguments: text }: ChatToolFragment): StreamedCall | undefined {
    const call = index === undefined ? this.findById(id, name) : this.byIndex.get(index);
    if (!call) return undefined;
    const isSameId = id === undefined || call.upstreamId === undefined || call.upstreamId === id;
    if (name !== undefined && call.name !== undefined && call.name !== name) return undefined;
    if (isSameId) return index === undefined && id === undefined && isAnotherCall(call, name, text) ? undefined : call;
    // Some gateways give each fragment a new id, others number every call 0, so only a name indicates a new call.
    return name === undefined ? call : this.byId.get(keyOf(id, index));
  }

  private findById(id: string | undefined, name: string | undefined): StreamedCall | undefined {
    const known = id === undefined ? undefined : this.byId.get(keyOf(id, undefined));
    return known ?? (id === undefined || name === undefined ? this.last : undefined);
  }

  private begin(index: number | undefined, id: string | undefined, name: string | undefined): StreamedCall {
    const call: StreamedCall = {
      index,
      upstreamId: id,
      name,
      signature: undefined,
      waiting: [],
      text: '',
      progress: new JsonProgress(),
      next: undefined,
      shape: 'unknown',
      state: 'waiting',
    };
    this.last = call;
    if (index !== undefined) this.byIndex.set(index, call);
    this.registerId(call, id);
    return call;
  }

  private registerId(call: StreamedCall, id: string | undefined): void {
    call.upstreamId = id;
    if (id === undefined) return;
    for (const key of [keyOf(id, call.index), keyOf(id, undefined)]) if (!this.byId.has(key)) this.byId.set(key, call);
  }

  /** @returns the calls whose arguments were appended to this one's */
  private add(call: StreamedCall, text: string): readonly StreamedCall[] {
    if (text === '') return [];
    // Some servers send {} first and then the arguments.
    if (hasEmptyArguments(call) && text.trimStart().startsWith('{')) {
      call.progress = new JsonProgress();
      call.waiting = [];
      call.text = '';
    }
    const taken = call.shape === 'raw' ? text.length : call.progress.push(text);
    const own = taken === text.length ? text : text.slice(0, taken);
    if (own !== '') {
      call.waiting.push(own);
      call.text += own;
    }
    return own === text ? [] : this.readFollowing(call, text.slice(taken));
  }

  /** Handles text after complete arguments: a repetition of them, another call, or garbage. */
  private readFollowing(call: StreamedCall, text: string): readonly StreamedCall[] {
    const rest = call.next ? text : text.trimStart();
    if (rest === '') return [];
    if (hasEmptyArguments(call) && rest.startsWith('{')) return this.add(call, rest);
    if (call.shape === 'unknown') call.shape = parseJsonObject(call.text) === undefined ? 'raw' : 'object';
    if (call.shape === 'raw') {
      call.waiting.push(text);
      return [];
    }
    // Drop text that cannot begin a JSON object: surplus closing tags and braces.
    if (!call.next && !rest.startsWith('{')) return [];
    call.next ??= { text: '', progress: new JsonProgress() };
    const taken = call.next.progress.push(rest);
    call.next.text += rest.slice(0, taken);
    if (!call.next.progress.isComplete) return [];
    return [...this.takeNext(call), ...this.readFollowing(this.last ?? call, rest.slice(taken))];
  }

  /** @returns the call that followed, unless it is empty, repeats the preceding one, or is one too many */
  private takeNext(call: StreamedCall): readonly StreamedCall[] {
    const { next } = call;
    call.next = undefined;
    const repeats = next && (isSameJson(next.text, call.text) || call.text.startsWith(next.text));
    if (!next || repeats || hasEmptyArguments(next) || this.options.firstCallOnly || this.count >= MAX_CALLS) return [];
    const following = this.begin(call.index, undefined, call.name);
    this.count += 1;
    this.add(following, next.text);
    return [following];
  }

  private enqueue(entries: readonly (StreamedCall | Signal)[]): readonly Signal[] {
    for (const entry of entries) this.held.push(entry);
    return this.advance(false);
  }

  /** Ends the open call if it is complete (or the answer has ended), and releases what was held back after it. */
  private advance(isOver: boolean): readonly Signal[] {
    const signals: Signal[] = [];
    let at = 0;
    for (; ; at += 1) {
      if (this.open) {
        if (!isOver && (at >= this.held.length || !isComplete(this.open))) break;
        signals.push(...this.end(this.open));
        this.open = undefined;
      }
      const next = this.held[at];
      if (next === undefined) break;
      if (isSignal(next)) {
        signals.push(next);
      } else {
        this.open = next;
        signals.push(...this.release(next));
      }
    }
    if (at > 0) this.held = this.held.slice(at);
    return signals;
  }

  private release(call: StreamedCall): readonly Signal[] {
    if (call.name === undefined) return [];
    const signals: Signal[] = [];
    if (call.state === 'waiting') {
      call.state = 'started';
      signals.push({ type: 'call-start', id: this.chooseId(call.upstreamId), name: call.name });
    }
    if (call.waiting.length === 0 || mayHaveEmptyArguments(call)) return signals;
    signals.push({ type: 'call-delta', text: call.waiting.join('') });
    call.waiting = [];
    return signals;
  }

  /**
   * Returns upstream's id, or a new one if it is missing or already used in the conversation. Some servers number the
   * calls of every answer from the start (kimi-k3, open-webui#28305) or give all calls one id (llama.cpp,
   * hermes-agent#70724), and clients run no call whose id already has a result (LangGraph's ToolNode).
   */
  private chooseId(id: string | undefined): string {
    let unique = id;
    while (unique === undefined || this.ids.has(unique)) unique = this.options.makeId('call');
    this.ids.add(unique);
    return unique;
  }

  private end(call: StreamedCall): readonly Signal[] {
    if (call.name === undefined) {
      if (call.progress.isBlank) return [];
      const message = 'The provider sent a tool call without a tool name.';
      return [{ type: 'error', error: new BridgeError('bad_answer', message) }];
    }
    const begin = this.release(call);
    call.state = 'ended';
    // For tools without parameters, some models send no arguments, but clients parse them as JSON.
    const rest = call.progress.isBlank || hasEmptyArguments(call) ? '{}' : call.waiting.join('');
    const { signature } = call;
    const delta: readonly Signal[] = rest === '' ? [] : [{ type: 'call-delta', text: rest }];
    return [...begin, ...delta, { type: 'call-end', ...(signature && { signature }) }];
  }
}

const keyOf = (id: string | undefined, index: number | undefined): string => `${index ?? ''} ${id ?? ''}`;

const isSignal = (entry: StreamedCall | Signal): entry is Signal => 'type' in entry;

const isComplete = (call: StreamedCall): boolean =>
  call.name !== undefined && call.progress.isComplete && call.shape !== 'raw' && !call.next &&
  !mayHaveEmptyArguments(call);

/** Without index and id, a repeated name with other arguments begins another call. */
const isAnotherCall = (call: StreamedCall, name: string | undefined, text: string | undefined): boolean =>
  name !== undefined && text !== undefined && call.progress.isComplete && !hasEmptyArguments(call) &&
  !isSameJson(text, call.text);

const EMPTY_ARGUMENTS = /^\s*(?:\{\s*\}|""|null)\s*$/;
const MAX_EMPTY_LENGTH = 12;

/** Whether the arguments are empty, so that real ones may replace them. */
const hasEmptyArguments = ({ text }: { readonly text: string }): boolean =>
  text.length <= MAX_EMPTY_LENGTH && EMPTY_ARGUMENTS.test(text);

/** Whether the arguments may still turn out to be empty with the next piece. */
const mayHaveEmptyArguments = (call: StreamedCall): boolean =>
  call.text.length <= MAX_EMPTY_LENGTH && /^\s*(?:\{\s*\}?|""?|n|nu|nul|null)?\s*$/.test(call.text);

function isSameJson(left: string, right: string): boolean {
  if (left === right) return true;
  const [one, two] = [parseJson(left), parseJson(right)];
  return isJsonObject(one) && isJsonObject(two) && JSON.stringify(one) === JSON.stringify(two);
}

/** The answer exceeds MAX_ANSWER_LENGTH. */
export function tooLong(): Signal {
  const limit = `${MAX_ANSWER_LENGTH / 1024 / 1024} MB`;
  return { type: 'error', error: new BridgeError('bad_answer', `The provider's answer is longer than ${limit}.`) };
}

const tooMany = (): Signal => ({
  type: 'error',
  error: new BridgeError('bad_answer', `The provider sent more than ${MAX_CALLS} tool calls in one answer.`),
});
