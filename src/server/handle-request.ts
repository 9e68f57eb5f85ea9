/** Handles every request: upgrade, guards, route, method, handler; catches every error that they throw. */
import { describeThrown } from '../base/thrown';
import { renderList } from '../base/quantities';
import { quote } from '../base/quote';
import { BridgeError, describeFieldProblem, toBridgeError } from '../errors/bridge-error';
import { statusOf } from '../errors/error-body';
import { describeRequest, type Handler, type HttpExchange } from './http-exchange';
import { findRefusal, isListedOrigin, type HostPolicy } from './guards';
import { findRoutes, suggestRoutes, type FoundRoute } from './routes';
import { writeError, writeWhole } from './write-response';

/** Answers `exchange`; never throws, synchronously or later. */
export async function handleRequest(exchange: HttpExchange, policy: HostPolicy): Promise<void> {
  // A broken connection emits 'error' here and is handled elsewhere by 'close'; an unhandled 'error' would end the
  // process.
  exchange.request.on('error', ignore);
  exchange.response.on('error', ignore);
  try {
    await answer(exchange, policy);
  } catch (cause) {
    const error = logFailure(exchange, cause);
    if (exchange.response.headersSent) exchange.response.destroy();
    else writeError(exchange.response, error);
  }
}

async function answer(exchange: HttpExchange, policy: HostPolicy): Promise<void> {
  const { request, response, services } = exchange;
  if (asksForWebSocket(exchange)) return refuseWebSocket(exchange);
  const refusal = findRefusal(request.headers, policy);
  if (refusal !== undefined) throw refusal;
  const { method, path } = describeRequest(request);
  // The client must not send its next request on this connection.
  if (services.turns.isDraining) response.setHeader('connection', 'close');
  if (isListedOrigin(request.headers.origin, policy)) {
    response.setHeader('access-control-allow-origin', request.headers.origin ?? '');
    response.setHeader('vary', 'Origin');
    if (method === 'OPTIONS') return writeWhole(response, 204, PREFLIGHT_HEADERS, '');
  }
  const routes = findRoutes(path);
  const found = findHandler(routes, method);
  const needsToken = found?.handler !== answerHead && !WITHOUT_TOKEN.test(path);
  if (needsToken) exchange.holder = services.access.check(request.headers);
  if (routes.length === 0) {
    const likely = renderList(suggestRoutes(path), 'or');
    throw new BridgeError('not_found', `Nothing is served at ${quote(path)}. Try ${likely}.`);
  }
  if (found !== undefined) return found.handler(exchange, found.id);
  const methods = routes.map(({ route }) => route.method);
  const problem = `${quote(path)} does not support ${method}. Use ${renderList(methods, 'or')}.`;
  const error = logFailure(exchange, new BridgeError('method_not_allowed', problem));
  writeError(response, error, { allow: [...methods, 'HEAD'].join(', ') });
}

/** Monitors, `codex doctor` and browsers have no token. */
const WITHOUT_TOKEN = /^\/(?:health(?:\/live|\/ready)?)?$/;

/** The methods and headers that a page of a listed origin may send (CORS preflight). */
const PREFLIGHT_HEADERS = {
  'access-control-allow-methods': 'GET, POST, DELETE',
  'access-control-allow-headers': 'authorization, content-type, x-api-key',
  'access-control-max-age': '600',
} as const;

function findHandler(
  routes: readonly FoundRoute[],
  method: string,
): { readonly handler: Handler; readonly id: string } | undefined {
  const found = routes.find(({ route }) => route.method === method || (method === 'HEAD' && route.method === 'GET'));
  if (found !== undefined) return { handler: found.route.handler(), id: found.id };
  // `codex doctor` sends HEAD {base}/responses to check that the bridge can be reached.
  return method === 'HEAD' ? { handler: answerHead, id: '' } : undefined;
}

const answerHead: Handler = ({ response }) => writeWhole(response, 200, {}, '');

/**
 * Converts any thrown value to a BridgeError and logs it: at warn, a bug in the bridge at error with its stack, and any
 * error after the client disconnected at debug. Turns have their own log line (answer-turn.ts).
 */
function logFailure({ request, response, services: { log } }: HttpExchange, cause: unknown): BridgeError {
  const error = toBridgeError(cause);
  const { kind, message, details: { param } } = error;
  // A message about a field quotes its value, which may be part of a prompt.
  const reason = param === undefined ? { error: message } : { param, error: describeFieldProblem(message) };
  const fields = { kind, status: statusOf(error), ...reason, ...describeRequest(request) };
  if (response.destroyed) log.debug('request failed after its client disconnected', fields);
  else if (error.cause !== undefined) log.error('request crashed', { ...fields, ...describeThrown(error.cause) });
  else log.warn('request failed', fields);
  return error;
}

/** Other upgrades may be ignored (RFC 9110, 7.8): Java's HTTP client offers h2c with every request. */
function asksForWebSocket({ request }: HttpExchange): boolean {
  return /(?:^|[\s,])websocket(?:$|[\s,/])/i.test(request.headers.upgrade ?? '');
}

/** Only on 426 does Codex fall back to HTTP, at once and silently (codex-protocol.md, section 7). */
function refuseWebSocket({ response }: HttpExchange): void {
  const headers = { connection: 'close', 'content-type': 'text/plain' };
  writeWhole(response, 426, headers, 'WebSocket is not supported. Use HTTP.\n');
}

function ignore(): void {}
