/** Extracts the new text from providers whose text fields repeat everything sent so far. */
import { isRecord } from '../base/json';
import type { Signal, Stage } from './signal';

/**
 * For MiniMax with `reasoning_split` (upstreams.md, section 4.2). Used only if the dialect says so, because ordinary
 * text may repeat itself.
 */
export class CumulativeStage implements Stage {
  /** The text so far, by field. */
  private readonly text = new Map<string, string>();

  step(signal: Signal): readonly Signal[] {
    if (signal.type === 'reasoning-details')
      return [{ ...signal, details: signal.details.map((detail) => this.newsOf(detail)) }];
    if (signal.type !== 'text-delta' && signal.type !== 'reasoning-delta') return [signal];
    const text = this.news(signal.type, signal.text);
    return text === '' ? [] : [{ ...signal, text }];
  }

  end(): readonly Signal[] {
    return [];
  }

  private newsOf(detail: unknown): unknown {
    if (!isRecord(detail) || typeof detail['text'] !== 'string') return detail;
    return { ...detail, text: this.news(`${String(detail['type'])} ${String(detail['index'])}`, detail['text']) };
  }

  private news(field: string, text: string): string {
    const before = this.text.get(field) ?? '';
    const fresh = text.startsWith(before) ? text.slice(before.length) : text;
    this.text.set(field, before + fresh);
    return fresh;
  }
}
