/** Reads a request that uses the store: earlier items are prepended to its input, and its response is stored. */
import { asBoolean, asString, type UnknownRecord } from '../base/json';
import { messageOf } from '../base/thrown';
import { BridgeError } from '../errors/bridge-error';
import type { ClientKind } from '../errors/error-body';
import { addItems, findConversation, readConversationId } from './conversations';
import { readHistory, resolveReferences } from './history';
import { idsOf, renderResponseRecord, toRawItems, type RawItem } from './record';
import type { Change, ResponseStore } from './response-store';
import { encodeResponse } from '../stream/sse';
import { readOptional } from '../wire/read-fields';
import { readInput, readResponsesRequest, wantsStore } from '../wire/read-responses';
import type { ResponsesEvent, ResponsesObject } from '../wire/responses-output';
import type { ResponsesEcho, ResponsesRequest } from '../wire/responses-request';
import type { StateServices } from './open-store';

export interface KeptTurn {
  /** Whether no client waits for the response; it is then stored even if it failed. */
  readonly background: boolean;
  /** The request, with all earlier items prepended to its input. */
  readonly request: ResponsesRequest;
  /**
   * Stores the Response before its client learns that it is complete. Never throws.
   * @param events the last events of the turn
   * @param echo the request fields that the Response repeats, as JSON text
   */
  keep(events: readonly ResponsesEvent[], echo: string): Promise<void>;
}

/** @throws BridgeError if a field is invalid or not supported, or refers to something that is not stored */
export async function readKeptTurn(
  body: UnknownRecord, client: ClientKind, services: StateServices,
): Promise<KeptTurn> {
  // Some clients send an empty id to mean none.
  const previous = readOptional(body, 'previous_response_id', asString, 'the id of a response') || undefined;
  for (const field of ['store', 'background']) readOptional(body, field, asBoolean, 'true or false');
  rejectUnsupported(body, client);
  const store = services.openStore();
  const conversation = readConversationId(body['conversation']);
  const prior =
    conversation !== undefined
      ? (await findConversation(store, conversation)).items
      : previous !== undefined
        ? await readHistory(store, previous)
        : undefined;
  // Checked before the request is sent: if the response cannot be stored, it should cost nothing.
  if (!prior) await store.check();
  const input = await resolveReferences(store, body['input'] ?? (prior ? [] : undefined));
  const own = readResponsesRequest({ ...body, input });
  const echo: ResponsesEcho = conversation === undefined ? {} : { conversation: { id: conversation } };
  const request = { ...own, input: [...readInput(prior ?? []), ...own.input], echo: { ...own.echo, ...echo } };
  const ownItems = toRawItems(input, services.makeId);
  const background = body['background'] === true;
  const isStored = wantsStore(body['store'], client);
  return {
    request,
    background,
    async keep(events, repeated) {
      const response = findResponseToStore(events.at(-1), background);
      if (!response) return;
      const { id } = response;
      const output = response.output.map(toRaw);
      // Failed turns are not part of a conversation.
      const isAdded = conversation !== undefined && response.status !== 'failed';
      const record = { id, previous, input: ownItems };
      const text = (): string => renderResponseRecord(record, encodeResponse(response, repeated));
      await writeAll(services, store, [
        ...(isAdded ? [addItems(conversation, [...ownItems, ...output])] : []),
        ...(isStored ? [{ id, text: text(), items: idsOf([...ownItems, ...output]) }] : []),
      ]);
    },
  };
}

const toRaw = (item: object): RawItem => ({ ...item });

/** @param withFailed for background responses: their clients request the result later */
function findResponseToStore(last: ResponsesEvent | undefined, withFailed: boolean): ResponsesObject | undefined {
  if (last?.type === 'response.completed' || last?.type === 'response.incomplete') return last.response;
  return withFailed && last?.type === 'response.failed' ? last.response : undefined;
}

/** Never throws: the client gets its answer even if it cannot be stored. */
async function writeAll({ warn }: StateServices, store: ResponseStore, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  try {
    const written = await store.write(changes);
    // A conversation that was deleted in the meantime stays deleted.
    const refused = changes.filter((_, index) => written[index] === 'refused');
    for (const { id, append } of refused) {
      const what = append ? 'a conversation was not extended' : 'a response was not stored';
      warn(`${what}: it exceeds --store-max-mb, or could not be written`, { id });
    }
  } catch (cause) {
    warn('a response was not stored', { id: changes.at(-1)?.id, error: messageOf(cause) });
  }
}

/** Rejects unsupported fields that change the meaning of the response, because ignoring them would be wrong. */
function rejectUnsupported(body: UnknownRecord, client: ClientKind): void {
  if (body['prompt'] != null)
    throw unusable('prompt', 'prompt templates are stored by OpenAI. Send instructions and input instead.');
  if (body['conversation'] != null && body['previous_response_id'] != null) {
    throw unusable('previous_response_id', 'it cannot be used together with conversation. Send one of them.');
  }
  if (body['background'] === true && !wantsStore(body['store'], client)) {
    throw unusable('background', 'a background response must be stored. Do not send store: false.');
  }
}

const unusable = (param: string, why: string): BridgeError =>
  new BridgeError('invalid_request', `Cannot use "${param}": ${why}`, { param });
