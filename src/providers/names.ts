/** The names of the providers, apart from everything else about them: the options are read before any row is loaded. */

/** The rows' names in their order, each with the other names that AI_PROVIDER accepts. */
export const PROVIDER_NAMES: Readonly<Record<string, readonly string[]>> = {
  'aliyun-coding': ['aliyun', 'coding-plan'],
  'aliyun-token-plan': ['token-plan'],
  'aliyun-payg': ['dashscope', 'bailian', 'model-studio'],
  zai: ['z.ai', 'bigmodel', 'zhipu', 'glm'],
  moonshot: ['moonshotai', 'kimi'],
  'kimi-code': ['kimi-for-coding'],
  minimax: [],
  deepseek: [],
  mimo: ['xiaomi'],
  siliconflow: [],
  ark: ['volcengine'],
  openrouter: [],
  vllm: [],
  sglang: [],
  'llama-cpp': ['llama.cpp', 'llamacpp'],
  ollama: [],
  'lm-studio': ['lmstudio'],
  'openai-compatible': [],
};

/** @param name a name or one of its aliases, in upper or lower case */
export function findProviderName(name: string): string | undefined {
  const wanted = name.trim().toLowerCase();
  return Object.entries(PROVIDER_NAMES).find(([known, aliases]) => known === wanted || aliases.includes(wanted))?.[0];
}
