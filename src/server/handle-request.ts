/**
 * Handles every request: rejects WebSocket upgrades, applies the guards, calls the handler for the path and method, and
 * answers with any error thrown on the way. To add a route, add a row to ROUTES.
 */
import { describeThrown } from '../base/thrown';
import { renderList } from '../base/quantities';
import { quote } from '../base/quote';
import { BridgeError, describeFieldProblem, toBridgeError } from '../errors/bridge-error';
import { statusOf } from '../errors/error-body';
import type { Handler, HttpExchange } from './http-exchange';
import { findRejection, isListedOrigin, type HostPolicy } from './guards';
import { answerHealth, answerModels, answerTurns, holdLaunch } from './service-routes';
import { writeBody, writeError } from './write-response';

/** A row of ROUTES. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Full paths, in which `{id}` matches any one segment; HEAD is answered on all of them. */
  readonly paths: readonly string[];
  /** Returns the handler; most are loaded on first use, so that the server listens sooner. */
  readonly handler: () => Handler;
}

const turn = (): typeof import('./answer-turn') => require('./answer-turn');
const search = (): typeof import('./search-route') => require('./search-route');
const monitor = (): typeof import('./monitor-routes') => require('./monitor-routes');
const page = (): typeof import('./front-page') => require('./front-page');
const kept = (): typeof import('./kept-routes') => require('./kept-routes');

/** Loads every handler in advance: at its first use, the process might have no file descriptor left to load it. */
export function preloadHandlers(): void {
  for (const { handler } of ROUTES) handler();
}

/** Clients append the path to a base URL with or without `/v1`. */
const at = (path: `/${string}`): readonly string[] => [path, `/v1${path}`];

/** A path may have several rows, one per method. */
export const ROUTES: readonly Route[] = [
  { method: 'POST', paths: at('/responses'), handler: () => turn().answerResponses },
  { method: 'POST', paths: at('/responses/compact'), handler: () => turn().answerCompaction },
  { method: 'POST', paths: at('/chat/completions'), handler: () => turn().answerChatCompletions },
  { method: 'POST', paths: at('/alpha/search'), handler: () => search().answerSearch },
  { method: 'POST', paths: at('/responses/input_tokens'), handler: () => kept().answerInputTokens },
  { method: 'GET', paths: at('/responses/{id}'), handler: () => kept().answerResponse },
  { method: 'DELETE', paths: at('/responses/{id}'), handler: () => kept().deleteResponse },
  { method: 'POST', paths: at('/responses/{id}/cancel'), handler: () => kept().cancelResponse },
  { method: 'GET', paths: at('/responses/{id}/input_items'), handler: () => kept().answerInputItems },
  { method: 'POST', paths: at('/conversations'), handler: () => kept().createConversation },
  { method: 'GET', paths: at('/conversations/{id}'), handler: () => kept().answerConversation },
  { method: 'DELETE', paths: at('/conversations/{id}'), handler: () => kept().deleteConversation },
  { method: 'GET', paths: at('/conversations/{id}/items'), handler: () => kept().answerConversationItems },
  { method: 'POST', paths: at('/conversations/{id}/items'), handler: () => kept().addConversationItems },
  { method: 'GET', paths: at('/models'), handler: () => answerModels },
  { method: 'GET', paths: ['/'], handler: () => page().answerFrontPage },
  { method: 'GET', paths: ['/turns'], handler: () => answerTurns },
  { method: 'GET', paths: ['/launches'], handler: () => holdLaunch },
  { method: 'GET', paths: ['/health/live'], handler: () => monitor().answerLive },
  { method: 'GET', paths: ['/health/ready'], handler: () => monitor().answerReady },
  { method: 'GET', paths: ['/metrics'], handler: () => monitor().answerMetrics },
  { method: 'GET', paths: ['/health'], handler: () => answerHealth },
];

