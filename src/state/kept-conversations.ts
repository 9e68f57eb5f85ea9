/** What clients can ask of conversations: make, look, add, delete. Spec: Conversations API. */
import { isRecord, type UnknownRecord } from '../base/json';
import { asArray } from '../base/narrow';
import { describeConversation, findConversation, keepConversation } from './conversations';
import { readPage } from './page';
import { toRawItems, type RawItem } from './record';
import { invalid } from '../wire/read-fields';
import { readInput } from '../wire/read-items';
import type { KeptResponses } from '../bridge/bridge';
import { readOrThrow } from '../bridge/read-or-throw';
import type { TurnContext } from '../bridge/turn-context';

type ConversationDesk = Pick<
  KeptResponses, 'createConversation' | 'conversation' | 'deleteConversation' | 'conversationItems' | 'addConversationItems'
>;

/** The most items that a conversation may begin with, or be given at once. Spec: Conversations API. */
const MOST_ITEMS = 20;

/** The part of the desk that is about conversations. */
export function createKeptConversations({ openStore, runtime }: TurnContext): ConversationDesk {
  const find = (id: string) => findConversation(openStore(), id);
  /** As readable as the input of a request. */
  const readItems = (value: unknown): readonly RawItem[] => {
    const list = asArray(value);
    if (!list || list.length > MOST_ITEMS) throw invalid('items', `a list of at most ${MOST_ITEMS} items`, value);
    readInput(list, 'items');
    return toRawItems(list, runtime.makeId);
  };
  return {
    createConversation(body) {
      const given = body === undefined ? {} : readOrThrow(() => requireRecord(body));
      const made = {
        id: runtime.makeId('conv'),
        createdAt: Math.floor(runtime.clock() / 1_000),
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

function requireRecord(body: unknown): UnknownRecord {
  if (!isRecord(body)) throw invalid('', 'the body to be a JSON object', body);
  return body;
}
