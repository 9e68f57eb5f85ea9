/** Connects Codex's web search to the service that the user configured. Loaded at the first search. */
import { BridgeError } from '../errors/bridge-error';
import { SEARCH_BACKENDS } from '../providers/search-backends';
import { createAnswerSearch, type AnswerSearch, type SearchTarget } from '../search/answer-search';
import { openEngine } from '../upstream/engine';
import { findConnection } from './endpoint-options';
import { findEndpoint } from './prepare';
import type { TurnContext } from './turn-context';

/**
 * @param refreshContext returns the context with current settings: the providers file may change between two searches
 * @returns the search of one bridge, which remembers the references in its results
 */
export function createSearch(refreshContext: () => TurnContext): AnswerSearch {
  const { clock, mayConnect } = refreshContext().runtime;
  let latest: { readonly context: TurnContext; readonly target: SearchTarget } | undefined;
  const target = (): SearchTarget => {
    const context = refreshContext();
    if (latest?.context !== context) latest = { context, target: findTarget(context) };
    return latest.target;
  };
  return createAnswerSearch({ findTarget: target, clock, ...(mayConnect && { mayConnect }) });
}

/** @throws BridgeError `not_found` if no service is configured (the model sees the message), and as `openEngine` */
function findTarget(context: TurnContext): SearchTarget {
  const { settings } = context;
  if (settings.search === undefined) {
    throw new BridgeError(
      'not_found',
      'No web search is configured. Start the bridge with --search NAME (docs/search.md).',
    );
  }
  const backend = SEARCH_BACKENDS[settings.search];
  const url = settings.searchUrl ?? backend.url ?? settings.aiBaseUrl;
  const isProvider = new URL(url).origin === new URL(settings.aiBaseUrl).origin;
  const key = settings.searchKey ?? (isProvider ? settings.aiApiKey : undefined);
  const { connection } = findConnection(isProvider ? context.provider : {}, isProvider, settings);
  const dispatcher = openEngine(url, settings.upstreamConnectTimeoutMs, connection);
  const findModel = async (requested: string | undefined) =>
    (await findEndpoint(requested, {}, context, new Set<string>())).model;
  return { backend, access: { url, key }, dispatcher, findModel };
}
