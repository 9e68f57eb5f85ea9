/** Provides the base class of assemblers that change a part of what the Responses assembler writes. */
import type { BridgeError } from '../errors/bridge-error';
import type { ChatUsage } from '../wire/chat';
import type { ResponsesEvent } from '../wire/responses-output';
import type { ResponsesAssembler } from './responses-assembler';
import type { Assembler, FinishReason, Signal } from './signal';

/** Passes everything but signals on to the Responses assembler. */
export abstract class AssemblerWrapper implements Assembler<ResponsesEvent> {
  constructor(protected readonly inner: ResponsesAssembler) {}

  abstract step(signal: Signal): readonly ResponsesEvent[];

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

  end(): readonly ResponsesEvent[] {
    return this.inner.end();
  }

  fail(error: BridgeError): readonly ResponsesEvent[] {
    return this.inner.fail(error);
  }
}
