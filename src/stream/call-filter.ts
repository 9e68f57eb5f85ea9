/** Drops calls that the request does not allow, in case the model makes them anyway. */
import type { Signal, Stage } from './signal';

export interface CallRules {
  /** Whether a call with this upstream name may reach the client. */
  readonly allows: (upstreamName: string) => boolean;
  /** Maximum number of calls in one answer; undefined for no limit. */
  readonly most: number | undefined;
  readonly note: (text: string) => void;
}

/** Runs after every stage that creates calls. Spec: Responses API, tool_choice, parallel_tool_calls, max_tool_calls. */
export class CallFilterStage implements Stage {
  private passed = 0;
  private dropping = false;

  constructor(private readonly rules: CallRules) {}

  step(signal: Signal): readonly Signal[] {
    switch (signal.type) {
      case 'call-start':
        this.dropping = !this.admits(signal.name);
        return this.dropping ? [] : [signal];
      case 'call-delta':
        return this.dropping ? [] : [signal];
      case 'call-end': {
        const dropped = this.dropping;
        this.dropping = false;
        return dropped ? [] : [signal];
      }
      case 'choice-end':
        this.passed = 0;
        return [signal];
      case 'finish':
        return signal.reason === 'tool_calls' && this.passed === 0 ? [{ type: 'finish', reason: 'stop' }] : [signal];
      default:
        return [signal];
    }
  }

  end(): readonly Signal[] {
    return [];
  }

  private admits(name: string): boolean {
    const { allows, most = Infinity, note } = this.rules;
    if (allows(name) && this.passed < most) {
      this.passed += 1;
      return true;
    }
    note(`dropped a call of ${name}: the request does not allow it`);
    return false;
  }
}
