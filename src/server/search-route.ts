/** POST /alpha/search: the web search that Codex runs by itself (docs/facts/codex-protocol.md, section 12). */
import type { Handler } from './http-exchange';
import { readJson } from './read-body';
import { writeJson } from './write-response';

/** Answers `{ output }`; a client that goes away ends the search. */
export const answerSearch: Handler = async (exchange) => {
  const { response, services } = exchange;
  const { abort } = services.turns.open(response);
  writeJson(response, await services.bridge.search(await readJson(exchange), abort), { 'cache-control': 'no-store' });
};
