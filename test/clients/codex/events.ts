/** Reads the output of `codex exec --json`: one JSON object per line. */

/** An item that Codex shows: a message, reasoning, a command, a tool call. */
export interface CodexItem {
  readonly id: string;
  readonly type: string;
  readonly text?: string;
  readonly message?: string;
  readonly status?: string;
  readonly command?: string;
  readonly aggregated_output?: string;
  readonly exit_code?: number | null;
  readonly server?: string;
  readonly tool?: string;
  readonly arguments?: unknown;
  readonly result?: unknown;
  /** The steps of a plan. */
  readonly items?: readonly { readonly text: string; readonly completed: boolean }[];
  readonly changes?: readonly { readonly path: string; readonly kind: string }[];
}

/** Summed over all requests of the thread; versions differ in the other counts. */
export interface CodexUsage {
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_output_tokens?: number;
}

export interface CodexEvent {
  readonly type: string;
  readonly thread_id?: string;
  readonly item?: CodexItem;
  readonly usage?: CodexUsage;
  readonly message?: string;
  readonly error?: { readonly message: string };
}

/** @throws SyntaxError for a line that is not JSON */
export const parseEvents = (stdout: string): readonly CodexEvent[] =>
  stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as CodexEvent);

/** The items of `type` in all events, in order: one that is started, updated and completed appears three times. */
export const eventItems = (events: readonly CodexEvent[], type: string): readonly CodexItem[] =>
  events.flatMap(({ item }) => (item?.type === type ? [item] : []));

/** The completed items of `type`, in order. */
export function completedItems(events: readonly CodexEvent[], type: string): readonly CodexItem[] {
  return events.flatMap(({ type: name, item }) =>
    name === 'item.completed' && item?.type === type ? [item] : [],
  );
}

/** The texts of the completed items of `type`: `agent_message` or `reasoning`. */
export const textsOf = (events: readonly CodexEvent[], type: string): readonly string[] =>
  completedItems(events, type).map(({ text }) => text ?? '');

/** The usage that the last completed turn reports. */
export const usageOf = (events: readonly CodexEvent[]): CodexUsage | undefined =>
  events.filter(({ type }) => type === 'turn.completed').at(-1)?.usage;

/** The messages of all `error` and `turn.failed` events. */
export const errorsOf = (events: readonly CodexEvent[]): readonly string[] =>
  events.flatMap(({ type, message, error }) => {
    if (type === 'error') return [message ?? ''];
    return type === 'turn.failed' ? [error?.message ?? ''] : [];
  });
