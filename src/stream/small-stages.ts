/**
 * Provides two stages that few answers need: one removes repeated text, the other drops calls that the request does not
 * allow.
 */
import { isRecord } from '../base/json';
import type { Notes } from '../base/notes';
import type { Signal, Stage } from './signal';

/**
 * Extracts the new text from providers whose text fields repeat everything sent so far: MiniMax with `reasoning_split`
 * (upstreams.md, section 4.2). Used only if the dialect says so, because ordinary text may repeat itself.
 */
export class CumulativeStage implements Stage {
  /** The text so far, by field. */
  private readonly text = new Map<string, string>();

  step(signal: Signal): readonly Signal[] {
    if (signal.type === 'choice-end') this.text.clear();
    if (signal.type === 'reasoning-details')
      return [{ ...signal, details: signal.details.map((detail) => this.keepNewText(detail)) }];
    if (signal.type !== 'text-delta' && signal.type !== 'reasoning-delta') return [signal];
    const text = this.takeNewText(signal.type, signal.text);
    return text === '' ? [] : [{ ...signal, text }];
  }

  private keepNewText(detail: unknown): unknown {
    if (!isRecord(detail) || typeof detail['text'] !== 'string') return detail;
    const field = `${String(detail['type'])} ${String(detail['index'])}`;
    return { ...detail, text: this.takeNewText(field, detail['text']) };
  }

  private takeNewText(field: string, text: string): string {
    const before = this.text.get(field) ?? '';
    const fresh = text.startsWith(before) ? text.slice(before.length) : text;
    this.text.set(field, before + fresh);
    return fresh;
  }
}

export interface CallRules {
  /** Whether a call with this upstream name may reach the client. */
  readonly allows: (upstreamName: string) => boolean;
  /** Maximum number of calls in one choice; undefined for no limit. */
  readonly maxCalls: number | undefined;
  readonly notes: Notes;
}

/**
 * Drops calls that the request does not allow, in case upstream makes them anyway. Runs after every stage that creates
 * calls. Spec: Responses API, tool_choice, parallel_tool_calls, max_tool_calls.
 */
export class CallFilterStage implements Stage {
  private passedCalls = 0;
  private isDropping = false;

  constructor(private readonly rules: CallRules) {}

  step(signal: Signal): readonly Signal[] {
    switch (signal.type) {
      case 'call-start':
        this.isDropping = !this.admits(signal.name);
        return this.isDropping ? [] : [signal];
      case 'call-delta':
        return this.isDropping ? [] : [signal];
      case 'call-end': {
        const isDropped = this.isDropping;
        this.isDropping = false;
        return isDropped ? [] : [signal];
      }
      case 'choice-end':
        this.passedCalls = 0;
        return [signal];
      case 'finish':
        return signal.reason === 'tool_calls' && this.passedCalls === 0 ? [{ ...signal, reason: 'stop' }] : [signal];
      default:
        return [signal];
    }
  }

  private admits(name: string): boolean {
    const { allows, maxCalls = Infinity, notes } = this.rules;
    if (allows(name) && this.passedCalls < maxCalls) {
      this.passedCalls += 1;
      return true;
    }
    notes.add(`dropped a call to ${name}: the request does not allow it`);
    return false;
  }
}
