/** Runs the stream path as one synchronous state machine: bytes in, client outputs out. No I/O and no clock. */
import { parseJson } from '../base/json';
import { messageOf } from '../base/thrown';
import type { BridgeError } from '../errors/bridge-error';
import { BridgeError as Failure } from '../errors/bridge-error';
import type { ChatUsage } from '../wire/chat';
import type { AnswerReader, Assembler, FinishReason, Signal, Stage, AnswerProgress } from './signal';
import { SseDecoder, type SseEvent } from './sse';

export interface AnswerStreamOptions<Output> {
  readonly assembler: Assembler<Output>;
  /** Reads this answer, in the upstream's protocol. */
  readonly reader: AnswerReader;
  /** Steps between reading and assembling, in order: think tags, tool markup. */
  readonly stages: readonly Stage[];
}

/** Reads one upstream answer. After `finished` every method returns nothing. */
export class AnswerStream<Output> implements AnswerProgress {
  private readonly decoder = new SseDecoder();

  constructor(private readonly options: AnswerStreamOptions<Output>) {}

  get finished(): boolean {
    return this.options.assembler.finished;
  }

  get error(): BridgeError | undefined {
    return this.options.assembler.error;
  }

  get begun(): boolean {
    return this.options.assembler.begun;
  }

  get reason(): FinishReason | undefined {
    return this.options.assembler.reason;
  }

  get usage(): ChatUsage | undefined {
    return this.options.assembler.usage;
  }

  start(): readonly Output[] {
    return this.options.assembler.start();
  }

  push(bytes: Uint8Array): readonly Output[] {
    return this.run((outputs) => {
      for (const event of this.decoder.push(bytes)) this.event(event, outputs);
    });
  }

  /** Processes the whole answer as one JSON value, from an upstream that did not stream. */
  completion(value: unknown): readonly Output[] {
    return this.run((outputs) => {
      this.relay(this.options.reader.completion(value), outputs);
      this.finish(outputs);
    });
  }

  /** Call when upstream has closed its stream. */
  end(): readonly Output[] {
    return this.run((outputs) => {
      for (const event of this.decoder.end()) if (!isCut(event.data)) this.event(event, outputs);
      this.finish(outputs);
    });
  }

  /** Call if the connection failed. An answer that upstream has already finished stays complete. */
  fail(error: BridgeError): readonly Output[] {
    return this.options.reader.finished ? this.end() : this.options.assembler.fail(error);
  }

  /** Unreadable input (an endless line, JSON nested too deeply) ends the answer as a failure. */
  private run(step: (outputs: Output[]) => void): readonly Output[] {
    const outputs: Output[] = [];
    try {
      step(outputs);
    } catch (cause) {
      const error = new Failure('bad_answer', `Cannot read the provider's stream: ${describeCause(cause)}.`);
      for (const output of this.options.assembler.fail(error)) outputs.push(output);
    }
    return outputs;
  }

  private event(event: SseEvent, outputs: Output[]): void {
    if (this.finished) return;
    const { signals, done } = this.options.reader.event(event);
    this.relay(signals, outputs);
    if (done) this.finish(outputs);
  }

  /** Passes signals through the stages, from the one at `from`, to the assembler. */
  private relay(signals: readonly Signal[], outputs: Output[], from = 0): void {
    const { assembler, stages } = this.options;
    let current = signals;
    for (let at = from; at < stages.length; at += 1) current = through(stages[at], current);
    for (const signal of current) {
      for (const output of assembler.step(signal)) outputs.push(output);
    }
  }

  private finish(outputs: Output[]): void {
    if (this.finished) return;
    const { assembler, reader, stages } = this.options;
    this.relay(reader.end(), outputs);
    stages.forEach((stage, at) => this.relay(stage.end(), outputs, at + 1));
    for (const output of assembler.end()) outputs.push(output);
  }
}

/**
 * Whether the data is an event truncated at the end of the stream: it starts like a JSON object. Other text is an error
 * message.
 */
function isCut(data: string): boolean {
  const last = data.slice(data.lastIndexOf('\n') + 1);
  return /^\s*\{/.test(data) && parseJson(data) === undefined && parseJson(last) === undefined;
}

/** Almost every list contains one signal and is not copied. */
function through(stage: Stage | undefined, signals: readonly Signal[]): readonly Signal[] {
  const [only] = signals;
  if (!stage) return signals;
  return signals.length === 1 && only ? stage.step(only) : signals.flatMap((signal) => stage.step(signal));
}

/** V8 says that the stack is exceeded where a value is nested too deeply for its own JSON functions. */
function describeCause(cause: unknown): string {
  const isDeep = cause instanceof RangeError && cause.message.includes('call stack');
  return isDeep ? 'a value is nested too deeply' : messageOf(cause);
}
