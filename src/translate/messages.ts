/** Translates a conversation to Chat messages: one leading system message, results directly after their calls. */
import { isJsonObject } from '../base/json';
import type { Notes } from '../base/notes';
import { BridgeError } from '../errors/bridge-error';
import type { Dialect } from '../providers/dialect';
import type { ChatAssistantMessage, ChatContent, ChatMessage, ChatPart } from '../wire/chat';
import type { ContentPart, FilePart, ImagePart } from '../wire/responses-request';
import type { AssistantNode, ConversationNode } from './conversation';
import { writeCall, writeResult } from './reshape-tools';

export interface MessagesOptions {
  readonly dialect: Dialect;
  /** If false, the leading instructions become part of the first user message (ALLOW_SYSTEM=0). */
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
  if (!messages.some((message) => message.role === 'user')) messages.unshift(NO_USER);
  const head = texts.filter(Boolean).join('\n\n');
  return head === '' ? messages : withInstructions(head, messages, options);
}

/** Upstreams reject a conversation without a user message (upstreams.md, section 2). */
const NO_USER: ChatMessage = { role: 'user', content: 'Continue.' };

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
      const content = translateContent(node.content, { ...options.dialect, unservedFiles: 'reject' }, options.notes);
      return isBlank(content) ? [] : [{ role: 'user', content }];
    }
    case 'instructions':
      return lateInstructions(node.text, options);
    case 'assistant':
      return options.tools ? translateTurn(node, options) : flattenTurn(node, options);
    default:
      return node satisfies never;
  }
}

/** Kimi rejects empty messages (kimi-code#1985), other providers blank ones. */
const isBlank = (content: ChatContent): boolean =>
  typeof content === 'string' ? content.trim() === '' : content.length === 0;

/** Later instructions keep their place, because moving them would change the cached prompt prefix. */
function lateInstructions(text: string, { dialect, system }: MessagesOptions): readonly ChatMessage[] {
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
  const { dialect, notes } = options;
  if (isBlank(node.text.join('')) && node.calls.length === 0) return [];
  const message: ChatAssistantMessage = {
    role: 'assistant',
    ...contentAndReasoning(node, options),
    ...(node.calls.length > 0 && {
      tool_calls: node.calls.map(({ id, name, arguments: text, signature }) => {
        const { function: signed, ...fields } = signature ?? {};
        const inner = isJsonObject(signed) ? signed : {};
        return { ...fields, id, type: 'function' as const, function: { ...inner, name, arguments: text } };
      }),
    }),
  };
  const messages: ChatMessage[] = [message];
  const media: ContentPart[] = [];
  for (const call of node.calls) {
    if (call.result === undefined) notes.add(`added the result "aborted" to a call of ${call.name} that had none`);
    const result = call.result ?? [{ type: 'text', text: 'aborted' }];
    messages.push({ role: 'tool', tool_call_id: call.id, content: resultText(result, options) });
    const lifted = result.filter((part) => goesToUserMessage(part, dialect));
    if (lifted.length > 0) media.push({ type: 'text', text: `[Content of the result of ${call.name}]` }, ...lifted);
  }
  // Media follow all results of the turn: anything between results breaks the pairing (upstreams.md, section 2).
  if (media.length > 0)
    messages.push({ role: 'user', content: translateContent(media, { ...dialect, unservedFiles: 'mark' }, notes) });
  return messages;
}

/** Renders a result as text; media that the model accepts go into a user message. A tool message is never blank. */
function resultText(result: readonly ContentPart[], options: MessagesOptions): string {
  const text = onlyText(result) ?? translateContent(
    result.map((part) =>
      goesToUserMessage(part, options.dialect)
        ? ({ type: 'text', text: `[${part.type}: see the next user message]` } as const)
        : part,
    ),
    { ...options.dialect, content: 'string', unservedFiles: 'mark' },
    options.notes,
  );
  return typeof text === 'string' && text.trim() !== '' ? text : '(no output)';
}

/** Whether a part of a result goes into a user message: the model accepts such media, but not in tool messages. */
const goesToUserMessage = (part: ContentPart, dialect: Dialect): boolean =>
  (part.type === 'image' && dialect.images) || (part.type === 'audio' && dialect.audio);

/** Returns one reasoning block for the whole turn and its parallel calls, in the form that the provider reads. */
function contentAndReasoning(
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
  const calls = node.calls.map(writeCall);
  const results = node.calls.map((call) => writeResult(call.name, resultText(call.result ?? [], options)));
  const text = [...node.text, ...calls].join('\n\n');
  return [
    ...(text === '' ? [] : [{ role: 'assistant' as const, content: text }]),
    ...(results.length === 0 ? [] : [{ role: 'user' as const, content: results.join('\n\n') }]),
  ];
}

