/** Differences between the pinned versions of Codex that are known, and why the bridge needs no change. */

/** One fact, and the lines of a request that it explains. */
export interface Explained {
  readonly pattern: RegExp;
  readonly why: string;
}

/** Facts about 0.169.0 → 0.171.0. Remove those of versions that are not compared any more. */
export const EXPLAINED: readonly Explained[] = [
  {
    pattern: /^header accept-encoding = /,
    why: '0.171 reads zstd and gzip; an answer without content-encoding stays right for every version.',
  },
  {
    pattern: /\.tools\[.*\.description = /,
    why: 'Texts of tools are for the model: the bridge passes them on as they are.',
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
