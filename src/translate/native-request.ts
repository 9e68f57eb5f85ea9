/**
 * Converts a Chat request for a provider's own Responses endpoint. Requests are translated to Chat first, so that every
 * history repair, quirk and learned repair applies here too (docs/protocol.md, Responses endpoints).
 */
import { compact } from '../base/json';
import type { Notes } from '../base/notes';
import type { Dialect, ThinkingControl } from '../providers/dialect';
import type {
  ChatContent, ChatMessage, ChatPart, ChatRequest, ChatResponseFormat, ChatTool, ChatToolChoice, NativeOption,
} from '../wire/chat';
import type { NativeInputItem, NativePart, NativeRequest, NativeTool } from '../wire/native';
import { isReasoningItem } from '../wire/read-native';
import type { ResponsesRequest, TextFormat } from '../wire/responses-request';

/**
 * Adapts a model's dialect to the Responses API: features that need provider-specific fields in Chat Completions are
 * either standard here (developer messages, effort, reasoning items) or absent.
 */
export function toNativeDialect(dialect: Dialect): Dialect {
  const { reasoningPlaceholder: _placeholder, ...rest } = dialect;
  return {
    ...rest,
    instructionsRole: 'developer',
    lateInstructions: 'system',
    parallelToolCalls: true,
    strictTools: true,
    toolStream: false,
    maxTokensField: 'max_tokens',
    user: false,
    logitBias: false,
    promptCacheKey: true,
    thinking: toNativeThinking(dialect.thinking),
    preserveThinking: false,
    reasoningSplit: false,
    cumulative: false,
    reasoningReplay: 'items',
    webSearch: 'none',
    cacheControl: 'none',
  };
}

/** Turns a thinking control into `reasoning.effort`; its value `none` disables thinking (DeepSeek, thinking mode). */
function toNativeThinking(control: ThinkingControl): ThinkingControl {
  if (control.kind === 'none' || control.kind === 'effort') return control;
  const levels = 'levels' in control ? control.levels : undefined;
  const fixed = 'fixed' in control && control.fixed === true;
  return { kind: 'effort', ...(levels && { levels: fixed ? levels : ['none', ...levels] }) };
}

const KNOWN_SAMPLING: readonly string[] = ['temperature', 'top_p'];

/** Drops the settings of a request that only Chat Completions has. */
export function toNativeSettings(request: ResponsesRequest, notes: Notes): ResponsesRequest {
  const { modalities, audio, sampling, ...rest } = request;
  const dropped = Object.keys(sampling).filter((name) => !KNOWN_SAMPLING.includes(name));
  if (modalities || audio) dropped.push('audio');
  if (dropped.length > 0) notes.add(`dropped ${dropped.join(', ')}: a Responses endpoint has no such field`);
  const { temperature, top_p } = sampling;
  return { ...rest, sampling: compact({ temperature, top_p }) };
}

const KNOWN_INCLUDES: readonly string[] = ['reasoning.encrypted_content', 'message.output_text.logprobs'];

/**
 * Adds the fields of a request that Chat Completions does not have.
 *
 * @param dialect the model's: a model that cannot think has no reasoning to summarize
 */
export function withNativeSettings(chat: ChatRequest, request: ResponsesRequest, dialect: Dialect): ChatRequest {
  const include = request.include.filter((entry) => KNOWN_INCLUDES.includes(entry));
  const summary = dialect.thinking.kind === 'none' ? undefined : request.reasoning?.summary;
  return { ...chat, native: compact({ include: include.length > 0 ? include : undefined, summary }) };
}

