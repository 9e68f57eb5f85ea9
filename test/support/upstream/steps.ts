/** The steps of an upstream script: what the scripted upstream does with one accepted request. */
import type { ScriptedAnswer } from './chat-stream';

/**
 * How a streamed answer ends: `eof` normally, `cut` by closing the connection inside the chunked body, `reset` with a
 * TCP reset, `hang` only when the client disconnects or the upstream closes.
 */
export type StreamEnd = 'eof' | 'cut' | 'reset' | 'hang';

/**
 * Holds a stream back. A promise holds the whole body (the head is sent); a function is called before each write, with
 * its index and the number of writes, and before the end, with the number of writes as the index.
 */
export type Gate = Promise<void> | ((index: number, writes: number) => Promise<void> | void);

/** A streamed body: each element is one TCP write, and a reader in this process sees one read for each. */
export interface RawStep {
  readonly kind: 'raw';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: readonly (string | Buffer)[];
  readonly end: StreamEnd;
  readonly gate?: Gate;
}
export interface AnswerOptions extends ScriptedAnswer {
  readonly headers?: Readonly<Record<string, string>>;
  readonly gate?: Gate;
  /** Splits the stream into writes of this many bytes, even inside events and characters. */
  readonly writeSize?: number;
  /** Sends only this many events (`[DONE]` is one) before `end`. */
  readonly cutAfter?: number;
  /** How the stream ends. Default: `eof`. */
  readonly end?: StreamEnd;
}
export interface AnswerStep { readonly kind: 'answer'; readonly options: AnswerOptions }
export interface ReplyStep {
  readonly kind: 'reply';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
export interface RefuseStep { readonly kind: 'refuse' }
export interface SilenceStep { readonly kind: 'silence' }

export type Step = AnswerStep | ReplyStep | RawStep | RefuseStep | SilenceStep;

/** Answers in the dialect's shape: a stream, or a JSON completion when the request does not stream. */
export const answer = (options: AnswerOptions): Step => ({ kind: 'answer', options });

/** Sends a plain HTTP answer. An object becomes a JSON body with its content type, which `headers` can override. */
export function reply(options: {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
}): Step {
  const { status, headers = {}, body = '' } = options;
  const isText = typeof body === 'string';
  return {
    kind: 'reply',
    status,
    headers: isText ? headers : { 'content-type': 'application/json', ...headers },
    body: isText ? body : JSON.stringify(body),
  };
}

/** Sends exact bytes, one write for each element of `chunks`. Default content type: that of an event stream. */
export function raw(options: {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly chunks: readonly (string | Buffer)[];
  readonly end: StreamEnd;
  readonly gate?: Gate;
}): Step {
  const { status = 200, headers = {}, chunks, end, gate } = options;
  const head = { 'content-type': 'text/event-stream', ...headers };
  return { kind: 'raw', status, headers: head, chunks, end, ...(gate === undefined ? {} : { gate }) };
}

/** Destroys the connection without an answer. */
export const refuse = (): Step => ({ kind: 'refuse' });

/** Never answers, not even with headers. */
export const silence = (): Step => ({ kind: 'silence' });

/** A gate that a test opens one write at a time. */
export interface Turnstile {
  readonly gate: (index: number) => Promise<void>;
  /** Lets `count` more writes pass (the end counts as one). Default: 1. */
  admit(count?: number): void;
  /** Lets everything pass from now on. */
  open(): void;
}

/** Creates a closed turnstile for the `gate` of `answer` and `raw`. */
export function createTurnstile(): Turnstile {
  let admitted = 0;
  let waiting: { readonly index: number; readonly pass: () => void } | undefined;
  const admit = (count = 1) => {
    admitted += count;
    if (waiting === undefined || waiting.index >= admitted) return;
    const { pass } = waiting;
    waiting = undefined;
    pass();
  };
  return {
    gate: (index) => (index < admitted ? Promise.resolve() : new Promise((pass) => { waiting = { index, pass }; })),
    admit,
    open: () => admit(Infinity),
  };
}
