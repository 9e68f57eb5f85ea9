/** What the benchmark asks of its helper processes, the fake upstream and the load generator, and what they answer. */

/** The protocol a subject's clients speak. */
export type Protocol = 'chat' | 'responses';

/** How the fake upstream answers from now on. */
export interface UpstreamMode {
  /** Deltas in each reply. */
  readonly deltas: number;
  /** Deltas a second on each stream; 0 sends as fast as the connection takes them. */
  readonly rate: number;
  /** Bodies of more than `bytes` are answered at once, with so many deltas. */
  readonly large?: { readonly bytes: number; readonly deltas: number } | undefined;
}

/** What the fake upstream saw since its mode was last set. */
export interface UpstreamStats {
  readonly sent: number;
  readonly requests: number;
  readonly peakStreams: number;
  /** Characters of tool results in the first request: shows that a history arrived whole. */
  readonly toolCharacters: number;
}

/** One run of the load generator. */
export interface LoadJob {
  readonly port: number;
  readonly protocol: Protocol;
  /** Streams open side by side, and the requests each makes one after the other. */
  readonly streams: number;
  readonly requests: number;
  /** Milliseconds between the starts of neighbouring streams. */
  readonly staggerMs: number;
  readonly historyBytes: number;
  readonly deltas: number;
  /** Latencies of the first milliseconds of a stream are left out. */
  readonly ignoreMs: number;
  readonly deadlineMs: number;
}

/** What a run saw. */
export interface LoadResult {
  readonly deltas: number;
  readonly lost: number;
  readonly surplus: number;
  /** Replies whose finished item does not hold the text of its deltas. */
  readonly wrongFinals: number;
  readonly errors: readonly string[];
  /** Microseconds of each stamped delta. */
  readonly latencies: readonly number[];
  readonly firstByteMs: readonly number[];
  readonly firstTextMs: readonly number[];
  readonly replyBytes: readonly number[];
  /** Characters of tool results each request carried. */
  readonly toolCharacters: number;
}

/** The calls the fake upstream answers: name to argument and result. */
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
/** A function for each call. */
export type Handlers<T extends Calls<T>> = {
  readonly [K in keyof T]: (argument: T[K]['argument']) => Promise<T[K]['result']> | T[K]['result'];
};

interface Question {
  readonly id: number;
  readonly call: string;
  readonly argument: unknown;
}
/** The message that answers a call. */
export interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Answers the parent's calls with `handlers`, and ends this process when the parent is gone. */
export function answerCalls<T extends Calls<T>>(handlers: Handlers<T>): void {
  process.on('disconnect', () => process.exit());
  process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole group; the parent ends its helpers itself.
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
