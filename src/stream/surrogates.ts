/** Joins characters that a provider cut in two: half a surrogate pair in an event is no valid Unicode text. */
import { toWellFormed } from '../base/unicode';
import type { Signal, SignalOf, Stage } from './signal';

type TextSignal = SignalOf<'text-delta' | 'refusal-delta' | 'reasoning-delta' | 'call-delta'>;

/** Half a pair waits for the next delta of its kind; what stays alone becomes U+FFFD. */
export class SurrogateStage implements Stage {
  private held: TextSignal | undefined;

  step(signal: Signal): readonly Signal[] {
    if (signal.type === 'usage') return [signal];
    if (!isText(signal)) return this.held ? [...this.end(), signal] : [signal];
    if (!this.held && !/[\ud800-\udfff]/.test(signal.text)) return [signal];
    const before = this.held?.type === signal.type ? [] : this.end();
    const text = (this.held?.text ?? '') + signal.text;
    const half = /[\ud800-\udbff]$/.test(text);
    this.held = half ? { ...signal, text: text.slice(-1) } : undefined;
    const whole = toWellFormed(half ? text.slice(0, -1) : text);
    return whole === '' ? before : [...before, { ...signal, text: whole }];
  }

  end(): readonly Signal[] {
    const { held } = this;
    this.held = undefined;
    return held ? [{ ...held, text: toWellFormed(held.text) }] : [];
  }
}

const isText = (signal: Signal): signal is TextSignal => 'text' in signal;
