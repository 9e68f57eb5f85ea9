/** The models that the matrix tests for each provider: its default model, and one per dialect. */
import { PROVIDERS, resolveModel } from '../../src/providers/catalog';
import type { Dialect } from '../../src/providers/dialect';
import type { Provider } from '../../src/providers/provider';
import { PLAIN, type AnswerStyle } from '../support/upstream/answer-styles';
import { findBehavior } from '../support/strict/providers';
import type { Behavior, StrictModel } from '../support/strict/rule';

/** A model of a provider, with the strict upstream's rules for them. */
export interface Target {
  readonly provider: Provider;
  readonly model: string;
  readonly behavior: Behavior;
  readonly strict: StrictModel;
  /** The form of its answers, if it differs from DashScope's. */
  readonly style: AnswerStyle;
}

/**
 * Providers without model rows serve any model, so one name per relevant family is tested. A new provider without
 * models is tested with `some-model` until it is added here.
 */
const UNLISTED_MODELS: Readonly<Record<string, readonly string[]>> = {
  siliconflow: ['Qwen/Qwen3.5-397B-A17B', 'zai-org/GLM-5', 'moonshotai/Kimi-K2.6', 'deepseek-ai/DeepSeek-V4-Pro'],
  ark: ['ep-20260101-abcde', 'glm-5', 'kimi-k2.6', 'deepseek-v4-pro'],
  openrouter: [
    'openai/gpt-oss-120b',
    'qwen/qwen3.7-plus',
    'z-ai/glm-5.3',
    'moonshotai/kimi-k3',
    'minimax/minimax-m3',
    'deepseek/deepseek-v4-pro',
    'xiaomi/mimo-v2.6-pro',
  ],
  vllm: ['openai/gpt-oss-120b', 'Qwen/Qwen3.5-397B-A17B', 'zai-org/GLM-5', 'moonshotai/Kimi-K2.6'],
  sglang: ['openai/gpt-oss-120b', 'Qwen/Qwen3.5-397B-A17B', 'deepseek-ai/DeepSeek-V4-Pro'],
  'llama-cpp': ['gpt-oss-20b', 'qwen3.5-9b'],
  ollama: ['gpt-oss:20b', 'qwen3.5:9b'],
  'lm-studio': ['openai/gpt-oss-20b', 'qwen/qwen3.5-9b'],
  'openai-compatible': [
    'scripted-model',
    'qwen3.7-plus',
    'glm-5.3',
    'kimi-k3',
    'kimi-k2.6',
    'MiniMax-M3',
    'deepseek-v4-pro',
    'mimo-v2.6-pro',
  ],
};

/** Every cell of the matrix, provider by provider. */
export const TARGETS: readonly Target[] = PROVIDERS.flatMap((provider) =>
  modelsOf(provider).map((model) => targetOf(provider, model)),
);

function modelsOf(provider: Provider): readonly string[] {
  const unlisted = UNLISTED_MODELS[provider.name] ?? (provider.models.length === 0 ? ['some-model'] : []);
  const seen = new Set<string>();
  const own = [...provider.models].sort(
    (a, b) => Number(b.id === provider.defaultModel) - Number(a.id === provider.defaultModel),
  );
  const distinct = own.filter(({ id }) => {
    const { maxTokens: _limit, ...dialect }: Dialect = resolveModel(provider, id, undefined).dialect;
    const key = JSON.stringify(dialect);
    return seen.has(key) ? false : seen.add(key);
  });
  return [...distinct.map(({ id }) => id), ...unlisted];
}

function targetOf(provider: Provider, model: string): Target {
  const behavior = findBehavior(provider.name);
  const strict = behavior.models.find(({ names }) => names.test(model));
  if (strict === undefined) throw new Error(`The strict upstream "${provider.name}" has no model "${model}"`);
  // The fields that change the form of answers are sent to providers that have them.
  const style = behavior.answers?.({ model, reasoning_split: true, tool_stream: true }) ?? PLAIN;
  return { provider, model, behavior, strict, style };
}
