/** Connects the web search of Codex to the service that the user configured. Loaded by the first search. */
import { Notes } from '../base/result';
import { BridgeError } from '../errors/bridge-error';
import { SEARCH_BACKENDS } from '../providers/search-backends';
import { createAnswerSearch, type AnswerSearch } from '../search/answer-search';
import { openRoutes } from '../upstream/transport';
import { findConnection } from './endpoint-options';
import { findEndpoint } from './prepare';
import type { TurnContext } from './turn-context';

/**
 * @returns the search of one bridge, which remembers its references
 * @throws BridgeError `not_found` if no service is configured; the model sees the message
 */
export function createSearch(context: TurnContext): AnswerSearch {
  const { settings, runtime } = context;
  if (settings.search === undefined) {
    throw new BridgeError(
      'not_found',
      'No web search is configured. Start the bridge with --search NAME (docs/search.md).',
    );
  }
  const backend = SEARCH_BACKENDS[settings.search];
  const url = settings.searchUrl ?? backend.url ?? settings.aiBaseUrl;
  const isProvider = new URL(url).host === new URL(settings.aiBaseUrl).host;
  const key = settings.searchKey ?? (isProvider ? settings.aiApiKey : undefined);
  const { connection } = findConnection(isProvider ? context.provider : {}, isProvider, settings);
  const dispatcher = connection && openRoutes(settings.upstreamConnectTimeoutMs).find(new URL(url), connection);
  return createAnswerSearch({
    target: {
      backend,
      access: { url, key },
      dispatcher,
      findModel: (asked) => findEndpoint(asked, {}, context, new Notes()).model,
    },
    clock: runtime.clock,
    ...(runtime.mayConnect && { mayConnect: runtime.mayConnect }),
  });
}
