/** Joins surrogate pairs that a provider split across events, because a lone surrogate is not valid Unicode. */
import { toWellFormed } from '../base/unicode';
import type { Signal, SignalOf, Stage } from './signal';

type TextSignal = SignalOf<'text-delta' | 'refusal-delta' | 'reasoning-delta' | 'call-delta'>;

/** Holds back the first half of a pair until the next delta of the same kind; an unpaired half becomes U+FFFD. */
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
