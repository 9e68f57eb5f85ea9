/** Shows the user a line from the bridge before an answer. Loaded only if there is one. */
import type { BridgeError } from '../errors/bridge-error';
import type { ChatUsage } from '../wire/chat';
import type { ResponsesEvent } from '../wire/responses-output';
import type { ResponsesAssembler } from './responses-assembler';
import type { Assembler, FinishReason, Signal, SignalKind } from './signal';

/** Signals with which an answer begins; before them, another attempt may still replace it. */
const BEGINNINGS: ReadonlySet<SignalKind> =
  new Set(['text-delta', 'refusal-delta', 'reasoning-delta', 'reasoning-details', 'call-start']);

/** Writes the notice as a reasoning item together with the first item of the answer. */
export class NoticeAssembler implements Assembler<ResponsesEvent> {
  private isSent = false;

  constructor(private readonly inner: ResponsesAssembler, private readonly notice: string) {}

  get finished(): boolean {
    return this.inner.finished;
  }

  get error(): BridgeError | undefined {
    return this.inner.error;
  }

  get begun(): boolean {
    return this.inner.begun;
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
    if (this.isSent || !BEGINNINGS.has(signal.type)) return this.inner.step(signal);
    this.isSent = true;
    return [...this.inner.notice(this.notice), ...this.inner.step(signal)];
  }

  end(): readonly ResponsesEvent[] {
    return this.inner.end();
  }

  fail(error: BridgeError): readonly ResponsesEvent[] {
    return this.inner.fail(error);
  }
}
