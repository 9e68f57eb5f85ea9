/** Answers a compaction request: the model's text becomes one `compaction` item, everything else is dropped. */
import type { MakeId } from '../base/clock';
import type { BridgeError } from '../errors/bridge-error';
import { sealSummary } from '../tools/envelope';
import type { ResponsesEvent } from '../wire/responses-output';
import type { ChatUsage } from '../wire/chat';
import type { ResponsesAssembler } from './responses-assembler';
import { emptyAnswer } from './endings';
import type { Assembler, FinishReason, Signal } from './signal';

/** Codex expects exactly one `compaction` item and fails on a message (codex-protocol.md, section 5). */
export class CompactionAssembler implements Assembler<ResponsesEvent> {
  private summary = '';

  constructor(private readonly inner: ResponsesAssembler, private readonly makeId: MakeId) {}

  get finished(): boolean {
    return this.inner.finished;
  }

  get error(): BridgeError | undefined {
    return this.inner.error;
  }

  get begun(): boolean {
    return this.summary !== '' || this.inner.begun;
  }

  get reason(): FinishReason | undefined {
    return this.inner.reason;
  }

  get usage(): ChatUsage | undefined {
    return this.inner.usage;
  }

  start(): readonly ResponsesEvent[] {
    return this.inner.start();
  }

  step(signal: Signal): readonly ResponsesEvent[] {
    switch (signal.type) {
      case 'text-delta':
        this.summary += signal.text;
        return [];
      case 'finish':
        return signal.reason === 'stop' ? [...this.item(), ...this.inner.step(signal)] : this.inner.step(signal);
      case 'usage':
      case 'error':
        return this.inner.step(signal);
      default:
        return [];
    }
  }

  end(): readonly ResponsesEvent[] {
    return this.inner.end();
  }

  fail(error: BridgeError): readonly ResponsesEvent[] {
    return this.inner.fail(error);
  }

  private item(): readonly ResponsesEvent[] {
    const text = this.summary.trim();
    if (text === '') return this.inner.fail(emptyAnswer());
    return this.inner.writeItem({ type: 'compaction', id: this.makeId('cmp'), encrypted_content: sealSummary(text) });
  }
}
