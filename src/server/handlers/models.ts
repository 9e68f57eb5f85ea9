/** GET /models: the model list, in one body for Codex and for OpenAI clients. */
import type { Handler } from '../http-exchange';
import { writeJson } from '../write-json';

/** One body for every client; the entity tag changes with the catalog. */
export const answerModels: Handler = async ({ request, response, services: { bridge } }) => {
  const { body, etag } = await bridge.models(readVersion(request.url ?? ''));
  writeJson(response, body, { etag });
};

/** Codex asks for `/models?client_version=0.169.0` (codex-protocol.md, section 6). */
function readVersion(target: string): string | undefined {
  const query = target.slice(target.indexOf('?') + 1);
  return new URLSearchParams(query).get('client_version') ?? undefined;
}
