/** Implements the operations on stored responses and conversations, and the token estimate. Loaded on first use. */
import { quote } from '../base/quote';
import { isRecord, type UnknownRecord } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import type { ClientKind } from '../errors/error-body';
import { readResponsesRequest, usesState } from '../wire/read-responses';
import type { BackgroundRuns } from './background';
import { createKeptConversations, type KeptConversations } from './conversations';
import { estimateTokens } from './estimate-tokens';
import { findResponse } from './history';
import { readKeptTurn } from './kept-turn';
import type { StateServices } from './open-store';
import { readPage, type PageQuery } from './page';
import type { ResponseRecord } from './record';

/** The operations on stored responses and conversations. They throw BridgeError `not_found` for unknown ids. */
export interface KeptResponses extends KeptConversations {
  /** Returns the Response as it was sent; as it is now if it is in progress. */
  getResponse(id: string): Promise<UnknownRecord>;
  /** Deletes a response; if it is in progress, it is cancelled first. */
  deleteResponse(id: string): Promise<UnknownRecord>;
  /** Cancels a background response; one that has ended stays unchanged. */
  cancelResponse(id: string): Promise<UnknownRecord>;
  /** Yields the events of a background response, in progress or ended, after number `after`. */
  followResponse(id: string, after: string | undefined): Promise<AsyncIterable<string>>;
  /** Returns the response's own input; earlier items belong to the responses that it continues. */
  listInputItems(id: string, query: PageQuery): Promise<UnknownRecord>;
  /** Estimates the input tokens of a request. */
  estimateInputTokens(body: unknown, client: ClientKind): Promise<UnknownRecord>;
}

/** Creates the operations on the stored responses and conversations of one bridge. */
export function createKeptResponses(services: StateServices, background: () => BackgroundRuns): KeptResponses {
  const { openStore } = services;
  const requireResponse = async (id: string): Promise<ResponseRecord> => {
    const found = await findResponse(openStore(), id);
    if (!found) throw unknownResponse(id);
    return found;
  };
  return {
    async getResponse(id) {
      const run = background().find(id);
      if (run) return run.response;
      const found = await findResponse(openStore(), id);
      if (found) return found.response;
      const shared = await background().findShared(id);
      if (!shared) throw unknownResponse(id);
      return shared.readResponse();
    },
    async deleteResponse(id) {
      const wasRun = await background().forget(id);
      const wasStored = (await findResponse(openStore(), id)) !== undefined && (await openStore().delete(id));
      if (!wasRun && !wasStored) throw unknownResponse(id);
      return { id, object: 'response', deleted: true };
    },
    async cancelResponse(id) {
      await background().cancel(id);
      const run = background().find(id);
      if (run) return run.response;
      const found = (await requireResponse(id)).response;
      if (found['background'] === true) return found;
      throw new BridgeError('invalid_request', `Cannot cancel "${id}": it was not created with background: true.`);
    },
    async followResponse(id, after) {
      const run = background().find(id) ?? (await background().findShared(id));
      if (run) return run.follow(readSequence(after));
      await requireResponse(id);
      throw new BridgeError(
        'invalid_request',
        `Cannot stream "${id}": it is not a background response, or its events are no longer buffered. ` +
          'Use GET without stream.',
        { param: 'stream' },
      );
    },
    listInputItems: async (id, query) => readPage((await requireResponse(id)).input, query),
    async estimateInputTokens(body, client) {
      const request =
        isRecord(body) && usesState(body, client)
          ? (await readKeptTurn(body, client, services)).request
          : readResponsesRequest(body);
      return { object: 'response.input_tokens', input_tokens: estimateTokens(request, body) };
    },
    ...createKeptConversations(services),
  };
}

const unknownResponse = (id: string): BridgeError =>
  new BridgeError(
    'not_found',
    `Response with id "${id.slice(0, 200)}" not found: it was not stored, was deleted, or was evicted.`,
  );

/** @returns -1 for all events */
function readSequence(after: string | undefined): number {
  if (after === undefined) return -1;
  if (/^\d{1,9}$/.test(after)) return Number(after);
  throw new BridgeError(
    'invalid_request',
    `Cannot read starting_after: expected the number of an event, got ${quote(after)}.`,
    { param: 'starting_after' },
  );
}
