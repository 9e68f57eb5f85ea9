/** Stores conversations: lists of items that requests continue by id. Spec: Conversations API. */
import { asArray, asText, isRecord, type UnknownRecord } from '../base/json';
import { BridgeError, readOrThrow } from '../errors/bridge-error';
import { invalid } from '../wire/read-fields';
import { readInput } from '../wire/read-responses';
import type { StateServices } from './open-store';
import { readPage, type PageQuery } from './page';
import {
  idsOf, readConversationRecord, renderConversationRecord, toRawItems, type ConversationRecord, type RawItem,
} from './record';
import type { ResponseStore } from './response-store';

/**
 * @param value `conversation` of a request: an id, or an object with one
 * @throws BridgeError for anything else except undefined and null
 */
export function readConversationId(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const id = asText(value) ?? (isRecord(value) ? asText(value['id']) : undefined);
  if (id === undefined)
    throw new BridgeError('invalid_request', 'Cannot read conversation: expected an id or an object with one.', {
      param: 'conversation',
    });
  return id;
}

/** @throws BridgeError `not_found` for an unknown id */
export function findConversation(store: ResponseStore, id: string): ConversationRecord {
  const record = store.get(id);
  const conversation = record && readConversationRecord(record);
  if (!conversation)
    throw new BridgeError(
      'not_found',
      `Conversation with id "${id.slice(0, 200)}" not found: it was not created here, was deleted, or was evicted.`,
      { param: 'conversation' },
    );
  return conversation;
}

/**
 * Appends the items of an ended turn. A conversation that was deleted meanwhile stays deleted.
 * @returns false if it has become too large for the store
 */
export function appendToConversation(store: ResponseStore, id: string, items: readonly RawItem[]): boolean {
  const record = store.get(id);
  const conversation = record && readConversationRecord(record);
  return (
    conversation === undefined || putConversation(store, { ...conversation, items: [...conversation.items, ...items] })
  );
}

/** The operations on conversations. They throw BridgeError `not_found` for unknown ids. */
export interface KeptConversations {
  /** @param body undefined creates an empty one */
  createConversation(body: unknown): UnknownRecord;
  conversation(id: string): UnknownRecord;
  deleteConversation(id: string): UnknownRecord;
  conversationItems(id: string, query: PageQuery): UnknownRecord;
  addConversationItems(id: string, body: unknown): UnknownRecord;
}

/** Maximum number of items that one request may add. Spec: Conversations API. */
const MOST_ITEMS = 20;

/** Creates the conversation operations of one bridge. */
export function createKeptConversations({ openStore, clock, makeId }: StateServices): KeptConversations {
  const find = (id: string) => findConversation(openStore(), id);
  /** Validates items like the input of a request. */
  const readItems = (value: unknown): readonly RawItem[] => {
    const list = asArray(value);
    if (!list || list.length > MOST_ITEMS) throw invalid('items', `a list of at most ${MOST_ITEMS} items`, value);
    readInput(list, 'items');
    return toRawItems(list, makeId);
  };
  return {
    createConversation(body) {
      const given = body === undefined ? {} : readOrThrow(() => requireRecord(body));
      const made = {
        id: makeId('conv'),
        createdAt: Math.floor(clock() / 1_000),
        metadata: isRecord(given['metadata']) ? given['metadata'] : {},
        items: given['items'] == null ? [] : readOrThrow(() => readItems(given['items'])),
      };
      keepConversation(openStore(), made);
      return describeConversation(made);
    },
    conversation: (id) => describeConversation(find(id)),
    deleteConversation(id) {
      find(id);
      openStore().delete(id);
      return { id, object: 'conversation.deleted', deleted: true };
    },
    conversationItems: (id, query) => readPage(find(id).items, query),
    addConversationItems(id, body) {
      const found = find(id);
      const added = readOrThrow(() => readItems(requireRecord(body)['items']));
      keepConversation(openStore(), { ...found, items: [...found.items, ...added] });
      return readPage(added, { order: 'asc', limit: String(MOST_ITEMS) });
    },
  };
}

function keepConversation(store: ResponseStore, conversation: ConversationRecord): void {
  if (putConversation(store, conversation)) return;
  throw new BridgeError(
    'too_large',
    `Cannot store conversation "${conversation.id}": it exceeds --store-max-mb, or could not be written.`,
  );
}

const putConversation = (store: ResponseStore, conversation: ConversationRecord): boolean =>
  store.put(conversation.id, renderConversationRecord(conversation), idsOf(conversation.items));

/** Renders a conversation for clients, without its items. */
function describeConversation({ id, createdAt, metadata }: ConversationRecord): UnknownRecord {
  return { id, object: 'conversation', created_at: createdAt, metadata };
}

function requireRecord(body: unknown): UnknownRecord {
  if (!isRecord(body)) throw invalid('', 'the body to be a JSON object', body);
  return body;
}
