/** Ollama. Facts: upstreams.md, section 0, its page on OpenAI compatibility, and its source (openai/openai.go). */
import type { Provider } from '../provider';

/** Serves the pulled models. */
export const ollama: Provider = {
  name: 'ollama',
  title: 'Ollama',
  baseUrls: ['http://127.0.0.1:11434/v1', 'https://ollama.com/v1'],
  local: true,
  keyEnv: ['OLLAMA_API_KEY'],
  docs: 'https://docs.ollama.com/api/openai-compatibility',
  responses: {
    rejects: 'A namespace is joined to its tool name with a dot, and Codex does not recognize that name '
      + '(ollama#15921, #18284).',
    evidence: 'source',
  },
  remarks: [
    'The first address is the local server, which ignores keys; the second is its cloud.',
    'A prompt longer than the context length of the server is truncated silently: set `OLLAMA_CONTEXT_LENGTH`.',
  ],
  dialect: {
    // Source: versions without model-defined efforts answer `invalid reasoning value` to any other word.
    thinking: { kind: 'effort', levels: ['none', 'low', 'medium', 'high'] },
    // Source: the field it sends and reads.
    reasoningReplay: 'reasoning',
  },
  // Source: GET /api/ps reports the `context_length` of the models in memory.
  loadedPath: '/api/ps',
  models: [],
  // Documented: ollama.com/search?c=tools.
  toolModels: ['qwen3', 'gpt-oss', 'llama3.1'],
};
