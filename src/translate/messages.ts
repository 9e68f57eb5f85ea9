/** Translates a conversation to Chat messages: instructions in one leading message, results directly after calls. */
import { isJsonObject } from '../base/json';
import type { Notes } from '../base/notes';
import type { Dialect } from '../providers/dialect';
import type { ChatAssistantMessage, ChatContent, ChatMessage } from '../wire/chat';
import type { ContentPart } from '../wire/responses-request';
import { findOnlyText, goesToUserMessage, translateContent } from './content';
import type { AssistantNode, ConversationNode } from './conversation';
import { CONTINUE } from './reshape-messages';
import { writeCall, writeResult } from './reshape-tools';

export interface MessagesOptions {
  readonly dialect: Dialect;
  /** If false, instructions are sent in user messages, the leading ones in the first (ALLOW_SYSTEM=0). */
  readonly system: boolean;
  /** If false, calls and results are written as text, for models that cannot call tools. */
  readonly tools: boolean;
  readonly notes: Notes;
}

/** @param instructions the request's own `instructions`, which precede those of the conversation */
export function translateMessages(
  instructions: string | undefined, nodes: readonly ConversationNode[], options: MessagesOptions,
): readonly ChatMessage[] {
  const { lateInstructions: late } = options.dialect;
  const texts: (string | undefined)[] = [instructions];
  const messages: ChatMessage[] = [];
  let isLeading = true;
  for (const node of nodes) {
    isLeading &&= node.kind === 'instructions';
    if (node.kind === 'instructions' && (isLeading || late === 'merge')) texts.push(node.text);
    if (!isLeading) messages.push(...translateNode(node, options));
  }
  // Upstreams reject a conversation without a user message (upstreams.md, section 2).
  if (!messages.some((message) => message.role === 'user')) messages.unshift(CONTINUE);
  const head = texts.filter(Boolean).join('\n\n');
  return head === '' ? messages : withInstructions(head, messages, options);
}

function withInstructions(
  text: string, messages: readonly ChatMessage[], options: MessagesOptions,
): readonly ChatMessage[] {
  if (options.system) return [{ role: options.dialect.instructionsRole, content: text }, ...messages];
  const first = messages.findIndex((message) => message.role === 'user');
  return messages.map((message, index) =>
    index === first && message.role === 'user' ? { ...message, content: prepend(text, message.content) } : message,
  );
}

function prepend(text: string, content: ChatContent): ChatContent {
  return typeof content === 'string' ? `${text}\n\n${content}` : [{ type: 'text', text }, ...content];
}

function translateNode(node: ConversationNode, options: MessagesOptions): readonly ChatMessage[] {
  switch (node.kind) {
    case 'user': {
      const content = translateContent(node.content, { ...options.dialect, unsupportedFiles: 'reject' }, options.notes);
      return isBlank(content) ? [] : [{ role: 'user', content }];
    }
    case 'instructions':
      return translateLateInstructions(node.text, options);
    case 'assistant':
      return options.tools ? translateTurn(node, options) : flattenTurn(node, options);
    default:
      return node satisfies never;
  }
}

/** Kimi rejects empty messages (kimi-code#1985), other providers blank ones. */
const isBlank = (content: ChatContent): boolean =>
  typeof content === 'string' ? content.trim() === '' : content.length === 0;

/** Keeps later instructions in place unless the dialect merges them: moving them would change the cached prefix. */
function translateLateInstructions(text: string, { dialect, system }: MessagesOptions): readonly ChatMessage[] {
  const form = dialect.lateInstructions === 'system' && !system ? 'user' : dialect.lateInstructions;
  switch (form) {
    case 'merge':
      return [];
    case 'system':
      return [{ role: dialect.instructionsRole, content: text }];
    case 'user':
      return [{ role: 'user', content: `<developer>\n${text}\n</developer>` }];
    default:
      return form satisfies never;
  }
}

