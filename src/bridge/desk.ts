/** What clients can ask of answers that are kept. Loaded when the first of them asks. */
import { isRecord, type UnknownRecord } from '../base/json';
import { asArray } from '../base/narrow';
import { BridgeError } from '../errors/bridge-error';
import { describeConversation, findConversation, keepConversation } from '../store/conversations';
import { findResponse } from '../store/history';
import { readPage } from '../store/page';
import { toRawItems, type RawItem, type ResponseRecord } from '../store/record';
import { invalid } from '../wire/read-edge';
import { readInput } from '../wire/read-items';
import type { Background } from './background';
import type { Desk } from './bridge';
import { estimateTokens } from './estimate-tokens';
import { readOrThrow } from './read-or-throw';
import { readRequest } from './read-request';
import type { TurnContext } from './turn-context';

/** The most items that a conversation may begin with, or be given at once. Spec: Conversations API. */
const MOST_ITEMS = 20;

/** @returns the desk of one bridge; ids that nobody knows throw BridgeError `not_found` */
export function createDesk(context: TurnContext, background: () => Background): Desk {
  const { openStore, runtime } = context;
  const response = (id: string): ResponseRecord => {
    const found = findResponse(openStore(), id);
    if (!found) throw unknownResponse(id);
    return found;
  };
  const conversation = (id: string) => findConversation(openStore(), id);
  return {
    response: (id) => background().find(id)?.response ?? response(id).response,
    async deleteResponse(id) {
      await background().forget(id);
      response(id);
      openStore().delete(id);
      return { id, object: 'response', deleted: true };
    },
    async cancelResponse(id) {
      const run = background().find(id);
      await run?.cancel();
      const found = run?.response ?? response(id).response;
      if (found['background'] === true) return found;
      throw new BridgeError('invalid_request', `Cannot cancel "${id}": it was not made with background: true`);
    },
    followResponse(id, after) {
      const run = background().find(id);
      if (run) return run.follow(readSequence(after));
      response(id);
      throw new BridgeError('invalid_request', `Cannot stream "${id}": it was not made with background: true, or its events are not kept any more; use GET without stream`, { param: 'stream' });
    },
    inputItems: (id, query) => readPage(response(id).input, query),
    inputTokens(body, caller) {
      const request = readRequest(body, caller.client, context);
      return { object: 'response.input_tokens', input_tokens: estimateTokens(request, body) };
    },
    createConversation(body) {
      const given = body === undefined ? {} : readOrThrow(() => requireRecord(body));
      const metadata = given['metadata'];
      const made = {
        id: runtime.makeId('conv'),
        createdAt: Math.floor(runtime.clock() / 1_000),
        metadata: isRecord(metadata) ? metadata : {},
        items: given['items'] == null ? [] : readOrThrow(() => readItems(given['items'], context)),
      };
      keepConversation(openStore(), made);
      return describeConversation(made);
    },
    conversation: (id) => describeConversation(conversation(id)),
    deleteConversation(id) {
      conversation(id);
      openStore().delete(id);
      return { id, object: 'conversation.deleted', deleted: true };
    },
    conversationItems: (id, query) => readPage(conversation(id).items, query),
    addConversationItems(id, body) {
      const found = conversation(id);
      const added = readOrThrow(() => readItems(requireRecord(body)['items'], context));
      keepConversation(openStore(), { ...found, items: [...found.items, ...added] });
      return readPage(added, { order: 'asc', limit: String(MOST_ITEMS) });
    },
  };
}

/** The error for an id that no kept response has. */
export const unknownResponse = (id: string): BridgeError =>
  new BridgeError('not_found', `Response with id "${id.slice(0, 200)}" not found: it was never kept (store: false, a failed answer), deleted, or gave way to newer ones.`);

/** @returns -1 for all events */
function readSequence(after: string | undefined): number {
  if (after === undefined) return -1;
  if (/^\d{1,9}$/.test(after)) return Number(after);
  throw new BridgeError('invalid_request', `Cannot read starting_after: expected the number of an event, got ${JSON.stringify(after.slice(0, 80))}`, { param: 'starting_after' });
}

function requireRecord(body: unknown): UnknownRecord {
  if (!isRecord(body)) throw invalid('', 'the body to be a JSON object', body);
  return body;
}

/** Items of a conversation: as readable as the input of a request. */
function readItems(value: unknown, { runtime }: TurnContext): readonly RawItem[] {
  const list = asArray(value);
  if (!list || list.length > MOST_ITEMS) throw invalid('items', `a list of at most ${MOST_ITEMS} items`, value);
  readInput(list, 'items');
  return toRawItems(list, runtime.makeId);
}
