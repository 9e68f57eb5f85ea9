/** Shows the user a line from the bridge before an answer. Loaded only if there is one. */
import type { ResponsesEvent } from '../wire/responses-output';
import { AssemblerWrapper } from './assembler-wrapper';
import type { ResponsesAssembler } from './responses-assembler';
import type { Signal, SignalKind } from './signal';

/** Signals with which an answer begins; before them, another attempt may still replace it. */
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
    return [...this.inner.notice(this.notice), ...this.inner.step(signal)];
  }
}
