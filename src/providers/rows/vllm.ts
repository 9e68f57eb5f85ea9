/** vLLM. Facts: upstreams.md, sections 2 and 3. */
import type { Provider } from '../provider';

/** Serves the model it was started with. */
export const vllm: Provider = {
  name: 'vllm',
  title: 'vLLM',
  baseUrls: ['http://127.0.0.1:8000/v1'],
  local: true,
  slashedIds: true,
  keyEnv: [],
  docs: 'https://docs.vllm.ai/en/latest/features/reasoning_outputs/',
  responses: {
    rejects: 'gpt-oss does not work with namespaces (vllm#49581).',
    evidence: 'source',
  },
  remarks: [
    'Start it with `--enable-auto-tool-choice` and the `--tool-call-parser` and `--reasoning-parser` of the model.',
  ],
  dialect: {
    // Source: pi-ai; documented: `enable_thinking` in chat_template_kwargs switches Qwen3's thinking off.
    thinking: { kind: 'chat_template' },
    // Documented: the field that used to be called reasoning_content.
    reasoningReplay: 'reasoning',
  },
  models: [],
};
