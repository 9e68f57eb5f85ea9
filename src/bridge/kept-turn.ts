/** A request that is kept or builds on what was kept: what came before goes in front of it, its answer into the store. */
import { asBoolean, asString } from '../base/narrow';
import type { UnknownRecord } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import type { ClientKind } from '../errors/error-body';
import { appendToConversation, findConversation, readConversationId } from '../state/conversations';
import { readHistory, resolveReferences } from '../state/history';
import { idsOf, renderResponseRecord, toRawItems, type RawItem } from '../state/record';
import type { ResponseStore } from '../state/response-store';
import { encodeResponse } from '../stream/sse-encoder';
import { optional } from '../wire/read-fields';
import { readInput } from '../wire/read-items';
import { readResponsesRequest } from '../wire/read-responses';
import type { ResponsesEvent, ResponsesObject } from '../wire/responses-output';
import type { ResponsesEcho, ResponsesRequest } from '../wire/responses-request';
import type { ClientProtocol } from './client-protocol';
import type { TurnContext } from './turn-context';
import { wantsStore } from '../state/uses-state';

export interface KeptTurn {
  /** Made without a client that waits: failures are told in the Response too. */
  readonly background: boolean;
  /** With everything that came before in front of its input. */
  readonly request: ResponsesRequest;
  /**
   * Passes everything on, and keeps the Response before its client hears that it is complete.
   * @param echo the request fields that the Response repeats, as text
   */
  watch(protocol: ClientProtocol<ResponsesEvent>, echo: string): ClientProtocol<ResponsesEvent>;
}

/**
 * @throws BridgeError where something is not kept, or asked for that the bridge cannot do
 * @throws UnreadableField with the path of the first field that cannot be read
 */
export function readKeptTurn(body: UnknownRecord, client: ClientKind, context: TurnContext): KeptTurn {
  // An empty id is how clients say "none".
  const previous = optional(body, 'previous_response_id', asString, 'the id of a response') || undefined;
  for (const field of ['store', 'background']) optional(body, field, asBoolean, 'true or false');
  refuseUnserved(body, client);
  const store = context.openStore();
  const conversation = readConversationId(body['conversation']);
  const prior =
    conversation !== undefined
      ? findConversation(store, conversation).items
      : previous !== undefined
        ? readHistory(store, previous)
        : undefined;
  const input = resolveReferences(store, body['input'] ?? (prior ? [] : undefined));
  const own = readResponsesRequest({ ...body, input });
  const echo: ResponsesEcho = conversation === undefined ? {} : { conversation: { id: conversation } };
  const request = { ...own, input: [...readInput(prior ?? []), ...own.input], echo: { ...own.echo, ...echo } };
  const fresh = toRawItems(input, context.runtime.makeId);
  const keep = (response: ResponsesObject, text: string): void => {
    if (
      conversation !== undefined &&
      !appendToConversation(store, conversation, [...fresh, ...response.output.map(toRaw)])
    ) {
      context.log.warn(
        'a conversation does not go on: it is larger than all that may be kept, or could not be written',
        { id: conversation },
      );
    }
    if (wantsStore(body['store'], client)) keepResponse(response, { text, previous, input: fresh }, store, context);
  };
  const background = body['background'] === true;
  return {
    request,
    background,
    watch: (protocol, repeated) =>
      watchProtocol(protocol, background, (response) => keep(response, encodeResponse(response, repeated))),
  };
}

const toRaw = (item: object): RawItem => ({ ...item });

interface Answered {
  readonly text: string;
  readonly previous: string | undefined;
  readonly input: readonly RawItem[];
}

function keepResponse(
  { id, output }: ResponsesObject,
  { text, previous, input }: Answered,
  store: ResponseStore,
  { log }: TurnContext,
): void {
  const items = [...idsOf(input), ...output.map((item) => item.id)];
  if (!store.put(id, renderResponseRecord({ id, previous, input }, text), items)) {
    log.warn('an answer is not kept: it is larger than all that may be kept, or could not be written', { id });
  }
}

/** Nothing that changes what an answer means may be ignored. */
function refuseUnserved(body: UnknownRecord, client: ClientKind): void {
  if (body['prompt'] != null)
    throw refusal('prompt', 'prompt templates are kept by OpenAI; send instructions and input instead');
  if (body['conversation'] != null && body['previous_response_id'] != null) {
    throw refusal('previous_response_id', 'it cannot be used together with conversation');
  }
  if (body['background'] === true && !wantsStore(body['store'], client)) {
    throw refusal('background', 'an answer in the background must be kept, so store cannot be false');
  }
}

const refusal = (param: string, why: string): BridgeError =>
  new BridgeError('invalid_request', `Cannot use "${param}": ${why}`, { param });

/** @param all failed answers too, as those in the background are asked for later */
function watchProtocol(
  protocol: ClientProtocol<ResponsesEvent>, all: boolean, keep: (response: ResponsesObject) => void,
): ClientProtocol<ResponsesEvent> {
  const see = (events: readonly ResponsesEvent[]): void => {
    const last = events.at(-1);
    if (
      last?.type === 'response.completed' ||
      last?.type === 'response.incomplete' ||
      (all && last?.type === 'response.failed')
    ) {
      keep(last.response);
    }
  };
  return {
    ...protocol,
    encode(events) {
      see(events);
      return protocol.encode(events);
    },
    collect(events) {
      see(events);
      protocol.collect(events);
    },
  };
}
