/** POST /alpha/search: the web search that Codex runs by itself (docs/facts/codex-protocol.md, section 12). */
import type { Handler } from './http-exchange';
import { useBody } from './read-body';
import { writeJson } from './write-response';

/** Answers `{ output }`; a client that goes away ends the search. */
export const answerSearch: Handler = async (exchange) => {
  const { response, services } = exchange;
  const { abort } = services.turns.open(response);
  const found = await useBody(exchange, (body) => services.bridge.search(body, abort));
  writeJson(response, found, { 'cache-control': 'no-store' });
};
