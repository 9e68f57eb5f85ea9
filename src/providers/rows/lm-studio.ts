/** LM Studio. Facts: upstreams.md, section 0, and its page on chat completions. */
import type { Provider } from '../provider';

/** Serves the downloaded models. */
export const lmStudio: Provider = {
  name: 'lm-studio',
  aliases: ['lmstudio'],
  title: 'LM Studio',
  baseUrls: ['http://127.0.0.1:1234/v1'],
  local: true,
  slashedIds: true,
  keyEnv: ['LMSTUDIO_API_KEY'],
  docs: 'https://lmstudio.ai/docs/developer/openai-compat/chat-completions',
  responses: {
    rejects: 'Namespaces are rejected (lmstudio-bug-tracker#1810).',
    evidence: 'source',
  },
  // Documented: chat completions have no field for reasoning.
  dialect: { thinking: { kind: 'none' } },
  // Documented: REST API v0. `loaded_context_length` is reported (zed-industries/zed#33938).
  loadedPath: '/api/v0/models',
  models: [],
};
