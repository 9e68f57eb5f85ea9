/** GET /models: the model list, in one body for Codex and for OpenAI clients. */
import type { Handler } from '../exchange';
import { writeJson } from '../write-json';

/** One body for every client; the entity tag changes with the catalogue. */
export const answerModels: Handler = ({ response, services: { bridge } }) => {
  const { body, etag } = bridge.models();
  writeJson(response, body, { etag });
};
