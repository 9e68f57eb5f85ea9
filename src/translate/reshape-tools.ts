/**
 * Rewrites the tools of a request and the calls in its history for upstreams that reject their usual form. Each
 * function is pure and returns the same object if there is nothing to change.
 */
import { hashText } from '../base/hash';
import { isSameJson } from '../base/json';
import type { SchemaRule } from '../providers/dialect';
import { applySchemaRules } from '../tools/schema';
import { shortenName } from '../tools/tool-set';
import type { ChatContent, ChatMessage, ChatRequest, ChatTool, ChatToolCall } from '../wire/chat';
import { mapMessages } from './reshape-messages';

/** Maps each tool; returns the same request if none changes. */
function mapTools(chat: ChatRequest, map: (tool: ChatTool['function']) => ChatTool['function']): ChatRequest {
  const tools = chat.tools?.map((tool): ChatTool => {
    const changed = map(tool.function);
    return changed === tool.function ? tool : { ...tool, function: changed };
  });
  return tools === undefined || tools.every((tool, index) => tool === chat.tools?.[index]) ? chat : { ...chat, tools };
}

/**
 * Steps from a schema as declared to one that every grammar converter accepts; the step that loses the least comes
 * first. llama.cpp ("JSON schema conversion failed") and others each support a different part of the standard.
 */
export const SCHEMA_STEPS: readonly (readonly SchemaRule[])[] = [
  ['no-required-variants'],
  ['inline-refs', 'no-required-variants', 'no-boolean-schemas', 'no-tuples'],
  ['inline-refs', 'no-required-variants', 'no-boolean-schemas', 'no-tuples', 'no-patterns', 'required-must-exist'],
  ['plain-properties'],
  ['any-object'],
];

/** Rewrites every tool schema with the rules. */
export const simplifySchemas = (chat: ChatRequest, rules: readonly SchemaRule[]): ChatRequest =>
  mapTools(chat, (tool) => {
    const parameters = applySchemaRules(tool.parameters, rules);
    return isSameJson(parameters, tool.parameters) ? tool : { ...tool, parameters };
  });

/** Truncates descriptions to `maxLength` characters ("string too long. Expected a string with maximum length 1024"). */
export const shortenDescriptions = (chat: ChatRequest, maxLength: number): ChatRequest =>
  mapTools(chat, (tool) =>
    tool.description === undefined || tool.description.length <= maxLength
      ? tool
      : { ...tool, description: `${tool.description.slice(0, Math.max(0, maxLength - 1)).trimEnd()}…` },
  );

/** Shortens tool names to `maxLength` characters, in the history too; `ToolSet.find` recognizes the short names. */
export function shortenToolNames(chat: ChatRequest, maxLength: number): ChatRequest {
  const shorten = (name: string): string => shortenName(name, maxLength);
  const renamed = mapTools(chat, (tool) => {
    const name = shorten(tool.name);
    return name === tool.name ? tool : { ...tool, name };
  });
  const choice = chat.tool_choice;
  const forced = typeof choice === 'object' && { ...choice, function: { name: shorten(choice.function.name) } };
  const messages = chat.messages.map((message) =>
    message.role === 'assistant' && message.tool_calls?.some(({ function: { name } }) => shorten(name) !== name)
      ? { ...message, tool_calls: message.tool_calls.map((call) => renameCall(call, shorten)) }
      : message,
  );
  const isSame = renamed === chat && messages.every((message, index) => message === chat.messages[index]);
  return isSame ? chat : { ...renamed, messages, ...(forced && { tool_choice: forced }) };
}

const renameCall = (call: ChatToolCall, shorten: (name: string) => string): ChatToolCall => ({
  ...call, function: { ...call.function, name: shorten(call.function.name) },
});

/** Drops `strict` from functions ("unknown field: strict"). */
export const dropStrict = (chat: ChatRequest): ChatRequest =>
  mapTools(chat, (tool) => {
    const { strict, ...rest } = tool;
    return strict === undefined ? tool : rest;
  });

