/** The routes to what is kept: responses and their input, conversations; and the estimate of a request's tokens. */
import type { KeptResponses } from '../../bridge/bridge';
import { findClientKind, readHeaders } from '../client';
import type { HttpExchange, Handler } from '../http-exchange';
import { hasUnreadBody } from '../read-body';
import { readJson } from '../read-json';
import { writeJson } from '../write-json';
import { writeSse } from '../write-sse';

/** GET /responses/{id}; with `stream=true` the events of a response that is made in the background. */
export const answerResponse: Handler = (exchange, id) => {
  const query = readQuery(exchange);
  if (query.get('stream') === 'true' && exchange.request.method === 'GET')
    return follow(exchange, id, query.get('starting_after') ?? undefined);
  return send(exchange, (desk) => desk.response(id));
};
/** POST /responses/{id}/cancel. */
export const cancelResponse: Handler = (exchange, id) => send(exchange, (desk) => desk.cancelResponse(id));
/** DELETE /responses/{id}. */
export const deleteResponse: Handler = (exchange, id) => send(exchange, (desk) => desk.deleteResponse(id));
/** GET /responses/{id}/input_items, in pages. */
export const answerInputItems: Handler = (exchange, id) =>
  send(exchange, (desk) => desk.inputItems(id, readPageQuery(exchange)));
/** GET /conversations/{id}. */
export const answerConversation: Handler = (exchange, id) => send(exchange, (desk) => desk.conversation(id));
/** DELETE /conversations/{id}: the responses that were made in it stay. */
export const deleteConversation: Handler = (exchange, id) => send(exchange, (desk) => desk.deleteConversation(id));
/** GET /conversations/{id}/items, in pages. */
export const answerConversationItems: Handler = (exchange, id) =>
  send(exchange, (desk) => desk.conversationItems(id, readPageQuery(exchange)));

/** POST /conversations; a request without a body makes an empty one. */
export const createConversation: Handler = async (exchange) => {
  const body = hasUnreadBody(exchange.request) ? await readBodyOf(exchange) : undefined;
  await send(exchange, (desk) => desk.createConversation(body));
};
/** POST /conversations/{id}/items. */
export const addConversationItems: Handler = async (exchange, id) => {
  const body = await readBodyOf(exchange);
  await send(exchange, (desk) => desk.addConversationItems(id, body));
};

/** POST /responses/input_tokens. */
export const answerInputTokens: Handler = async (exchange) => {
  const body = await readBodyOf(exchange);
  const client = findClientKind(readHeaders(exchange.request));
  writeJson(exchange.response, exchange.services.bridge.desk().inputTokens(body, { client }), {
    'x-bridge-notes': 'estimate',
  });
};

async function send({ response, services }: HttpExchange, ask: (desk: KeptResponses) => object | Promise<object>): Promise<void> {
  writeJson(response, await ask(services.bridge.desk()), { 'cache-control': 'no-store' });
}

async function follow({ response, services }: HttpExchange, id: string, after: string | undefined): Promise<void> {
  const frames = services.bridge.desk().followResponse(id, after);
  services.turns.open(response).markStreaming();
  const { keepAliveMs, clientStallTimeoutMs: stallMs } = services.config;
  await writeSse(response, frames, { keepAliveMs, stallMs, pulse: () => ': keep-alive\n\n' });
}

const readBodyOf = (exchange: HttpExchange): Promise<unknown> =>
  readJson(exchange, exchange.services.config.bodyLimitMb * 1024 * 1024);

function readQuery({ request }: HttpExchange): URLSearchParams {
  const url = request.url ?? '';
  return new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');
}

function readPageQuery(exchange: HttpExchange): Parameters<KeptResponses['inputItems']>[1] {
  const query = readQuery(exchange);
  const given = ['limit', 'order', 'after'].flatMap((name) => {
    const value = query.get(name);
    return value === null || value === '' ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
}
