/** Shows the user a notice from the bridge before an answer. Loaded only if there is a notice. */
import type { ResponsesEvent } from '../wire/responses-output';
import { AssemblerWrapper } from './assembler-wrapper';
import type { ResponsesAssembler } from './responses-assembler';
import type { Signal, SignalKind } from './signal';

/** Signals that begin an answer; before the first one, another attempt may still replace the answer. */
const BEGINNINGS: ReadonlySet<SignalKind> =
  new Set(['text-delta', 'refusal-delta', 'reasoning-delta', 'reasoning-details', 'call-start']);

/** Writes the notice as a reasoning item together with the first item of the answer. */
export class NoticeAssembler extends AssemblerWrapper {
  private isSent = false;

  constructor(inner: ResponsesAssembler, private readonly notice: string) {
    super(inner);
  }

  step(signal: Signal): readonly ResponsesEvent[] {
    if (this.isSent || !BEGINNINGS.has(signal.type)) return this.inner.step(signal);
    this.isSent = true;
    return [...this.inner.writeNotice(this.notice), ...this.inner.step(signal)];
  }
}
