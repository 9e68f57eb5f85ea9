/** A Responses request with everything that it builds on; the store is loaded only for those that have to do with it. */
import { isRecord } from '../base/json';
import type { ClientKind } from '../errors/error-body';
import { readResponsesRequest } from '../wire/read-responses';
import type { ResponsesRequest } from '../wire/responses-request';
import type { KeptTurn } from './kept-turn';
import { readOrThrow } from './read-or-throw';
import type { TurnContext } from './turn-context';
import { usesState } from '../state/uses-state';

/** @throws BridgeError for a field that cannot be read, and for something that is not kept */
export function readRequest(body: unknown, client: ClientKind, context: TurnContext): ResponsesRequest {
  return readKept(body, client, context)?.request ?? readOrThrow(() => readResponsesRequest(body));
}

/**
 * @returns undefined for a request that neither builds on what is kept nor is kept itself
 * @throws BridgeError as `readRequest` does
 */
export function readKept(body: unknown, client: ClientKind, context: TurnContext): KeptTurn | undefined {
  if (!isRecord(body) || !usesState(body, client)) return undefined;
  const { readKeptTurn }: typeof import('./kept-turn') = require('./kept-turn');
  return readOrThrow(() => readKeptTurn(body, client, context));
}
