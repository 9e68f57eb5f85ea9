/** SGLang. Facts: upstreams.md, sections 2 and 4. */
import type { Provider } from '../provider';

/** Serves the model it was started with. */
export const sglang: Provider = {
  name: 'sglang',
  title: 'SGLang',
  baseUrls: ['http://127.0.0.1:30000/v1'],
  local: true,
  slashedIds: true,
  keyEnv: [],
  docs: 'https://docs.sglang.io/docs/advanced_features/separate_reasoning',
  responses: {
    rejects: 'Custom tools are dropped, and agent messages are rejected (sglang#35216).',
    evidence: 'source',
  },
  remarks: ['Start it with the `--tool-call-parser` and `--reasoning-parser` of the model.'],
  dialect: {
    // Documented: Qwen3 reads `enable_thinking` in chat_template_kwargs.
    thinking: { kind: 'chat_template' },
    reasoningReplay: 'reasoning_content',
  },
  models: [],
};
