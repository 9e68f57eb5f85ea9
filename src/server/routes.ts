/** ROUTES, the one table of what is served where. A new route is a row. */
import { answerHealth } from './handlers/health';
import { answerModels } from './handlers/models';
import type { Handler } from './exchange';

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Full paths; HEAD is answered on all of them. */
  readonly paths: readonly [`/${string}`, ...`/${string}`[]];
  /** Gives the handler; those of turns are loaded when they are first needed, so that the server listens sooner. */
  readonly handler: () => Handler;
}

const turns = (): typeof import('./handlers/turns') => require('./handlers/turns');

/** A path may have several rows, one for each method. */
export const ROUTES: readonly Route[] = [
  { method: 'POST', paths: ['/responses', '/v1/responses'], handler: () => turns().answerResponses },
  { method: 'POST', paths: ['/responses/compact', '/v1/responses/compact'], handler: () => turns().answerCompaction },
  { method: 'POST', paths: ['/chat/completions', '/v1/chat/completions'], handler: () => turns().answerChatCompletions },
  { method: 'GET', paths: ['/models', '/v1/models'], handler: () => answerModels },
  { method: 'GET', paths: ['/health'], handler: () => answerHealth },
];

/** The rows of `path`, one for each method; empty for a path nobody serves. */
export function findRoutes(path: string): readonly Route[] {
  return ROUTES.filter((route) => route.paths.some((known) => known === path));
}

/** The table as a sentence for people who asked for something else. */
export function listRoutes(): string {
  return ROUTES.flatMap(({ method, paths }) => paths.map((path) => `${method} ${path}`)).join(', ');
}
