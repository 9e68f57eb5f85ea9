/**
 * Puts tool-call fragments together, in every shape providers send them (upstreams.md, section 4.3), and lets calls
 * out one after the other: a call ends only when it is known to be whole.
 */
import { JsonProgress } from '../base/json-progress';
import { BridgeError } from '../errors/bridge-error';
import type { ChatToolFragment } from '../wire/chat';
import type { FinishReason, ReaderOptions, Signal } from './signal';

interface Call {
  readonly index: number | undefined;
  readonly upstreamId: string | undefined;
  readonly id: string;
  name: string | undefined;
  /** Arguments that have not been let out yet. They are kept as pieces: joining what came before costs more each time. */
  waiting: string[];
  /** Sees all arguments once, let out or not. */
  readonly progress: JsonProgress;
  started: boolean;
}

/** Merges by index, then by id, then into the call that came last. One instance reads one answer. */
export class ToolCalls {
  private readonly calls: Call[] = [];
  private readonly ids = new Set<string>();
  private open: Call | undefined;
  /** What came while the open call was not whole yet, in order. */
  private held: (Call | Signal)[] = [];

  constructor(private readonly options: ReaderOptions) {}

  get count(): number {
    return this.calls.length;
  }

  /** True while a call has begun whose arguments are not complete JSON. */
  get unfinished(): boolean {
    return this.open !== undefined && !isWhole(this.open);
  }

  fragment(fragment: ChatToolFragment): readonly Signal[] {
    const known = this.find(fragment);
    if (known) {
      known.name ??= fragment.name;
      add(known, fragment.arguments);
      return known === this.open ? this.release(known) : [];
    }
    if (this.options.single && this.calls.length > 0) return [];
    const call = this.begin(fragment);
    if (!this.open) {
      this.open = call;
      return this.release(call);
    }
    this.held.push(call);
    return this.advance();
  }

  /** Any other signal: it waits behind a call that is not whole. */
  pass(signal: Signal): readonly Signal[] {
    if (!this.open && this.held.length === 0) return [signal];
    this.held.push(signal);
    return this.advance();
  }

  /** The answer is over. With `length` or `content_filter` the call being written was cut: it is never ended. */
  finish(reason: FinishReason): readonly Signal[] {
    if (reason === 'length' || reason === 'content_filter') return this.held.filter(isSignal);
    return this.advance(true);
  }

  private find(fragment: ChatToolFragment): Call | undefined {
    const { index, id, name } = fragment;
    if (index !== undefined) {
      // Some gateways number every parallel call 0: another id together with a name is another call.
      const sameIndex = this.calls.filter((call) => call.index === index);
      if (id === undefined || sameIndex.length === 0) return sameIndex.at(-1);
      const sameId = sameIndex.find((call) => call.upstreamId === id);
      return sameId ?? (name === undefined ? sameIndex.at(-1) : undefined);
    }
    if (id !== undefined) return this.calls.find((call) => call.upstreamId === id);
    const last = this.calls.at(-1);
    return name !== undefined && last?.name !== undefined ? undefined : last;
  }

  private begin(fragment: ChatToolFragment): Call {
    const call: Call = {
      index: fragment.index,
      upstreamId: fragment.id,
      id: this.uniqueId(fragment.id),
      name: fragment.name,
      waiting: [],
      progress: new JsonProgress(),
      started: false,
    };
    add(call, fragment.arguments);
    this.calls.push(call);
    return call;
  }

  /** Upstream's id as it is; a new one when it is empty or was used before in this answer. */
  private uniqueId(id: string | undefined): string {
    const unique = id !== undefined && !this.ids.has(id) ? id : this.options.makeId('call');
    this.ids.add(unique);
    return unique;
  }

  /** Ends the open call if it is whole (or the answer is over), and lets out what waited behind it. */
  private advance(over = false): readonly Signal[] {
    const signals: Signal[] = [];
    while (over || this.held.length > 0) {
      if (this.open) {
        if (!over && !isWhole(this.open)) break;
        signals.push(...this.close(this.open));
        this.open = undefined;
      }
      const next = this.held.shift();
      if (next === undefined) break;
      if (isSignal(next)) {
        signals.push(next);
      } else {
        this.open = next;
        signals.push(...this.release(next));
      }
    }
    return signals;
  }

  private release(call: Call): readonly Signal[] {
    if (call.name === undefined) return [];
    const signals: Signal[] = [];
    if (!call.started) {
      call.started = true;
      signals.push({ type: 'call-start', id: call.id, name: call.name });
    }
    if (call.waiting.length > 0) {
      signals.push({ type: 'call-delta', text: call.waiting.join('') });
      call.waiting = [];
    }
    return signals;
  }

  private close(call: Call): readonly Signal[] {
    if (call.name === undefined) {
      return [
        { type: 'error', error: new BridgeError('bad_answer', 'The provider sent a tool call without a tool name.') },
      ];
    }
    // Tools without parameters: some models send no arguments at all, clients parse them as JSON.
    if (call.progress.blank) add(call, '{}');
    return [...this.release(call), { type: 'call-end' }];
  }
}

function isSignal(entry: Call | Signal): entry is Signal {
  return 'type' in entry;
}

function isWhole(call: Call): boolean {
  return call.name !== undefined && call.progress.complete;
}

function add(call: Call, text: string | undefined): void {
  if (text === undefined || text === '') return;
  call.waiting.push(text);
  call.progress.push(text);
}
