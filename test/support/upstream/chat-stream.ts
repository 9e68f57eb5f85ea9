/** Renders a scripted answer as a Chat Completions stream or completion, in the shape of each dialect. */
import type { MessagePhase } from '../../../src/wire/responses-output';
import { PLAIN, type AnswerStyle } from './answer-styles';
import type { UpstreamDialect } from '../strict/rule';

/** One tool call of a scripted answer. */
export interface ScriptedCall {
  /** `call_<answer>_<position>` when absent: unique over all answers of one upstream. */
  readonly id?: string;
  readonly name: string;
  /** The text of the arguments, or an object to be written as JSON. */
  readonly arguments: string | object;
}

/** Token counts; `total_tokens` is their sum. */
export interface ScriptedUsage {
  readonly prompt?: number;
  readonly completion?: number;
  readonly cached?: number;
  readonly reasoning?: number;
}

/** What the model answers. */
export interface ScriptedAnswer {
  readonly reasoning?: string;
  readonly text?: string;
  /** The phase of the text; only Responses endpoints send it. */
  readonly phase?: MessagePhase;
  readonly toolCalls?: readonly ScriptedCall[];
  /** `tool_calls` or `stop` when absent; `null` omits the finish reason. */
  readonly finish?: string | null;
  /** 20 prompt and 10 completion tokens when absent; `null` omits usage even if it is requested. */
  readonly usage?: ScriptedUsage | null;
  /** Characters in each chunk; 4 when absent. */
  readonly pieces?: number;
}

/** What an answer depends on: the request, and its position in the script. */
export interface AnswerContext {
  readonly dialect: UpstreamDialect;
  /** The form of one provider's answers; that of the dialect when absent. */
  readonly style?: AnswerStyle;
  readonly model: string;
  /** The number of this answer at its upstream, from 1; used in ids. */
  readonly number: number;
  readonly includeUsage: boolean;
  /** The request's `n`: the number of identical choices. */
  readonly choices: number;
}

type Json = Readonly<Record<string, unknown>>;
interface Call { readonly id: string; readonly name: string; readonly text: string }
interface Delta { readonly delta: Json; readonly finish: string | null }

/** How one dialect renders the deltas of an answer, a complete message, and the envelope around either. */
interface Shape {
  deltas(answer: ScriptedAnswer, calls: readonly Call[]): readonly Json[];
  closing(answer: ScriptedAnswer): Json;
  message(answer: ScriptedAnswer, calls: readonly Call[]): Json;
  envelope(object: string, choices: readonly Json[], usage: Json | null, context: AnswerContext): Json;
}

/** Seconds since the epoch in every answer: fixed, so that tests can compare bytes. */
const CREATED = 1_700_000_000;

/** Splits `text` into pieces of `size` characters, never inside a surrogate pair: each piece becomes a JSON string. */
function split(text: string, size: number): readonly string[] {
  const characters = Array.from(text);
  const pieces: string[] = [];
  for (let start = 0; start < characters.length; start += size)
    pieces.push(characters.slice(start, start + size).join(''));
  return pieces;
}

const splitFor = (answer: ScriptedAnswer, text: string): readonly string[] => split(text, answer.pieces ?? 4);
const wireCall = ({ id, name, text }: Call): Json => ({ id, type: 'function', function: { name, arguments: text } });

/** Renders a call as OpenAI does: its name with empty arguments, then argument pieces alone. */
function openaiFragments(
  answer: ScriptedAnswer,
  call: Call,
  index: number,
  { wholeCalls }: AnswerStyle,
): readonly Json[] {
  if (wholeCalls) return [{ index, ...wireCall(call) }];
  return [
    { index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } },
    ...splitFor(answer, call.text).map((text) => ({ index, function: { arguments: text } })),
  ];
}

const openaiShape = (style: AnswerStyle): Shape => ({
  deltas: (answer, calls) => [
    { role: 'assistant', content: '' },
    ...style.deltas(answer.reasoning ?? '', answer.text ?? '', (text) => splitFor(answer, text)),
    ...calls
      .flatMap((call, index) => openaiFragments(answer, call, index, style))
      .map((fragment) => ({ tool_calls: [fragment] })),
  ],
  closing: () => ({}),
  message: (answer, calls) => ({
    role: 'assistant',
    content: answer.text ?? (calls.length > 0 ? null : ''),
    ...(answer.reasoning === undefined ? {} : { reasoning_content: answer.reasoning }),
    ...(calls.length > 0 ? { tool_calls: calls.map(wireCall) } : {}),
  }),
  envelope: (object, choices, usage, { number, model, includeUsage }) => ({
    id: `chatcmpl-${number}`,
    object,
    created: CREATED,
    model,
    system_fingerprint: null,
    choices,
    ...(object === 'chat.completion' || includeUsage ? { usage } : {}),
  }),
});

/** Renders a call as DashScope does: id, name and first piece together, then pieces with `"id":""` and no name. */
function dashscopeFragments(answer: ScriptedAnswer, call: Call, index: number): readonly Json[] {
  const [head = '', ...rest] = splitFor(answer, call.text);
  return [
    { index, id: call.id, type: 'function', function: { name: call.name, arguments: head } },
    ...rest.map((piece) => ({ function: { arguments: piece }, index, id: '', type: 'function' })),
  ];
}

