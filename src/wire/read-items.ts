/** Validates `input`: every item a client may send, in one table by wire type. */
import { isRecord, type UnknownRecord } from '../base/json';
import { asArray, asRecord, asString, asText, compact } from '../base/narrow';
import { asId, invalid, readContent, readTools } from './read-fields';
import type { CallOutputItem, InputItem, MessageItem, MessageRole } from './responses-request';

type ReadItem = (item: UnknownRecord, path: string) => InputItem;

const ROLES: readonly MessageRole[] = ['user', 'assistant', 'system', 'developer'];

/**
 * Reads `input`: a string is one user message, an empty string is no message.
 * @param path the field that holds it
 * @throws UnreadableField for a message with an unknown role or content type; an unknown item is not an error
 */
export function readInput(value: unknown, path = 'input'): readonly InputItem[] {
  if (typeof value === 'string') {
    return value === '' ? [] : [{ type: 'message', role: 'user', content: [{ type: 'text', text: value }] }];
  }
  const list = asArray(value);
  if (!list) throw invalid(path, 'a string or a list of items', value);
  return list.map((item, index) => readItem(item, `${path}[${index}]`));
}

function readItem(value: unknown, path: string): InputItem {
  if (typeof value === 'string') return { type: 'message', role: 'user', content: [{ type: 'text', text: value }] };
  if (!isRecord(value)) return { type: 'unrecognized', kind: value === null ? 'null' : typeof value };
  const type = asText(value['type']) ?? (value['role'] === undefined ? 'unknown' : 'message');
  // Own properties only: a type may be called `constructor`.
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (read) return read(value, path);
  return type.endsWith('_call') ? { type: 'call', itemType: type, item: value } : { type: 'unrecognized', kind: type };
}

const READERS: Readonly<Record<string, ReadItem>> = {
  message: readMessage,
  reasoning: (item) => compact({
    type: 'reasoning' as const,
    id: asText(item['id']),
    summary: joinTexts(item['summary'], '\n\n'),
    content: asArray(item['content']) && joinTexts(item['content'], ''),
    encryptedContent: asText(item['encrypted_content']),
  }),
  function_call_output: callOutput,
  custom_tool_call_output: callOutput,
  local_shell_call_output: callOutput,
  shell_call_output: callOutput,
  apply_patch_call_output: callOutput,
  tool_search_output: (item, path) => ({
    type: 'tool_search_output',
    callId: asString(item['call_id']) ?? '',
    tools: readTools(item['tools'], `${path}.tools`),
  }),
  additional_tools: (item, path) => ({ type: 'additional_tools', tools: readTools(item['tools'], `${path}.tools`) }),
  agent_message: (item, path) => compact({
    type: 'agent_message' as const,
    author: asText(item['author']),
    recipient: asText(item['recipient']),
    content: readContent(item['content'], `${path}.content`),
  }),
  compaction: compaction,
  compaction_summary: compaction,
  context_compaction: compaction,
  compaction_trigger: () => ({ type: 'compaction_trigger' }),
  configuration_update: (item) => compact({
    type: 'configuration_update' as const,
    reasoning: asRecord(item['reasoning']),
    text: asRecord(item['text']),
  }),
  item_reference: (item) => ({ type: 'item_reference', id: asText(item['id']) ?? '' }),
};

function readMessage(item: UnknownRecord, path: string): MessageItem {
  const role = ROLES.find((known) => known === item['role']);
  if (!role) throw invalid(`${path}.role`, ROLES.map((known) => `"${known}"`).join(', '), item['role']);
  return { type: 'message', role, content: readContent(item['content'], `${path}.content`) };
}

/**
 * Codex sends an output without a call id after create_goal; it names its tool instead (codex-protocol.md, section 1).
 */
function callOutput(item: UnknownRecord, path: string): CallOutputItem {
  const callId = item['call_id'];
  return compact({
    type: 'call_output' as const,
    callId: asId(callId),
    label: asText(item['name']),
    output: readOutput(item['output'], `${path}.output`),
  });
}

/** Reads text or a list of parts; any other JSON, such as the chunks of shell outputs, becomes JSON text. */
function readOutput(value: unknown, path: string): CallOutputItem['output'] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return [{ type: 'text', text: value }];
  const list = asArray(value);
  const parts = list?.every((part) => asText(asRecord(part)?.['type'])?.startsWith('input_'));
  return parts ? readContent(value, path) : [{ type: 'text', text: JSON.stringify(value) }];
}

function compaction(item: UnknownRecord): InputItem {
  return { type: 'compaction', encryptedContent: asString(item['encrypted_content']) ?? '' };
}

function joinTexts(value: unknown, separator: string): string {
  if (typeof value === 'string') return value;
  const texts = (asArray(value) ?? []).flatMap((part) => asText(asRecord(part)?.['text']) ?? []);
  return texts.join(separator);
}

/** True for an item that only references another one; its type is optional. Spec: Responses API, ItemReference. */
export function isReference(item: unknown): item is UnknownRecord {
  if (!isRecord(item)) return false;
  return (
    item['type'] === 'item_reference' ||
    (item['type'] == null && item['id'] !== undefined && item['role'] === undefined)
  );
}
