/** Any other host with Chat Completions: the neutral dialect, without model rows. */
import type { Provider } from '../provider';

/** Uses the default dialect. */
export const openaiCompatible: Provider = {
  name: 'openai-compatible',
  title: 'Any OpenAI-compatible server',
  baseUrls: [],
  keyEnv: [],
  docs: 'https://platform.openai.com/docs/api-reference/chat',
  // Local servers offer it in addition to Chat Completions: vLLM, SGLang, llama.cpp, Ollama, LM Studio
  // (upstreams.md, section 0, fact 9).
  responses: { evidence: 'source' },
  dialect: {},
  models: [],
};
