/** Known differences between the pinned versions of Codex, and why the bridge needs no change. */

/** One fact, and the lines of a request that it explains. */
export interface Explained {
  readonly pattern: RegExp;
  readonly why: string;
}

/** Facts about 0.169.0 → 0.171.0. Remove facts about versions that are no longer compared. */
export const EXPLAINED: readonly Explained[] = [
  {
    pattern: /^header accept-encoding = /,
    why: '0.171 reads zstd and gzip; an answer without content-encoding works with every version.',
  },
  {
    pattern: /\.tools\[.*\.description = /,
    why: 'Tool texts are for the model; the bridge passes them on unchanged.',
  },
  {
    pattern: /\.model = "gpt-6\.[12]-sol"$/,
    why: "Codex's own default model has another name; the names of Codex's models mean DEFAULT_MODEL.",
  },
  {
    pattern: /\.tools\[function send_message_to_user_async\]\./,
    why: 'A new function of code mode, declared and called like every other one.',
  },
];
