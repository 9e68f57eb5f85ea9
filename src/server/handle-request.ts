/** The way of every request: upgrade, guards, route, method, handler; and the net under all of them. */
import { quote } from '../base/quote';
import { BridgeError } from '../errors/bridge-error';
import type { HttpExchange, Handler } from './http-exchange';
import { describeRequest, readFailure } from './failure';
import { findRefusal, type Door } from './guards';
import { findRoutes, listRoutes, type FoundRoute } from './routes';
import { writeError } from './write-json';
import { writeWhole } from './write-whole';

/** Answers `exchange` and never throws, neither now nor later. */
export async function handleRequest(exchange: HttpExchange, door: Door): Promise<void> {
  // A connection that breaks emits 'error' here and is noticed by 'close' elsewhere; unheard, it would end the process.
  exchange.request.on('error', ignore);
  exchange.response.on('error', ignore);
  try {
    await answer(exchange, door);
  } catch (cause) {
    const error = readFailure(exchange, cause);
    if (exchange.response.headersSent) exchange.response.destroy();
    else writeError(exchange.response, error);
  }
}

async function answer(exchange: HttpExchange, door: Door): Promise<void> {
  const { request, response } = exchange;
  if (asksForWebSocket(exchange)) return refuseWebSocket(exchange);
  const refusal = findRefusal(request.headers, door);
  if (refusal !== undefined) throw refusal;
  const { method, path } = describeRequest(request);
  const routes = findRoutes(path);
  if (routes.length === 0) throw routeError('not_found', `Nothing is served at ${quote(path)}.`);
  const found = findHandler(routes, method);
  if (found !== undefined) return found.handler(exchange, found.id);
  const error = readFailure(exchange, routeError('method_not_allowed', `${quote(path)} does not answer ${method}.`));
  writeError(response, error, { allow: [...routes.map(({ route }) => route.method), 'HEAD'].join(', ') });
}

function routeError(kind: 'not_found' | 'method_not_allowed', problem: string): BridgeError {
  return new BridgeError(kind, `${problem} Routes: ${listRoutes()}.`);
}

function findHandler(
  routes: readonly FoundRoute[],
  method: string,
): { readonly handler: Handler; readonly id: string } | undefined {
  const answersTo = (wanted: string): FoundRoute | undefined => routes.find(({ route }) => route.method === wanted);
  const found = answersTo(method) ?? (method === 'HEAD' ? answersTo('GET') : undefined);
  if (found !== undefined) return { handler: found.route.handler(), id: found.id };
  // `codex doctor` asks HEAD {base}/responses whether the bridge can be reached.
  return method === 'HEAD' ? { handler: answerHead, id: '' } : undefined;
}

const answerHead: Handler = ({ response }) => writeWhole(response, 200, {}, '');

/** Other upgrades (Java's HTTP client offers h2c with every request) may be ignored: RFC 9110, 7.8. */
function asksForWebSocket({ request }: HttpExchange): boolean {
  return /(?:^|[\s,])websocket(?:$|[\s,/])/i.test(request.headers.upgrade ?? '');
}

/** Codex falls back to HTTP at once and silently on 426, and only on 426 (codex-protocol.md, section 7). */
function refuseWebSocket({ response }: HttpExchange): void {
  const headers = { connection: 'close', 'content-type': 'text/plain' };
  writeWhole(response, 426, headers, 'The bridge speaks HTTP, not WebSocket.\n');
}

function ignore(): void {}
