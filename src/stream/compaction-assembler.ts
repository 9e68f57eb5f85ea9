/** Answers a compaction request: the model's text becomes one `compaction` item; its other output is dropped. */
import type { MakeId } from '../base/clock';
import { sealSummary } from '../tools/envelope';
import type { ResponsesEvent } from '../wire/responses-output';
import { AssemblerWrapper } from './assembler-wrapper';
import { emptyAnswer } from './endings';
import type { ResponsesAssembler } from './responses-assembler';
import type { Signal } from './signal';

/** Codex expects exactly one `compaction` item and fails on a message (codex-protocol.md, section 5). */
export class CompactionAssembler extends AssemblerWrapper {
  private summary = '';

  constructor(inner: ResponsesAssembler, private readonly makeId: MakeId) {
    super(inner);
  }

  override get begun(): boolean {
    return this.summary !== '' || super.begun;
  }

  step(signal: Signal): readonly ResponsesEvent[] {
    switch (signal.type) {
      case 'text-delta':
        this.summary += signal.text;
        return [];
      case 'finish':
        return [...(signal.reason === 'stop' ? this.writeSummary() : []), ...this.inner.step(signal)];
      case 'usage':
      case 'error':
        return this.inner.step(signal);
      default:
        return [];
    }
  }

  private writeSummary(): readonly ResponsesEvent[] {
    const text = this.summary.trim();
    if (text === '') return this.inner.fail(emptyAnswer());
    return this.inner.writeItem({ type: 'compaction', id: this.makeId('cmp'), encrypted_content: sealSummary(text) });
  }
}