/** Drops the tools and the fields that depend on them. */
export function withoutTools(chat: ChatRequest): ChatRequest {
  const { tools, tool_choice, parallel_tool_calls, tool_stream, ...rest } = chat;
  return tools === undefined && tool_choice === undefined && parallel_tool_calls === undefined ? chat : rest;
}

/** The call ids that an upstream accepts. */
export interface CallIdForm {
  /** The maximum length; with `exact`, the required length. */
  readonly length: number;
  readonly exact: boolean;
  /** Whether only letters and digits are accepted. */
  readonly alphanumeric: boolean;
}

/** Replaces call ids that lack the required form, in calls and results; a call gets the same id in every request. */
export function renameCallIds(chat: ChatRequest, form: CallIdForm): ChatRequest {
  const names = new Map<string, string>();
  const taken = new Set(chat.messages.flatMap(listCallIds).filter((id) => fits(id, form)));
  const rename = (id: string): string => {
    if (fits(id, form)) return id;
    let name = names.get(id) ?? digest(id, form.length);
    for (let count = 2; !names.has(id) && taken.has(name); count += 1) name = digest(`${id} ${count}`, form.length);
    names.set(id, name);
    taken.add(name);
    return name;
  };
  return mapMessages(chat, (message) => {
    if (listCallIds(message).every((id) => fits(id, form))) return message;
    if (message.role === 'tool') return { ...message, tool_call_id: rename(message.tool_call_id) };
    if (message.role !== 'assistant' || !message.tool_calls) return message;
    return { ...message, tool_calls: message.tool_calls.map((call) => ({ ...call, id: rename(call.id) })) };
  });
}

function listCallIds(message: ChatMessage): readonly string[] {
  if (message.role === 'tool') return [message.tool_call_id];
  return message.role === 'assistant' ? (message.tool_calls ?? []).map(({ id }) => id) : [];
}

const fits = (id: string, { length, exact, alphanumeric }: CallIdForm): boolean =>
  (exact ? id.length === length : id.length <= length) && !(alphanumeric && /[^a-zA-Z0-9]/.test(id));

function digest(id: string, length: number): string {
  let text = '';
  for (let round = 0; text.length < Math.min(length, 28); round += 1) text += hashText(`${round}${id}`);
  return text.padEnd(length, '0').slice(0, length);
}

/**
 * Writes calls and results as text, for a request that has calls in its history but no tools ("The toolConfig field
 * must be defined when using toolUse and toolResult content blocks", Bedrock), or for a model that cannot call tools.
 */
export function writeCallsAsText(chat: ChatRequest): ChatRequest {
  if (!chat.messages.some((message) => 'tool_call_id' in message || 'tool_calls' in message)) return chat;
  const names = new Map<string, string>();
  const messages: ChatMessage[] = [];
  let results: string[] = [];
  const flush = (): void => {
    if (results.length > 0) messages.push({ role: 'user', content: results.join('\n\n') });
    results = [];
  };
  for (const message of chat.messages) {
    if (message.role === 'tool') {
      results.push(writeResult(names.get(message.tool_call_id) ?? 'a tool', textOf(message.content)));
      continue;
    }
    flush();
    if (message.role !== 'assistant' || !message.tool_calls) {
      messages.push(message);
      continue;
    }
    const { tool_calls: calls, ...rest } = message;
    for (const call of calls) names.set(call.id, call.function.name);
    const texts = [textOf(message.content ?? ''), ...calls.map(({ function: called }) => writeCall(called))];
    messages.push({ ...rest, content: texts.filter((text) => text !== '').join('\n\n') });
  }
  flush();
  return { ...chat, messages };
}

/** Renders one call as text. */
export const writeCall = ({ name, arguments: args }: { readonly name: string; readonly arguments: string }): string =>
  `[Called ${name} with ${args}]`;

/** Renders one result as text. */
export const writeResult = (name: string, text: string): string => `[Result of ${name}]\n${text}`;

const textOf = (content: ChatContent): string =>
  typeof content === 'string'
    ? content
    : content.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join('\n');
