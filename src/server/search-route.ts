/** Handles POST /alpha/search, Codex's own web search (docs/facts/codex-protocol.md, section 12). */
import type { Handler } from './http-exchange';
import { useBody } from './read-body';
import { writeJson } from './write-response';

/** Answers `{ output }`; if the client disconnects, the search is aborted. */
export const answerSearch: Handler = async (exchange) => {
  const { response, services } = exchange;
  const { abort } = services.turns.open(response);
  const found = await useBody(exchange, (body) => services.bridge.search(body, abort));
  writeJson(response, found, { 'cache-control': 'no-store' });
};