// Samples: Model Studio's documentation, and captures on apifox (qwq-32b), itsvse (qwen-max), bioinfo.online
// (qwen-plus).
const DASHSCOPE: Shape = {
  deltas: (answer, calls) => {
    const thinking = answer.reasoning === undefined ? {} : { reasoning_content: null };
    const fragments = calls
      .flatMap((call, index) => dashscopeFragments(answer, call, index))
      .map((fragment): Json => ({ content: null, ...thinking, tool_calls: [fragment] }));
    const [first, ...others] = fragments;
    // An answer with only calls has no opening chunk: its role is in the first fragment.
    if (first !== undefined && answer.reasoning === undefined && (answer.text ?? '') === '') {
      return [{ ...first, role: 'assistant' }, ...others];
    }
    return [
      answer.reasoning === undefined
        ? { content: '', role: 'assistant' }
        : { content: null, role: 'assistant', reasoning_content: '' },
      ...splitFor(answer, answer.reasoning ?? '').map((piece) => ({ content: null, reasoning_content: piece })),
      ...splitFor(answer, answer.text ?? '').map((content) => ({ content, ...thinking })),
      ...fragments,
    ];
  },
  closing: (answer) => {
    if ((answer.toolCalls?.length ?? 0) > 0) return {};
    return answer.reasoning === undefined ? { content: '' } : { content: '', reasoning_content: null };
  },
  message: (answer, calls) => ({
    content: answer.text ?? '',
    ...(answer.reasoning === undefined ? {} : { reasoning_content: answer.reasoning }),
    role: 'assistant',
    ...(calls.length > 0 ? { tool_calls: calls.map((call, index) => ({ index, ...wireCall(call) })) } : {}),
  }),
  envelope: (object, choices, usage, { number, model }) => ({
    choices,
    object,
    usage,
    created: CREATED,
    system_fingerprint: null,
    model,
    id: `chatcmpl-${number}`,
  }),
};

const SHAPES: Readonly<Record<UpstreamDialect, Shape>> = { openai: openaiShape(PLAIN), dashscope: DASHSCOPE };

const shapeOf = ({ dialect, style }: AnswerContext): Shape =>
  style === undefined ? SHAPES[dialect] : openaiShape(style);

function callsOf(answer: ScriptedAnswer, number: number): readonly Call[] {
  return (answer.toolCalls ?? []).map((call, index) => ({
    id: call.id ?? `call_${number}_${index}`,
    name: call.name,
    text: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
  }));
}

function usageOf({ prompt = 20, completion = 10, cached = 0, reasoning = 0 }: ScriptedUsage): Json {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

function finishOf(answer: ScriptedAnswer, { style }: AnswerContext): string | null {
  if (answer.finish !== undefined) return answer.finish;
  return (answer.toolCalls?.length ?? 0) > 0 && style?.stopsAfterCalls === undefined ? 'tool_calls' : 'stop';
}

/** The counts in the provider's fields; `null` when it reports none. */
function countsOf(answer: ScriptedAnswer, { style }: AnswerContext): Json | null {
  if (answer.usage === null) return null;
  const counts = usageOf(answer.usage ?? {});
  return style?.usage?.(counts) ?? counts;
}

function choiceOf({ dialect }: AnswerContext, index: number, inner: Json, finish_reason: string | null): Json {
  return dialect === 'openai'
    ? { index, ...inner, logprobs: null, finish_reason }
    : { ...inner, finish_reason, index, logprobs: null };
}

/** Renders one string for each server-sent event. With `n` > 1, the chunks of the choices alternate. */
export function renderChatStream(answer: ScriptedAnswer, context: AnswerContext): readonly string[] {
  const { style = PLAIN } = context;
  const shape = shapeOf(context);
  const finish = finishOf(answer, context);
  const counts = context.includeUsage ? countsOf(answer, context) : null;
  const closing: readonly Delta[] = finish === null ? [] : [{ delta: shape.closing(answer), finish }];
  const deltas = shape.deltas(answer, callsOf(answer, context.number)).map((delta): Delta => ({ delta, finish: null }));
  const indexes = Array.from({ length: context.choices }, (_, index) => index);
  const chunk = (choices: readonly Json[], usage: Json | null) =>
    shape.envelope('chat.completion.chunk', choices, usage, context);
  const chunks = [...deltas, ...closing].flatMap(({ delta, finish: reason }) =>
    indexes.map((index) => {
      const inner = reason !== null && style.usageInChoice ? { delta, usage: counts } : { delta };
      return chunk([choiceOf(context, index, inner, reason)], null);
    }),
  );
  const tail = counts === null || style.usageInChoice ? [] : [chunk([], counts)];
  const comment = style.comment === undefined ? '' : `${style.comment}\n\n`;
  return [...[...chunks, ...tail].map((data) => `${comment}data: ${JSON.stringify(data)}\n\n`), 'data: [DONE]\n\n'];
}

/** Renders the answer as one JSON completion, for a request without `stream: true`. */
export function renderCompletion(answer: ScriptedAnswer, context: AnswerContext): string {
  const shape = shapeOf(context);
  const message = shape.message(answer, callsOf(answer, context.number));
  const choices = Array.from({ length: context.choices }, (_, index) =>
    choiceOf(context, index, { message }, finishOf(answer, context)),
  );
  return JSON.stringify(shape.envelope('chat.completion', choices, countsOf(answer, context), context));
}
