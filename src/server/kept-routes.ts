/** Handles the routes for stored responses, their input items, conversations, and the token estimate of a request. */
import type { KeptResponses } from '../state/kept-responses';
import { SSE_KEEP_ALIVE } from '../stream/sse';
import { readClient } from './answer-turn';
import type { Handler, HttpExchange } from './http-exchange';
import { useBody } from './read-body';
import { hasUnreadBody, writeJson, writeSse } from './write-response';

/** GET /responses/{id}; with `stream=true`, the events of a background response. */
export const answerResponse: Handler = (exchange, id) => {
  const query = readQuery(exchange);
  if (query.get('stream') === 'true' && exchange.request.method === 'GET')
    return follow(exchange, id, query.get('starting_after') ?? undefined);
  return send(exchange, (kept) => kept.getResponse(id));
};
/** POST /responses/{id}/cancel. */
export const cancelResponse: Handler = (exchange, id) => send(exchange, (kept) => kept.cancelResponse(id));
/** DELETE /responses/{id}. */
export const deleteResponse: Handler = (exchange, id) => send(exchange, (kept) => kept.deleteResponse(id));
/** GET /responses/{id}/input_items, in pages. */
export const answerInputItems: Handler = (exchange, id) =>
  send(exchange, (kept) => kept.listInputItems(id, readPageQuery(exchange)));
/** GET /conversations/{id}. */
export const answerConversation: Handler = (exchange, id) => send(exchange, (kept) => kept.getConversation(id));
/** DELETE /conversations/{id}; its responses are kept. */
export const deleteConversation: Handler = (exchange, id) => send(exchange, (kept) => kept.deleteConversation(id));
/** GET /conversations/{id}/items, in pages. */
export const answerConversationItems: Handler = (exchange, id) =>
  send(exchange, (kept) => kept.listConversationItems(id, readPageQuery(exchange)));

/** POST /conversations; without a body, creates an empty conversation. */
export const createConversation: Handler = async (exchange) => {
  const create = (body: unknown): Promise<void> => send(exchange, (kept) => kept.createConversation(body));
  await (hasUnreadBody(exchange.request) ? useBody(exchange, create) : create(undefined));
};
/** POST /conversations/{id}/items. */
export const addConversationItems: Handler = (exchange, id) =>
  useBody(exchange, (body) => send(exchange, (kept) => kept.addConversationItems(id, body)));

/** POST /responses/input_tokens. */
export const answerInputTokens: Handler = (exchange) =>
  useBody(exchange, async (body) => {
    const { kind } = readClient(exchange.request);
    const estimate = await exchange.services.bridge.kept().estimateInputTokens(body, kind);
    writeJson(exchange.response, estimate, { 'x-bridge-notes': 'estimate' });
  });

type KeptQuery = (kept: KeptResponses) => Promise<object>;

async function send({ response, services }: HttpExchange, query: KeptQuery): Promise<void> {
  services.turns.track(response);
  writeJson(response, await query(services.bridge.kept()), { 'cache-control': 'no-store' });
}

async function follow({ response, services }: HttpExchange, id: string, after: string | undefined): Promise<void> {
  const open = services.turns.open(response);
  const frames = await services.bridge.kept().followResponse(id, after);
  open.streaming = true;
  const { keepAliveMs, clientStallTimeoutMs: stallMs } = services.config;
  await writeSse(response, frames, { keepAliveMs, stallMs, keepAlive: () => SSE_KEEP_ALIVE });
}

function readQuery({ request }: HttpExchange): URLSearchParams {
  const url = request.url ?? '';
  return new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');
}

function readPageQuery(exchange: HttpExchange): Parameters<KeptResponses['listInputItems']>[1] {
  const query = readQuery(exchange);
  const given = ['limit', 'order', 'after'].flatMap((name) => {
    const value = query.get(name);
    return value === null || value === '' ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
}
