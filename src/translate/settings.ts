/** Translates the settings of a request as the dialect requires: sampling and limits, thinking, output format. */
import { compact, type JsonObject } from '../base/json';
import type { Notes } from '../base/notes';
import type { Dialect, ThinkingControl } from '../providers/dialect';
import { clampEffort } from '../providers/dialect';
import type { ChatContent, ChatRequest } from '../wire/chat';
import type { ResponsesRequest, TextFormat } from '../wire/responses-request';

/** The entry of `include` that requests log probabilities. */
const LOGPROBS = 'message.output_text.logprobs';

/** @returns only fields that have a value and that the dialect accepts */
export function translateSettings(request: ResponsesRequest, dialect: Dialect): Partial<ChatRequest> {
  const { n, logit_bias, stop, seed, ...sampling } = request.sampling;
  const limit = request.maxOutputTokens ?? (dialect.alwaysMaxTokens ? dialect.maxTokens : undefined);
  return {
    ...(dialect.sampling && sampling),
    ...compact({
      stop,
      seed,
      logit_bias: dialect.logitBias ? logit_bias : undefined,
      n: wantsSeveralChoices(request) ? n : undefined,
      [dialect.maxTokensField]: limit === undefined ? undefined : Math.min(limit, dialect.maxTokens ?? limit),
      logprobs: request.topLogprobs !== undefined || request.include.includes(LOGPROBS) ? true : undefined,
      top_logprobs: request.topLogprobs || undefined,
      prompt_cache_key: dialect.promptCacheKey ? request.promptCacheKey : undefined,
      user: dialect.user ? request.user : undefined,
      modalities: request.modalities,
      audio: request.audio,
    }),
  };
}

/** Whether the client requests several choices. They are not streamed, and therefore generated without thinking. */
export const wantsSeveralChoices = ({ sampling }: Pick<ResponsesRequest, 'sampling'>): boolean => (sampling.n ?? 1) > 1;

/** @param options `forwardReasoning` also sends the request's `reasoning` object, unchanged */
export function translateThinking(
  request: ResponsesRequest, options: { readonly dialect: Dialect; readonly forwardReasoning: boolean },
): Partial<ChatRequest> {
  const { thinking, preserveThinking, reasoningSplit } = options.dialect;
  return {
    ...controlThinking(thinking, request.reasoning?.effort, wantsSeveralChoices(request)),
    ...(preserveThinking && { preserve_thinking: true }),
    ...(reasoningSplit && { reasoning_split: true }),
    ...(options.forwardReasoning && request.reasoning && { reasoning: toJson(request.reasoning) }),
  };
}

/**
 * @param several whether there are several choices: they are not streamed, and thinking requires streaming
 * (upstreams.md, section 0)
 */
function controlThinking(control: ThinkingControl, effort: string | undefined, several: boolean): Partial<ChatRequest> {
  const off = several || isOff(effort, control);
  switch (control.kind) {
    case 'none':
      return {};
    case 'effort':
      return effort === undefined ? {} : renderEffort(effort, control.levels ?? [effort]);
    case 'enable_thinking':
      // Always sent, because the default differs from model to model.
      if (off && !control.fixed) return { enable_thinking: false };
      return { enable_thinking: true, ...budgetOrEffort(control, effort) };
    case 'thinking':
      if (off && !control.fixed) return { thinking: { type: 'disabled' } };
      return { thinking: { type: control.on, ...control.extra }, ...renderEffort(effort, control.levels) };
    case 'chat_template':
      return { chat_template_kwargs: { enable_thinking: !off, preserve_thinking: true } };
    case 'reasoning':
      return effort === undefined ? {} : { reasoning: { effort } };
    default:
      return control satisfies never;
  }
}

/** `minimal` turns thinking off, unless the model has it or the level `low`: DeepSeek documents minimal → low. */
function isOff(effort: string | undefined, control: ThinkingControl): boolean {
  const hasLowLevel = 'levels' in control && control.levels?.some((level) => level === 'minimal' || level === 'low');
  return effort === 'none' || (effort === 'minimal' && !hasLowLevel);
}

/** DashScope accepts either a budget or an effort (upstreams.md, table (b), row 8): levels take precedence. */
function budgetOrEffort(
  control: Extract<ThinkingControl, { kind: 'enable_thinking' }>, effort: string | undefined,
): Partial<ChatRequest> {
  const budgets = control.levels === undefined ? control.budgets : undefined;
  const budget = budgets && effort !== undefined && Object.hasOwn(budgets, effort) ? budgets[effort] : undefined;
  return budget === undefined ? renderEffort(effort, control.levels) : { thinking_budget: budget };
}

function renderEffort(effort: string | undefined, levels: readonly string[] | undefined): Partial<ChatRequest> {
  return effort === undefined || levels === undefined ? {} : { reasoning_effort: clampEffort(effort, levels) };
}

const toJson = (settings: { readonly effort?: string; readonly summary?: string }): JsonObject => ({ ...settings });

export interface TranslatedFormat {
  readonly fields: Pick<ChatRequest, 'response_format'>;
  /** Text for the instructions, if the field alone is not enough. */
  readonly instructions?: string;
}

type JsonFormat = Exclude<TextFormat, { readonly type: 'text' }>;

/** Requests the output format in the strictest form that the dialect accepts: json_schema, json_object or a prompt. */
export function translateFormat(format: TextFormat | undefined, dialect: Dialect, notes: Notes): TranslatedFormat {
  if (format === undefined || format.type === 'text') return { fields: {} };
  if (dialect.responseFormat === 'json_schema') {
    if (format.type === 'json_object') return { fields: { response_format: { type: 'json_object' } } };
    const { type, ...schema } = format;
    return { fields: { response_format: { type, json_schema: schema } } };
  }
  const accepted = dialect.responseFormat === 'prompt' ? 'no response_format' : 'only response_format json_object';
  notes.add(`described ${format.type} in the instructions: the provider accepts ${accepted}`);
  const fields = dialect.responseFormat === 'json_object' ? { response_format: { type: 'json_object' } as const } : {};
  return { fields, instructions: describeFormat(format) };
}

/**
 * Removes `response_format`, for models that reject it, and describes its schema in the first message that is not the
 * model's. `json_object` needs no description, because OpenAI already requires the word JSON in the messages.
 */
export function moveFormatIntoMessages(chat: ChatRequest): ChatRequest {
  const { response_format: format, ...rest } = chat;
  if (format === undefined) return chat;
  if (format.type !== 'json_schema') return rest;
  const text = describeFormat({ type: format.type, ...format.json_schema });
  const first = chat.messages.findIndex(({ role }) => role !== 'assistant' && role !== 'tool');
  const messages = chat.messages.map((message, index) =>
    index === first ? { ...message, content: append(message.content ?? '', text) } : message);
  return { ...rest, messages };
}

const append = (content: ChatContent, text: string): ChatContent =>
  typeof content === 'string' ? `${content}\n\n${text}` : [...content, { type: 'text', text }];

function describeFormat(format: JsonFormat): string {
  const only = 'Answer with one JSON object and nothing else: no prose, no code fence.';
  return format.type === 'json_object'
    ? only
    : `${only} It must match this JSON Schema:\n${JSON.stringify(format.schema)}`;
}
