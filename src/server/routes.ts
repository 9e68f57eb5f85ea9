/** ROUTES, the one table of what is served where. A new route is a row. */
import { answerHealth } from './handlers/health';
import { answerModels } from './handlers/models';
import type { Handler } from './http-exchange';

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Full paths, in which `{id}` stands for any one segment; HEAD is answered on all of them. */
  readonly paths: readonly [`/${string}`, ...`/${string}`[]];
  /** Gives the handler; most are loaded when they are first needed, so that the server listens sooner. */
  readonly handler: () => Handler;
}

/** A row, and what stands in a path in place of its `{id}`; empty for a row without one. */
export interface FoundRoute {
  readonly route: Route;
  readonly id: string;
}

const turns = (): typeof import('./handlers/turns') => require('./handlers/turns');
const kept = (): typeof import('./handlers/kept') => require('./handlers/kept');
const launches = (): typeof import('./handlers/launches') => require('./handlers/launches');

/** A path may have several rows, one for each method. */
export const ROUTES: readonly Route[] = [
  { method: 'POST', paths: ['/responses', '/v1/responses'], handler: () => turns().answerResponses },
  { method: 'POST', paths: ['/responses/compact', '/v1/responses/compact'], handler: () => turns().answerCompaction },
  {
    method: 'POST',
    paths: ['/chat/completions', '/v1/chat/completions'],
    handler: () => turns().answerChatCompletions,
  },
  {
    method: 'POST',
    paths: ['/responses/input_tokens', '/v1/responses/input_tokens'],
    handler: () => kept().answerInputTokens,
  },
  { method: 'GET', paths: ['/responses/{id}', '/v1/responses/{id}'], handler: () => kept().answerResponse },
  { method: 'DELETE', paths: ['/responses/{id}', '/v1/responses/{id}'], handler: () => kept().deleteResponse },
  {
    method: 'POST',
    paths: ['/responses/{id}/cancel', '/v1/responses/{id}/cancel'],
    handler: () => kept().cancelResponse,
  },
  {
    method: 'GET',
    paths: ['/responses/{id}/input_items', '/v1/responses/{id}/input_items'],
    handler: () => kept().answerInputItems,
  },
  { method: 'POST', paths: ['/conversations', '/v1/conversations'], handler: () => kept().createConversation },
  { method: 'GET', paths: ['/conversations/{id}', '/v1/conversations/{id}'], handler: () => kept().answerConversation },
  {
    method: 'DELETE',
    paths: ['/conversations/{id}', '/v1/conversations/{id}'],
    handler: () => kept().deleteConversation,
  },
  {
    method: 'GET',
    paths: ['/conversations/{id}/items', '/v1/conversations/{id}/items'],
    handler: () => kept().answerConversationItems,
  },
  {
    method: 'POST',
    paths: ['/conversations/{id}/items', '/v1/conversations/{id}/items'],
    handler: () => kept().addConversationItems,
  },
  { method: 'GET', paths: ['/models', '/v1/models'], handler: () => answerModels },
  { method: 'GET', paths: ['/launches'], handler: () => launches().holdLaunch },
  { method: 'GET', paths: ['/health'], handler: () => answerHealth },
];

/** The rows of `path`, one for each method; empty for a path nobody serves. A row that names the path itself comes first. */
export function findRoutes(path: string): readonly FoundRoute[] {
  const exact = ROUTES.filter((route) => route.paths.some((known) => known === path));
  if (exact.length > 0) return exact.map((route) => ({ route, id: '' }));
  return ROUTES.flatMap((route) => {
    const id = route.paths.map((known) => readId(path, known)).find((found) => found !== undefined);
    return id === undefined ? [] : [{ route, id }];
  });
}

/** The segment of `path` where `pattern` has `{id}`; undefined when they differ anywhere else. */
function readId(path: string, pattern: string): string | undefined {
  const [head, tail] = pattern.split('{id}');
  if (head === undefined || tail === undefined || !path.startsWith(head) || !path.endsWith(tail)) return undefined;
  const id = path.slice(head.length, path.length - tail.length);
  return id === '' || id.includes('/') ? undefined : id;
}

/** The table as a sentence for people who asked for something else. */
export function listRoutes(): string {
  return ROUTES.flatMap(({ method, paths }) => paths.map((path) => `${method} ${path}`)).join(', ');
}
