/** Stores conversations: lists of items that requests refer to by id and add to. Spec: Conversations API. */
import { asArray, asText, isRecord, type UnknownRecord } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import { invalid } from '../wire/read-fields';
import { readInput } from '../wire/read-responses';
import type { StateServices } from './open-store';
import { readPage, type PageQuery } from './page';
import {
  idsOf, itemsIn, readConversationRecord, renderConversationRecord, toRawItems, type ConversationRecord, type RawItem,
} from './record';
import { writeOne, type Change, type ResponseStore } from './response-store';

/**
 * @param value `conversation` of a request: an id, or an object with one
 * @throws UnreadableField for anything else except undefined and null
 */
export function readConversationId(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const id = asText(value) ?? (isRecord(value) ? asText(value['id']) : undefined);
  if (id === undefined) throw invalid('conversation', 'an id or an object with one', value);
  return id;
}

/**
 * Finds a conversation with all its items: those it was created with, and those added later.
 * @throws BridgeError `not_found` for an unknown id
 */
export async function findConversation(store: ResponseStore, id: string): Promise<ConversationRecord> {
  const [record, lines] = await Promise.all([store.get(id), store.lines(id)]);
  const conversation = record && readConversationRecord(record);
  if (!conversation) throw unknownConversation(id);
  return { ...conversation, items: [...conversation.items, ...lines.flatMap(itemsIn)] };
}

const unknownConversation = (id: string): BridgeError =>
  new BridgeError(
    'not_found',
    `Conversation with id "${id.slice(0, 200)}" not found: it was not created here, was deleted, or was evicted.`,
    { param: 'conversation' },
  );

/** Creates the change that adds items to a conversation. Items are only added, so concurrent writers lose nothing. */
export const addItems = (id: string, items: readonly RawItem[]): Change =>
  ({ id, text: JSON.stringify(items), items: idsOf(items), append: true });

/** The operations on conversations. They throw BridgeError: `not_found` for unknown ids, `too_large` at the limit. */
export interface KeptConversations {
  /** @param body if undefined, the conversation is empty */
  createConversation(body: unknown): Promise<UnknownRecord>;
  getConversation(id: string): Promise<UnknownRecord>;
  deleteConversation(id: string): Promise<UnknownRecord>;
  listConversationItems(id: string, query: PageQuery): Promise<UnknownRecord>;
  addConversationItems(id: string, body: unknown): Promise<UnknownRecord>;
}

/** Maximum number of items that one request may add. Spec: Conversations API. */
const MAX_ITEMS = 20;

/** Creates the conversation operations of one bridge. */
export function createKeptConversations({ openStore, clock, makeId }: StateServices): KeptConversations {
  /** Validates items like the input of a request. */
  const readItems = (value: unknown): readonly RawItem[] => {
    const list = asArray(value);
    if (!list || list.length > MAX_ITEMS) throw invalid('items', `a list of at most ${MAX_ITEMS} items`, value);
    readInput(list, 'items');
    return toRawItems(list, makeId);
  };
  return {
    async createConversation(body) {
      const given = body === undefined ? {} : requireRecord(body);
      const conversation = {
        id: makeId('conv'),
        createdAt: Math.floor(clock() / 1_000),
        metadata: isRecord(given['metadata']) ? given['metadata'] : {},
        items: given['items'] == null ? [] : readItems(given['items']),
      };
      const { id, items } = conversation;
      await write(openStore(), { id, text: renderConversationRecord(conversation), items: idsOf(items) });
      return describeConversation(conversation);
    },
    getConversation: async (id) => describeConversation(await findConversation(openStore(), id)),
    async deleteConversation(id) {
      await findConversation(openStore(), id);
      await openStore().delete(id);
      return { id, object: 'conversation.deleted', deleted: true };
    },
    listConversationItems: async (id, query) => readPage((await findConversation(openStore(), id)).items, query),
    async addConversationItems(id, body) {
      await findConversation(openStore(), id);
      const added = readItems(requireRecord(body)['items']);
      await write(openStore(), addItems(id, added));
      return readPage(added, { order: 'asc', limit: String(MAX_ITEMS) });
    },
  };
}

async function write(store: ResponseStore, change: Change): Promise<void> {
  const written = await writeOne(store, change);
  if (written === 'absent') throw unknownConversation(change.id);
  if (written === 'kept') return;
  throw new BridgeError(
    'too_large',
    `Cannot store conversation "${change.id}": it exceeds --store-max-mb, or could not be written.`,
  );
}

/** Renders a conversation for clients, without its items. */
function describeConversation({ id, createdAt, metadata }: ConversationRecord): UnknownRecord {
  return { id, object: 'conversation', created_at: createdAt, metadata };
}

function requireRecord(body: unknown): UnknownRecord {
  if (!isRecord(body)) throw invalid('', 'the body to be a JSON object', body);
  return body;
}
