/** For providers whose text fields repeat everything said so far: lets out only what is new. */
import type { Signal, Stage } from './signal';

/** MiniMax with `reasoning_split` (upstreams.md, section 4.2). Used only where the dialect says so: elsewhere repeats are text. */
export class CumulativeStage implements Stage {
  private readonly said = { 'text-delta': '', 'reasoning-delta': '' };

  step(signal: Signal): readonly Signal[] {
    if (signal.type !== 'text-delta' && signal.type !== 'reasoning-delta') return [signal];
    const before = this.said[signal.type];
    const repeats = signal.text.startsWith(before);
    const text = repeats ? signal.text.slice(before.length) : signal.text;
    this.said[signal.type] = before + text;
    return text === '' ? [] : [{ ...signal, text }];
  }

  end(): readonly Signal[] {
    return [];
  }
}
