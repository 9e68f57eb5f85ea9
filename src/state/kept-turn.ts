/** Reads a request that uses the store: earlier items are prepended to its input, and its response is stored. */
import { asBoolean, asString, type UnknownRecord } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import type { ClientKind } from '../errors/error-body';
import { appendToConversation, findConversation, readConversationId } from './conversations';
import { readHistory, resolveReferences } from './history';
import { idsOf, renderResponseRecord, toRawItems, type RawItem } from './record';
import type { ResponseStore } from './response-store';
import { encodeResponse } from '../stream/sse';
import { optional } from '../wire/read-fields';
import { readInput, readResponsesRequest } from '../wire/read-responses';
import type { ResponsesEvent, ResponsesObject } from '../wire/responses-output';
import type { ResponsesEcho, ResponsesRequest } from '../wire/responses-request';
import type { StateServices } from './open-store';
import { wantsStore } from './uses-state';

export interface KeptTurn {
  /** No client waits for the response, so it is stored even if it failed. */
  readonly background: boolean;
  /** The request, with all earlier items prepended to its input. */
  readonly request: ResponsesRequest;
  /**
   * Wraps a sink so that the Response is stored before the client learns that it is complete.
   * @param echo the request fields that the Response repeats, as JSON text
   */
  watch<S extends EventSink>(sink: S, echo: string): S;
}

/** Receives the events of a turn, to be written as SSE or as one JSON body. */
export interface EventSink {
  encode(events: readonly ResponsesEvent[]): string;
  collect(events: readonly ResponsesEvent[]): void;
}

/**
 * @throws BridgeError if something referenced is not stored, or the request asks for something unsupported
 * @throws UnreadableField with the path of the first field that cannot be read
 */
export function readKeptTurn(body: UnknownRecord, client: ClientKind, services: StateServices): KeptTurn {
  // Some clients send an empty id to mean none.
  const previous = optional(body, 'previous_response_id', asString, 'the id of a response') || undefined;
  for (const field of ['store', 'background']) optional(body, field, asBoolean, 'true or false');
  refuseUnserved(body, client);
  const store = services.openStore();
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
  const fresh = toRawItems(input, services.makeId);
  const keep = (response: ResponsesObject, text: string): void => {
    if (
      conversation !== undefined &&
      !appendToConversation(store, conversation, [...fresh, ...response.output.map(toRaw)])
    ) {
      services.warn('a conversation was not extended: it exceeds --store-max-mb, or could not be written', {
        id: conversation,
      });
    }
    if (wantsStore(body['store'], client)) keepResponse(response, { text, previous, input: fresh }, store, services);
  };
  const background = body['background'] === true;
  return {
    request,
    background,
    watch: (sink, repeated) =>
      watchSink(sink, background, (response) => keep(response, encodeResponse(response, repeated))),
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
  { warn }: StateServices,
): void {
  const items = [...idsOf(input), ...output.map((item) => item.id)];
  if (!store.put(id, renderResponseRecord({ id, previous, input }, text), items)) {
    warn('a response was not stored: it exceeds --store-max-mb, or could not be written', { id });
  }
}

/** Rejects unsupported fields that change the meaning of the response, because ignoring them would be wrong. */
function refuseUnserved(body: UnknownRecord, client: ClientKind): void {
  if (body['prompt'] != null)
    throw refusal('prompt', 'prompt templates are stored by OpenAI. Send instructions and input instead.');
  if (body['conversation'] != null && body['previous_response_id'] != null) {
    throw refusal('previous_response_id', 'it cannot be used together with conversation. Send one of them.');
  }
  if (body['background'] === true && !wantsStore(body['store'], client)) {
    throw refusal('background', 'a background response must be stored. Do not send store: false.');
  }
}

const refusal = (param: string, why: string): BridgeError =>
  new BridgeError('invalid_request', `Cannot use "${param}": ${why}`, { param });

/** @param all includes failed responses: clients request background responses later */
function watchSink<S extends EventSink>(sink: S, all: boolean, keep: (response: ResponsesObject) => void): S {
  const see = (events: readonly ResponsesEvent[]): void => {
    const last = events.at(-1);
    if (last?.type === 'response.completed' || last?.type === 'response.incomplete') keep(last.response);
    else if (all && last?.type === 'response.failed') keep(last.response);
  };
  return {
    ...sink,
    encode(events: readonly ResponsesEvent[]) {
      see(events);
      return sink.encode(events);
    },
    collect(events: readonly ResponsesEvent[]) {
      see(events);
      sink.collect(events);
    },
  };
}