/** Answers `exchange`; never rejects. */
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
  const { request: { headers }, response, method, path, services } = exchange;
  if (WEBSOCKET.test(headers.upgrade ?? '')) return rejectWebSocket(exchange);
  const rejection = findRejection(headers, policy);
  if (rejection !== undefined) throw rejection;
  // The client must not send its next request on this connection.
  if (services.turns.isDraining) response.setHeader('connection', 'close');
  // Also without an Origin: a cache must not serve that response, which no page may read, to a listed origin.
  if (policy.origins.length > 0) response.setHeader('vary', 'Origin');
  if (isListedOrigin(headers.origin, policy)) {
    response.setHeader('access-control-allow-origin', headers.origin ?? '');
    if (method === 'OPTIONS') return writeBody(response, 204, PREFLIGHT_HEADERS, '');
  }
  const { routes, id } = findRoutes(path);
  const route = routes.find((each) => each.method === (method === 'HEAD' ? 'GET' : method));
  // `codex doctor` sends HEAD {base}/responses, without a token, to check that the bridge can be reached.
  const isProbe = method === 'HEAD' && route === undefined;
  if (!isProbe && !PUBLIC_PATH.test(path)) exchange.holder = services.access.check(headers);
  if (route !== undefined) return route.handler()(exchange, id);
  if (routes.length === 0) {
    const likely = renderList(suggestRoutes(path), 'or');
    throw new BridgeError('not_found', `Nothing is served at ${quote(path)}. Try ${likely}.`);
  }
  if (isProbe) return writeBody(response, 200, {}, '');
  const methods = routes.map((each) => each.method);
  const problem = `${quote(path)} does not support ${method}. Use ${renderList(methods, 'or')}.`;
  const error = logFailure(exchange, new BridgeError('method_not_allowed', problem));
  writeError(response, error, { allow: [...methods, 'HEAD'].join(', ') });
}

/**
 * Returns the rows of `path`, one per method, and the segment that their `{id}` matches; no rows for an unknown path.
 * An exact match takes precedence over `{id}`.
 */
function findRoutes(path: string): { readonly routes: readonly Route[]; readonly id: string } {
  const exact = ROUTES.filter(({ paths }) => paths.includes(path));
  if (exact.length > 0) return { routes: exact, id: '' };
  const matches = ROUTES.flatMap((route) => route.paths.flatMap((pattern) => {
    const id = readId(path, pattern);
    return id === undefined ? [] : [{ route, id }];
  }));
  return { routes: matches.map(({ route }) => route), id: matches[0]?.id ?? '' };
}

/** Returns the segment of `path` that `{id}` matches; undefined if `path` does not match `pattern`. */
function readId(path: string, pattern: string): string | undefined {
  const [head, tail] = pattern.split('{id}');
  if (head === undefined || tail === undefined || !path.startsWith(head) || !path.endsWith(tail)) return undefined;
  const id = path.slice(head.length, path.length - tail.length);
  return id === '' || id.includes('/') ? undefined : id;
}

/** The routes that clients use most. */
const COMMON_ROUTES = ['POST /v1/responses', 'POST /v1/chat/completions', 'GET /v1/models'];

/** Returns the three routes that a request to an unknown path most likely meant. */
function suggestRoutes(path: string): readonly string[] {
  const { findNearest }: typeof import('../base/nearest') = require('../base/nearest');
  const known = ROUTES.flatMap(({ method, paths }) => paths.map((each) => [each, `${method} ${each}`] as const));
  const nearest = findNearest(path, known.map(([each]) => each));
  const found = known.filter(([each]) => each === nearest).map(([, route]) => route);
  return [...new Set([...found, ...COMMON_ROUTES])].slice(0, COMMON_ROUTES.length);
}

/** Paths that need no token: monitors and browsers have none. */
const PUBLIC_PATH = /^\/(?:health(?:\/live|\/ready)?)?$/;

/** The methods and headers that a page of a listed origin may send (CORS preflight). */
const PREFLIGHT_HEADERS = {
  'access-control-allow-methods': 'GET, POST, DELETE',
  'access-control-allow-headers': 'authorization, content-type, x-api-key',
  'access-control-max-age': '600',
} as const;

/**
 * Converts any thrown value to a BridgeError and logs it: at warn, a bug in the bridge at error with its stack, and any
 * error after the client disconnected at debug. Turns have their own log line (answer-turn.ts).
 */
function logFailure({ response, method, path, services: { log } }: HttpExchange, cause: unknown): BridgeError {
  const error = toBridgeError(cause);
  const { kind, message, details: { param } } = error;
  // A message about a field quotes its value, which may be part of a prompt.
  const reason = param === undefined ? { error: message } : { param, error: describeFieldProblem(message) };
  const fields = { kind, status: statusOf(error), ...reason, method, path };
  if (response.destroyed) log.debug('request failed after its client disconnected', fields);
  else if (error.cause !== undefined) log.error('internal error', { ...fields, ...describeThrown(error.cause) });
  else log.warn('request failed', fields);
  return error;
}

/** Other upgrades may be ignored (RFC 9110, section 7.8): Java's HTTP client offers h2c with every request. */
const WEBSOCKET = /(?:^|[\s,])websocket(?:$|[\s,/])/i;

/** Only on 426 does Codex fall back to HTTP, at once and silently (codex-protocol.md, section 7). */
function rejectWebSocket({ response }: HttpExchange): void {
  const headers = { connection: 'close', 'content-type': 'text/plain' };
  writeBody(response, 426, headers, 'WebSocket is not supported. Use HTTP.\n');
}

function ignore(): void {}
