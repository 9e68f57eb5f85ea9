/** Defines the messages between the benchmark and its helper processes, the fake upstream and the load generator. */

/** The protocol of a subject's clients. */
export type Protocol = 'chat' | 'responses';

/** Requests one after the other: rounds of tools in one thread, or the first request of a thread each. */
export type Thread = 'grows' | 'new';

/** The mode of the fake upstream. */
export interface UpstreamMode {
  /** Deltas in each reply. */
  readonly deltas: number;
  /** Deltas per second on each stream; 0 sends as fast as the connection allows. */
  readonly rate: number;
  /** Bodies of more than `bytes` are answered at once, with this many deltas. */
  readonly large?: { readonly bytes: number; readonly deltas: number } | undefined;
}

/** What the fake upstream received since its mode was set. */
export interface UpstreamStats {
  readonly sent: number;
  readonly requests: number;
  readonly peakStreams: number;
  /** Characters of tool results in the first request, which shows that the history arrived complete. */
  readonly toolCharacters: number;
}

/** One run of the load generator. */
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
  /** Latencies in the first milliseconds of a stream are ignored. */
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
  /** Microseconds of each stamped delta. */
  readonly latencies: readonly number[];
  readonly firstByteMs: readonly number[];
  readonly firstTextMs: readonly number[];
  readonly replyBytes: readonly number[];
  /** Characters of tool results in each request. */
  readonly toolCharacters: number;
}

/** The calls that the fake upstream answers, by name, with argument and result. */
export interface UpstreamCalls {
  listen: { argument: null; result: number };
  mode: { argument: UpstreamMode; result: null };
  stats: { argument: null; result: UpstreamStats };
}
/** The calls of the load generator. */
export interface LoadCalls {
  run: { argument: LoadJob; result: LoadResult };
}

type Calls<T> = { [K in keyof T]: { argument: unknown; result: unknown } };
/** One function per call. */
export type Handlers<T extends Calls<T>> = {
  readonly [K in keyof T]: (argument: T[K]['argument']) => Promise<T[K]['result']> | T[K]['result'];
};

interface Question {
  readonly id: number;
  readonly call: string;
  readonly argument: unknown;
}
/** The reply to a call. */
export interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Answers the parent's calls with `handlers`, and ends this process when the parent exits. */
export function answerCalls<T extends Calls<T>>(handlers: Handlers<T>): void {
  process.on('disconnect', () => process.exit());
  process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole process group; the parent ends its helpers itself.
  process.on('message', (question: Question) => {
    const reply = (answer: Answer): void => void process.send?.(answer);
    const handler = handlers[question.call as keyof T];
    Promise.resolve()
      .then(() => handler(question.argument))
      .then(
        (result) => reply({ id: question.id, result }),
        (error: unknown) => reply({ id: question.id, error: String(error) }),
      );
  });
}
