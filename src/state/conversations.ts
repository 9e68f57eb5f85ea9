/** Conversations: lists of items that requests continue by name. Spec: Conversations API. */
import { isRecord, type UnknownRecord } from '../base/json';
import { asText } from '../base/narrow';
import { BridgeError } from '../errors/bridge-error';
import {
  idsOf,
  readConversationRecord,
  renderConversationRecord,
  type ConversationRecord,
  type RawItem,
} from './record';
import type { ResponseStore } from './response-store';

/**
 * @param value `conversation` of a request: an id, or an object with one
 * @throws BridgeError for anything else; undefined and null are none
 */
export function readConversationId(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const id = asText(value) ?? (isRecord(value) ? asText(value['id']) : undefined);
  if (id === undefined)
    throw new BridgeError('invalid_request', 'Cannot read conversation: expected an id or an object with one', {
      param: 'conversation',
    });
  return id;
}

/** @throws BridgeError `not_found` for an id that is not kept */
export function findConversation(store: ResponseStore, id: string): ConversationRecord {
  const record = store.get(id);
  const conversation = record && readConversationRecord(record);
  if (!conversation)
    throw new BridgeError(
      'not_found',
      `Conversation with id "${id}" not found: it was never made here, deleted, or gave way to newer ones.`,
      { param: 'conversation' },
    );
  return conversation;
}

/** @throws BridgeError when it is too large to be kept */
export function keepConversation(store: ResponseStore, conversation: ConversationRecord): void {
  if (putConversation(store, conversation)) return;
  throw new BridgeError(
    'too_large',
    `Cannot keep conversation "${conversation.id}": it is larger than all that may be kept (--store-max-mb), or could not be written.`,
  );
}

/**
 * Adds the items of a turn that has ended. A conversation that was deleted meanwhile stays deleted.
 * @returns false when it has become too large to be kept
 */
export function appendToConversation(store: ResponseStore, id: string, items: readonly RawItem[]): boolean {
  const record = store.get(id);
  const conversation = record && readConversationRecord(record);
  return (
    conversation === undefined || putConversation(store, { ...conversation, items: [...conversation.items, ...items] })
  );
}

/** The conversation as clients see it: without its items. */
export function describeConversation({ id, createdAt, metadata }: ConversationRecord): UnknownRecord {
  return { id, object: 'conversation', created_at: createdAt, metadata };
}

const putConversation = (store: ResponseStore, conversation: ConversationRecord): boolean =>
  store.put(conversation.id, renderConversationRecord(conversation), idsOf(conversation.items));