/**
 * The media that the provider accepts. A file that cannot be sent fails the request (`reject`) or becomes a marker
 * (`mark`).
 */
export interface MediaRules extends Pick<Dialect, 'content' | 'images' | 'audio' | 'files'> {
  readonly unservedFiles: 'reject' | 'mark';
}

/**
 * @returns a string if there is only text, because text models reject lists; otherwise a list of parts
 * @throws BridgeError `invalid_request` for a file that cannot be sent, if the rules say `reject`
 */
export function translateContent(content: readonly ContentPart[], rules: MediaRules, notes: Notes): ChatContent {
  const only = onlyText(content);
  if (only !== undefined) return only;
  const parts = content
    .map((part) => translatePart(part, rules, notes))
    .filter((part) => part.type !== 'text' || part.text !== '');
  if (parts.some((part) => part.type !== 'text') || (rules.content === 'parts' && parts.length > 1)) return parts;
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

/** Nearly all content is one text. In long threads, other steps would cost a third of the whole translation. */
function onlyText(content: readonly ContentPart[]): string | undefined {
  const [first] = content;
  return content.length === 1 && first?.type === 'text' ? first.text : undefined;
}

function translatePart(part: ContentPart, rules: MediaRules, notes: Notes): ChatPart {
  switch (part.type) {
    case 'text':
      return part;
    case 'image':
      if (!rules.images) return marker('image', 'the model cannot see images', notes);
      return { type: 'image_url', image_url: { url: part.url, ...detailOf(part) } };
    case 'audio':
      if (!rules.audio) return marker('audio', 'the model cannot hear audio', notes);
      return { type: 'input_audio', input_audio: { data: part.data, format: part.format } };
    case 'file':
      return translateFile(part, rules, notes);
    case 'unrecognized':
      return marker(part.kind, part.why ?? 'the bridge does not know this kind of content', notes);
    default:
      return part satisfies never;
  }
}

/** Codex sends `original` with images of tools; Chat endpoints accept only auto, low and high (cc-switch#7476). */
function detailOf({ detail }: ImagePart): { readonly detail?: string } {
  if (detail === undefined) return {};
  return { detail: detail === 'low' || detail === 'auto' ? detail : 'high' };
}

const TEXT_TYPES = /^data:(text\/|application\/(json|xml|javascript|x-yaml|yaml|toml|x-sh)|[^;,]*\+(json|xml))/i;
const TEXT_NAMES =
  /\.(txt|md|json|ya?ml|toml|csv|xml|html?|css|js|ts|tsx|jsx|py|rs|go|java|c|h|cpp|sh|sql|log|ini|diff|patch)$/i;

/** Inlines text files; passes other files on if the provider accepts them. */
function translateFile(part: FilePart, rules: MediaRules, notes: Notes): ChatPart {
  const name = part.filename ?? 'file';
  const text = fileText(part);
  if (text !== undefined) return { type: 'text', text: `<file name="${name}">\n${text}\n</file>` };
  if (!rules.files || (part.data === undefined && part.fileId === undefined)) {
    if (rules.unservedFiles === 'mark') return marker(`file ${name}`, 'the provider accepts no files', notes);
    throw new BridgeError(
      'invalid_request',
      `Cannot send the file "${name}": the provider accepts no files. Send its text or an image instead.`,
      { param: 'input' },
    );
  }
  return {
    type: 'file',
    file: {
      ...(part.filename !== undefined && { filename: part.filename }),
      ...(part.data !== undefined && { file_data: part.data }),
      ...(part.fileId !== undefined && { file_id: part.fileId }),
    },
  };
}

function fileText(part: FilePart): string | undefined {
  const data = part.data;
  if (data === undefined) return undefined;
  const comma = data.startsWith('data:') ? data.indexOf(',') : -1;
  const head = data.slice(0, Math.max(0, comma));
  if (!TEXT_TYPES.test(head) && !(TEXT_NAMES.test(part.filename ?? '') && !/^data:(image|audio|video)/.test(head)))
    return undefined;
  const body = data.slice(comma + 1);
  return head !== '' && !head.endsWith(';base64') ? percentDecoded(body) : Buffer.from(body, 'base64').toString('utf8');
}

/** A percent sign that does not start an escape is literal: `100% sure`. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function marker(what: string, why: string, notes: Notes): ChatPart {
  notes.add(`left out ${what}: ${why}`);
  return { type: 'text', text: `[${what} left out: ${why}]` };
}