/** Writes only fields named in wire/native.ts. Pure: the same request results in the same bytes. */
export function toNativeRequest(chat: ChatRequest): NativeRequest {
  const { include, summary, omit = [] } = chat.native ?? {};
  const unless = <T>(name: NativeOption, value: T): T | undefined => (omit.includes(name) ? undefined : value);
  const [first, ...others] = chat.messages;
  const leading = first?.role === 'developer' ? unless('instructions', textOf(first.content)) : undefined;
  const messages = leading === undefined ? chat.messages : others;
  const reasoning = chat.reasoning ?? compact({ effort: chat.reasoning_effort, summary: unless('summary', summary) });
  const format = chat.response_format && toFormat(chat.response_format);
  return {
    model: chat.model,
    ...(leading !== undefined && { instructions: leading }),
    input: messages.flatMap(toItems),
    stream: true,
    ...compact({
      store: unless('store', false as const),
      tools: chat.tools?.map((tool) => toTool(tool, unless('strict', false))),
      tool_choice: chat.tool_choice && toChoice(chat.tool_choice),
      parallel_tool_calls: chat.parallel_tool_calls,
      max_output_tokens: unless('max_output_tokens', chat.max_tokens ?? chat.max_completion_tokens),
      temperature: chat.temperature,
      top_p: chat.top_p,
      top_logprobs: chat.top_logprobs,
      text: format && { format },
      reasoning: Object.keys(reasoning).length > 0 ? reasoning : undefined,
      include: unless('include', include),
      prompt_cache_key: chat.prompt_cache_key,
    }),
  };
}

/** Converts a message. An assistant message becomes reasoning items, text and calls, in the order that Codex uses. */
function toItems(message: ChatMessage): readonly NativeInputItem[] {
  switch (message.role) {
    case 'system':
    case 'developer':
      return [{ type: 'message', role: 'developer', content: toParts(message.content, 'input_text') }];
    case 'user':
      return [{ type: 'message', role: 'user', content: toParts(message.content, 'input_text') }];
    case 'tool':
      return [{ type: 'function_call_output', call_id: message.tool_call_id, output: textOf(message.content) }];
    case 'assistant': {
      const content = toParts(message.content ?? '', 'output_text');
      return [
        ...(message.reasoning_details ?? []).filter(isReasoningItem),
        ...(content.length > 0 ? [{ type: 'message', role: 'assistant', content } as const] : []),
        ...(message.tool_calls ?? []).map(
          // Named fields only: `function` may also contain fields that a Chat endpoint signed.
          ({ id, function: { name, arguments: text } }) =>
            ({ type: 'function_call', call_id: id, name, arguments: text }) as const,
        ),
      ];
    }
    default:
      return message satisfies never;
  }
}

function toParts(content: ChatContent, textType: 'input_text' | 'output_text'): readonly NativePart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: textType, text: content }];
  return content.map((part) => toPart(part, textType));
}

function toPart(part: ChatPart, textType: 'input_text' | 'output_text'): NativePart {
  switch (part.type) {
    case 'text':
      return { type: textType, text: part.text };
    case 'image_url':
      // The schema requires `detail`; its default is "auto".
      return { type: 'input_image', image_url: part.image_url.url, detail: part.image_url.detail ?? 'auto' };
    case 'input_audio':
      return part;
    case 'file':
      return { type: 'input_file', ...part.file };
    default:
      return part satisfies never;
  }
}

/** @param strict the value for a tool that sets none; undefined for an endpoint that does not know the field */
const toTool = (
  { function: { name, description, parameters, strict: own } }: ChatTool, strict: boolean | undefined,
): NativeTool => ({
  type: 'function',
  name,
  ...compact({ description }),
  parameters,
  ...(strict !== undefined && { strict: own ?? strict }),
});

const toChoice = (choice: ChatToolChoice): NonNullable<NativeRequest['tool_choice']> =>
  typeof choice === 'string' ? choice : { type: 'function', name: choice.function.name };

const toFormat = (format: ChatResponseFormat): TextFormat =>
  format.type === 'json_object' ? format : { type: 'json_schema', ...format.json_schema };

const textOf = (content: ChatContent): string =>
  typeof content === 'string'
    ? content
    : content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
