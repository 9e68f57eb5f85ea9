/** Runs the stream path as one synchronous state machine: bytes in, client outputs out, without I/O or timers. */
import { parseJson, toWellFormed } from '../base/json';
import { messageOf } from '../base/thrown';
import { BridgeError } from '../errors/bridge-error';
import type { AnswerReader, Assembler, Signal, SignalOf, Stage } from './signal';
import { SseDecoder, type SseEvent } from './sse';

export interface AnswerStreamOptions<Output> {
  readonly assembler: Assembler<Output>;
  /** Reads the answer in the upstream's protocol. */
  readonly reader: AnswerReader;
  /** The steps between reader and assembler, in the order that bridge/stream-turn.ts explains. */
  readonly stages: readonly Stage[];
}

/** Translates one upstream answer. Once the assembler has finished, every method returns an empty list. */
export class AnswerStream<Output> {
  private readonly decoder = new SseDecoder();
  /** Number of events received from the provider so far. */
  received = 0;
  /** Holds the answer so far, and how it ended. */
  readonly assembler: Assembler<Output>;
  private readonly reader: AnswerReader;
  private readonly stages: readonly Stage[];

  constructor({ assembler, reader, stages }: AnswerStreamOptions<Output>) {
    this.assembler = assembler;
    this.reader = reader;
    this.stages = [new SurrogateStage(), ...stages];
  }

  push(bytes: Uint8Array): readonly Output[] {
    return this.run((outputs) => {
      const events = this.decoder.push(bytes);
      this.received += events.length;
      for (const event of events) this.readEvent(event, outputs);
    });
  }

  /** Processes the whole answer as one JSON value, from an upstream that did not stream. */
  readCompletion(value: unknown): readonly Output[] {
    return this.run((outputs) => {
      this.relay(this.reader.readCompletion(value), outputs);
      this.finish(outputs);
    });
  }

  /** Call when upstream has closed its stream. */
  end(): readonly Output[] {
    return this.run((outputs) => {
      for (const event of this.decoder.end()) if (!isTruncated(event.data)) this.readEvent(event, outputs);
      this.finish(outputs);
    });
  }

  /** Call if the connection failed. An answer that upstream has already finished stays complete. */
  fail(error: BridgeError): readonly Output[] {
    return this.reader.finished ? this.end() : this.assembler.fail(error);
  }

  /** Runs `step`. If it throws, because a line is too long or JSON is nested too deeply, the answer fails. */
  private run(step: (outputs: Output[]) => void): readonly Output[] {
    const outputs: Output[] = [];
    try {
      step(outputs);
    } catch (cause) {
      const error = new BridgeError('bad_answer', `Cannot read the provider's answer: ${describeCause(cause)}.`);
      for (const output of this.assembler.fail(error)) outputs.push(output);
    }
    return outputs;
  }

  private readEvent(event: SseEvent, outputs: Output[]): void {
    if (this.assembler.finished) return;
    const { signals, isDone } = this.reader.readEvent(event);
    this.relay(signals, outputs);
    if (isDone) this.finish(outputs);
  }

  /** Passes signals through the stages, from the one at `from`, to the assembler. */
  private relay(signals: readonly Signal[], outputs: Output[], from = 0): void {
    const { assembler, stages } = this;
    let current = signals;
    for (let at = from; at < stages.length && current.length > 0; at += 1) {
      const stage = stages[at];
      const first = current[0];
      if (!stage || !first) continue;
      // Almost every list holds one signal: avoid copying it.
      current = current.length === 1 ? stage.step(first) : current.flatMap((signal) => stage.step(signal));
    }
    for (const signal of current) {
      for (const output of assembler.step(signal)) outputs.push(output);
    }
  }

  private finish(outputs: Output[]): void {
    if (this.assembler.finished) return;
    const { assembler, reader, stages } = this;
    this.relay(reader.end(), outputs);
    for (const [at, stage] of stages.entries()) if (stage.end) this.relay(stage.end(), outputs, at + 1);
    for (const output of assembler.end()) outputs.push(output);
  }
}

/**
 * Whether the data is an event truncated at the end of the stream: it starts like a JSON object, but neither the data
 * nor its last line is valid JSON. Any other text is read, because it may be an error message.
 */
function isTruncated(data: string): boolean {
  const last = data.slice(data.lastIndexOf('\n') + 1);
  return /^\s*\{/.test(data) && parseJson(data) === undefined && parseJson(last) === undefined;
}

/** V8's JSON functions report a value that is nested too deeply as a stack overflow. */
function describeCause(cause: unknown): string {
  const isDeep = cause instanceof RangeError && cause.message.includes('call stack');
  return isDeep ? 'a value is nested too deeply' : messageOf(cause);
}

type TextSignal = SignalOf<'text-delta' | 'refusal-delta' | 'reasoning-delta' | 'call-delta'>;

/**
 * Joins surrogate pairs that a provider split across events, because a lone surrogate is not valid Unicode. Holds back
 * the first half of a pair until the next delta of the same kind; an unpaired half becomes U+FFFD.
 */
class SurrogateStage implements Stage {
  private held: TextSignal | undefined;

  step(signal: Signal): readonly Signal[] {
    if (signal.type === 'usage') return [signal];
    if (!('text' in signal)) return this.held ? [...this.end(), signal] : [signal];
    if (!this.held && !/[\ud800-\udfff]/.test(signal.text)) return [signal];
    const before = this.held?.type === signal.type ? [] : this.end();
    const text = (this.held?.text ?? '') + signal.text;
    const endsInHalf = /[\ud800-\udbff]$/.test(text);
    this.held = endsInHalf ? { ...signal, text: text.slice(-1) } : undefined;
    const complete = toWellFormed(endsInHalf ? text.slice(0, -1) : text);
    return complete === '' ? before : [...before, { ...signal, text: complete }];
  }

  end(): readonly Signal[] {
    const { held } = this;
    this.held = undefined;
    return held ? [{ ...held, text: toWellFormed(held.text) }] : [];
  }
}