function translateTurn(node: AssistantNode, options: MessagesOptions): readonly ChatMessage[] {
  if (isBlank(node.text.join('')) && node.calls.length === 0) return [];
  const message: ChatAssistantMessage = {
    role: 'assistant',
    ...toContentAndReasoning(node, options),
    ...(node.calls.length > 0 && {
      tool_calls: node.calls.map(({ id, name, arguments: text, signature }) => {
        const { function: signed, ...fields } = signature ?? {};
        const inner = isJsonObject(signed) ? signed : {};
        return { ...fields, id, type: 'function' as const, function: { ...inner, name, arguments: text } };
      }),
    }),
  };
  const { results, media } = translateResults(node, options);
  return [
    message,
    ...results.map(({ id, text }) => ({ role: 'tool' as const, tool_call_id: id, content: text })),
    ...media,
  ];
}

interface TurnResults {
  readonly results: readonly { readonly id: string; readonly name: string; readonly text: string }[];
  /**
   * At most one message. It follows all results of the turn, because a message between results breaks the pairing
   * (upstreams.md, section 2).
   */
  readonly media: readonly ChatMessage[];
}

function translateResults({ calls }: AssistantNode, options: MessagesOptions): TurnResults {
  const { dialect, notes } = options;
  const media: ContentPart[] = [];
  const results = calls.map(({ id, name, result }) => {
    if (result === undefined) notes.add(`added the result "aborted" to a call to ${name} that had none`);
    const moved = result?.filter((part) => goesToUserMessage(part, dialect)) ?? [];
    if (moved.length > 0) media.push({ type: 'text', text: `[Content of the result of ${name}]` }, ...moved);
    return { id, name, text: result ? renderResult(result, options) : 'aborted' };
  });
  if (media.length === 0) return { results, media: [] };
  const content = translateContent(media, { ...dialect, unsupportedFiles: 'mark' }, notes);
  return { results, media: [{ role: 'user', content }] };
}

/** Renders a result as text that is never blank; media that the model accepts go into a user message. */
function renderResult(result: readonly ContentPart[], options: MessagesOptions): string {
  const text = findOnlyText(result) ?? translateContent(
    result.map((part) =>
      goesToUserMessage(part, options.dialect)
        ? ({ type: 'text', text: `[${part.type}: see the next user message]` } as const)
        : part,
    ),
    { ...options.dialect, content: 'string', unsupportedFiles: 'mark' },
    options.notes,
  );
  return typeof text === 'string' && text.trim() !== '' ? text : '(no output)';
}

/**
 * Returns the turn's text and its reasoning, once for all calls, in the form that the provider reads; a placeholder if
 * the provider requires reasoning and there is none.
 */
function toContentAndReasoning(
  node: AssistantNode, { dialect }: MessagesOptions,
): Pick<ChatAssistantMessage, 'content'> & Partial<ChatAssistantMessage> {
  const content = node.text.join('\n\n');
  const known = node.reasoning.join('\n');
  const isRequired = node.calls.length > 0 || dialect.placeholderOn === 'answers';
  const reasoning = known === '' && isRequired ? (dialect.reasoningPlaceholder ?? '') : known;
  const blocks = dialect.reasoningReplay === 'items' ? node.reasoningItems : node.reasoningDetails;
  const form = reasoning === '' && blocks.length === 0 ? 'none' : dialect.reasoningReplay;
  switch (form) {
    case 'none':
      return { content };
    case 'reasoning_content':
      return { content, reasoning_content: reasoning };
    case 'reasoning':
      return { content, reasoning };
    case 'reasoning_details':
      return {
        content,
        reasoning_details:
          node.reasoningDetails.length > 0 ? node.reasoningDetails : [{ type: 'reasoning.text', text: reasoning }],
      };
    case 'items':
      return { content, reasoning_details: blocks };
    case 'think':
      return { content: `<think>\n${reasoning}\n</think>\n\n${content}` };
    default:
      return form satisfies never;
  }
}

/** Writes calls and results as text, for a model that cannot call tools. */
function flattenTurn(node: AssistantNode, options: MessagesOptions): readonly ChatMessage[] {
  const { results, media } = translateResults(node, options);
  const text = [...node.text, ...node.calls.map(writeCall)].join('\n\n');
  const resultsText = results.map((result) => writeResult(result.name, result.text)).join('\n\n');
  return [
    ...(isBlank(text) ? [] : [{ role: 'assistant' as const, content: text }]),
    ...(results.length === 0 ? [] : [{ role: 'user' as const, content: resultsText }]),
    ...media,
  ];
}
