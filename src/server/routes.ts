/** Defines ROUTES, the table of routes. A new route is a row. */
import { answerHealth, answerModels, answerTurns, holdLaunch } from './service-routes';
import type { Handler } from './http-exchange';

/** A row of the table. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Full paths, in which `{id}` matches any one segment; HEAD is answered on all of them. */
  readonly paths: readonly string[];
  /** Returns the handler; most are loaded on first use, so that the server listens sooner. */
  readonly handler: () => Handler;
}

/** A row, and the path segment matched by its `{id}`; empty for a row without one. */
export interface FoundRoute {
  readonly route: Route;
  readonly id: string;
}

const turn = (): typeof import('./answer-turn') => require('./answer-turn');
const search = (): typeof import('./search-route') => require('./search-route');
const monitor = (): typeof import('./monitor-routes') => require('./monitor-routes');
const page = (): typeof import('./front-page') => require('./front-page');
const kept = (): typeof import('./kept-routes') => require('./kept-routes');

/** Loads every handler, because on first use there may be no file descriptor left. */
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

/**
 * Returns the rows of `path`, one per method; empty for an unknown path. An exact match takes precedence over `{id}`.
 */
export function findRoutes(path: string): readonly FoundRoute[] {
  const exact = ROUTES.filter(({ paths }) => paths.includes(path));
  if (exact.length > 0) return exact.map((route) => ({ route, id: '' }));
  return ROUTES.flatMap((route) => {
    const id = route.paths.map((known) => readId(path, known)).find((found) => found !== undefined);
    return id === undefined ? [] : [{ route, id }];
  });
}

/** Returns the segment of `path` that `{id}` matches; undefined if `path` does not match `pattern`. */
function readId(path: string, pattern: string): string | undefined {
  const [head, tail] = pattern.split('{id}');
  if (head === undefined || tail === undefined || !path.startsWith(head) || !path.endsWith(tail)) return undefined;
  const id = path.slice(head.length, path.length - tail.length);
  return id === '' || id.includes('/') ? undefined : id;
}

/** What clients want most. */
const USUAL = ['POST /v1/responses', 'POST /v1/chat/completions', 'GET /v1/models'];

/** The three routes that a request to an unknown path most likely meant. */
export function suggestRoutes(path: string): readonly string[] {
  const { findNearest }: typeof import('../base/nearest') = require('../base/nearest');
  const known = ROUTES.flatMap(({ method, paths }) => paths.map((each) => [each, `${method} ${each}`] as const));
  const nearest = findNearest(path, known.map(([each]) => each));
  const found = known.filter(([each]) => each === nearest).map(([, route]) => route);
  return [...new Set([...found, ...USUAL])].slice(0, USUAL.length);
}
