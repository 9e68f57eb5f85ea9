/** Defines the calls that the benchmark sends to its helper processes: the fake upstream and the load generator. */

/** The protocol of a subject's clients. */
export type Protocol = 'chat' | 'responses';

/** Whether consecutive requests are tool rounds of one growing thread, or each is the first of a new thread. */
export type Thread = 'growing' | 'new';

/** The mode of the fake upstream. */
export interface UpstreamMode {
  /** Deltas in each reply. */
  readonly deltas: number;
  /** Deltas per second on each stream; 0 sends as fast as the connection allows. */
  readonly rate: number;
  /** Requests with more than `bytes` get `deltas` deltas at full speed instead. */
  readonly large?: { readonly bytes: number; readonly deltas: number } | undefined;
}

/** What the fake upstream sent and received since its mode was set. */
export interface UpstreamStats {
  readonly sent: number;
  readonly requests: number;
  readonly peakStreams: number;
  /** Characters of tool results in the first request; a different number than sent means a changed history. */
  readonly toolCharacters: number;
}

/** The parameters of one run of the load generator. */
export interface LoadJob {
  readonly port: number;
  readonly protocol: Protocol;
  /** Concurrent streams, and the number of consecutive requests of each. */
  readonly streams: number;
  readonly requests: number;
  /** Milliseconds between the starts of consecutive streams. */
  readonly staggerMs: number;
  readonly historyBytes: number;
  readonly thread: Thread;
  readonly deltas: number;
  /** Ignore latencies in the first `ignoreMs` milliseconds of a stream. */
  readonly ignoreMs: number;
  readonly deadlineMs: number;
}

/** The results of a run. */
export interface LoadResult {
  readonly deltas: number;
  readonly lost: number;
  readonly surplus: number;
  /** Replies whose finished item does not contain the text of its deltas. */
  readonly wrongFinals: number;
  readonly errors: readonly string[];
  /** Latency of each timestamped delta, in microseconds. */
  readonly latencies: readonly number[];
  readonly firstByteMs: readonly number[];
  readonly firstTextMs: readonly number[];
  readonly replyBytes: readonly number[];
  /** Characters of tool results in the first request of a thread. */
  readonly toolCharacters: number;
}

/** The calls of the fake upstream, by name. */
export interface UpstreamCalls {
  listen: { argument: null; result: number };
  mode: { argument: UpstreamMode; result: null };
  stats: { argument: null; result: UpstreamStats };
}
/** The calls of the load generator, by name. */
export interface LoadCalls {
  run: { argument: LoadJob; result: LoadResult };
}

type Calls<T> = { [K in keyof T]: { argument: unknown; result: unknown } };
/** A function for each call. */
export type Handlers<T extends Calls<T>> = {
  readonly [K in keyof T]: (argument: T[K]['argument']) => Promise<T[K]['result']> | T[K]['result'];
};

interface CallMessage {
  readonly id: number;
  readonly call: string;
  readonly argument: unknown;
}
/** The reply to a call. */
export interface ReplyMessage {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Handles the parent's calls, and ends this process when the parent exits. */
export function handleCalls<T extends Calls<T>>(handlers: Handlers<T>): void {
  process.on('disconnect', () => process.exit());
  process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole process group; the parent stops this process.
  process.on('message', (message: CallMessage) => {
    const send = (reply: ReplyMessage): void => void process.send?.(reply);
    const handler = handlers[message.call as keyof T];
    Promise.resolve()
      .then(() => handler(message.argument))
      .then(
        (result) => send({ id: message.id, result }),
        (error: unknown) => send({ id: message.id, error: String(error) }),
      );
  });
}
