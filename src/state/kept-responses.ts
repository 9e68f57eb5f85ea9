/** What clients can ask of answers that are kept. Loaded when the first of them asks. */
import { BridgeError } from '../errors/bridge-error';
import { findResponse } from './history';
import { readPage } from './page';
import type { ResponseRecord } from './record';
import type { Background } from './background';
import type { KeptResponses } from '../bridge/bridge';
import { createKeptConversations } from './kept-conversations';
import { estimateTokens } from '../bridge/estimate-tokens';
import { readRequest } from '../bridge/read-request';
import type { TurnContext } from '../bridge/turn-context';

/** @returns the desk of one bridge; ids that nobody knows throw BridgeError `not_found` */
export function createKeptResponses(context: TurnContext, background: () => Background): KeptResponses {
  const { openStore } = context;
  const response = (id: string): ResponseRecord => {
    const found = findResponse(openStore(), id);
    if (!found) throw unknownResponse(id);
    return found;
  };
  return {
    response: (id) => background().find(id)?.response ?? response(id).response,
    async deleteResponse(id) {
      const wasMade = await background().forget(id);
      const wasKept = findResponse(openStore(), id) !== undefined && openStore().delete(id);
      if (!wasMade && !wasKept) throw unknownResponse(id);
      return { id, object: 'response', deleted: true };
    },
    async cancelResponse(id) {
      const run = background().find(id);
      await run?.cancel();
      if (run) return run.response;
      const found = response(id).response;
      if (found['background'] === true) return found;
      throw new BridgeError('invalid_request', `Cannot cancel "${id}": it was not made with background: true`);
    },
    followResponse(id, after) {
      const run = background().find(id);
      if (run) return run.follow(readSequence(after));
      response(id);
      throw new BridgeError(
        'invalid_request',
        `Cannot stream "${id}": it was not made with background: true, or its events are not kept any more; use GET without stream`,
        { param: 'stream' },
      );
    },
    inputItems: (id, query) => readPage(response(id).input, query),
    inputTokens(body, caller) {
      const request = readRequest(body, caller.client, context);
      return { object: 'response.input_tokens', input_tokens: estimateTokens(request, body) };
    },
    ...createKeptConversations(context),
  };
}

const unknownResponse = (id: string): BridgeError =>
  new BridgeError(
    'not_found',
    `Response with id "${id.slice(0, 200)}" not found: it was never kept (store: false, a failed answer), deleted, or gave way to newer ones.`,
  );

/** @returns -1 for all events */
function readSequence(after: string | undefined): number {
  if (after === undefined) return -1;
  if (/^\d{1,9}$/.test(after)) return Number(after);
  throw new BridgeError(
    'invalid_request',
    `Cannot read starting_after: expected the number of an event, got ${JSON.stringify(after.slice(0, 80))}`,
    { param: 'starting_after' },
  );
}
