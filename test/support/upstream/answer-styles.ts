/** Defines how answers of providers differ from an OpenAI stream. Facts: upstreams.md, sections 3, 4 and 6. */

type Json = Readonly<Record<string, unknown>>;

/** Splits a text into pieces of the size that the script sets. */
type Split = (text: string) => readonly string[];

/** The form of the answers of one provider. Absent fields are as at OpenAI. */
export interface AnswerStyle {
  /** Renders the deltas of reasoning, then of text; each is `''` if the script has none. */
  readonly deltas: (reasoning: string, text: string, split: Split) => readonly Json[];
  /** The field in which the reasoning must be sent back. */
  readonly replay: 'reasoning_content' | 'reasoning' | 'reasoning_details' | 'think';
  /** The blocks that must be sent back, if reasoning is sent in blocks. */
  readonly blocks?: (reasoning: string) => readonly Json[];
  /** Each call is one chunk. */
  readonly wholeCalls?: true;
  /** `finish_reason` is "stop" although there are calls. */
  readonly stopsAfterCalls?: true;
  /** The token counts in the provider's fields. */
  readonly usage?: (counts: Json) => Json;
  /** The token counts are in the choice with the finish reason. */
  readonly usageInChoice?: true;
  /** A comment line before each event. */
  readonly comment?: string;
}

const content: (text: string, split: Split) => readonly Json[] = (text, split) =>
  split(text).map((piece) => ({ content: piece }));

const underKey = (key: string): AnswerStyle['deltas'] => (reasoning, text, split) => [
  ...split(reasoning).map((piece) => ({ [key]: piece })),
  ...content(text, split),
];

/** `reasoning_content`: DashScope, GLM, Kimi, DeepSeek, MiMo, SGLang, llama.cpp. */
export const PLAIN: AnswerStyle = { deltas: underKey('reasoning_content'), replay: 'reasoning_content' };

/** vLLM. */
export const REASONING: AnswerStyle = { deltas: underKey('reasoning'), replay: 'reasoning' };

/** SGLang (sglang#2877). */
export const STOPS: AnswerStyle = { ...PLAIN, stopsAfterCalls: true };

/** Inferred from its source: a call is sent once it is complete. */
export const OLLAMA: AnswerStyle = { ...REASONING, wholeCalls: true };

/** GLM streams arguments only on request; otherwise each call is one late chunk (section 2, tool_stream). */
export const zaiAnswers = ({ tool_stream }: Json): AnswerStyle =>
  tool_stream === true ? PLAIN : { ...PLAIN, wholeCalls: true };

/** Usage is in `choices[0].usage`, with `cached_tokens` at its top level. */
export const MOONSHOT: AnswerStyle = {
  ...PLAIN,
  usageInChoice: true,
  usage: ({ prompt_tokens_details, completion_tokens_details: _none, ...counts }) => ({
    ...counts,
    ...record(prompt_tokens_details),
  }),
};

export const DEEPSEEK: AnswerStyle = {
  ...PLAIN,
  usage: ({ prompt_tokens_details, ...counts }) => {
    const hit = Number(record(prompt_tokens_details)['cached_tokens'] ?? 0);
    return { ...counts, prompt_cache_hit_tokens: hit, prompt_cache_miss_tokens: Number(counts['prompt_tokens']) - hit };
  },
};

/** MiniMax without `reasoning_split`, and servers that run it without a parser. */
export const STRAY_THINK: AnswerStyle = {
  deltas: (reasoning, text, split) =>
    content(`${reasoning === '' ? '' : `<think>\n${reasoning}\n</think>\n\n`}${text}`, split),
  replay: 'think',
};

export const MINIMAX_THINK = STRAY_THINK;

/** MiniMax with `reasoning_split`: every chunk repeats the text so far (its own sample in section 4.2). */
export const MINIMAX_COMPLETE: AnswerStyle = {
  deltas: (reasoning, text, split) => [
    ...soFar(split(reasoning)).map((joined) => ({ reasoning_details: [{ ...MINIMAX_DETAIL, text: joined }] })),
    ...soFar(split(text)).map((joined) => ({ content: joined })),
  ],
  replay: 'reasoning_details',
  blocks: (text) => [{ ...MINIMAX_DETAIL, text }],
};

const MINIMAX_DETAIL = {
  type: 'reasoning.text',
  id: 'reasoning-text-1',
  format: 'MiniMax-response-v1',
  index: 0,
} as const;

/** The blocks after the reasoning: a signature for all of it, and a block that only the model's maker can decrypt. */
const SIGNATURE = 'c2lnbmF0dXJl';
const ENCRYPTED = {
  type: 'reasoning.encrypted',
  data: 'ZW5jcnlwdGVk',
  id: 'rs_1',
  format: 'unknown',
  index: 1,
} as const;

export const OPENROUTER: AnswerStyle = {
  deltas: (reasoning, text, split) => [
    ...split(reasoning).map((piece) => ({ reasoning: piece, reasoning_details: [openrouterDetail({ text: piece })] })),
    ...(reasoning === ''
      ? []
      : [{ reasoning_details: [openrouterDetail({ signature: SIGNATURE })] }, { reasoning_details: [ENCRYPTED] }]),
    ...content(text, split),
  ],
  replay: 'reasoning_details',
  blocks: (text) => [openrouterDetail({ text, signature: SIGNATURE }), ENCRYPTED],
  comment: ': OPENROUTER PROCESSING',
};

const openrouterDetail = (fields: Json): Json => ({ type: 'reasoning.text', ...fields, format: 'unknown', index: 0 });

const soFar = (pieces: readonly string[]): readonly string[] =>
  pieces.map((_, index) => pieces.slice(0, index + 1).join(''));

const record = (value: unknown): Json => (value ?? {}) as Json;
