/** The model lists of real servers, in their formats (abridged from documentation and source code). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDiscoveredModels, readLoadedWindows } from '../../src/providers/discovered-models';

test('OpenAI’s plain list has only ids', () => {
  const list = { object: 'list', data: [{ id: 'm', object: 'model', created: 1, owned_by: 'acme' }] };
  assert.deepEqual(readDiscoveredModels(list), [{ id: 'm' }]);
});

test('OpenRouter: windows, output limits, modalities; models without tools or text are dropped', () => {
  const entry = (id: string, more: object = {}) => ({
    id, name: `Name of ${id}`, context_length: 262_144,
    architecture: { input_modalities: ['text', 'image'], output_modalities: ['text'] },
    top_provider: { context_length: 131_072, max_completion_tokens: 32_768 },
    supported_parameters: ['tools', 'max_tokens'],
    ...more,
  });
  const data = [
    entry('a/sees'),
    entry('a/blind', {
      architecture: { input_modalities: ['text'], output_modalities: ['text'] },
      top_provider: { context_length: null, max_completion_tokens: null },
    }),
    entry('a/painter', { architecture: { input_modalities: ['text'], output_modalities: ['image'] } }),
    entry('a/talker', { supported_parameters: ['max_tokens'] }),
  ];
  assert.deepEqual(readDiscoveredModels({ data }), [
    { id: 'a/sees', name: 'Name of a/sees', contextWindow: 131_072, maxOutput: 32_768, input: ['text', 'image'] },
    { id: 'a/blind', name: 'Name of a/blind', contextWindow: 262_144, input: ['text'] },
  ]);
});

test('vLLM and SGLang, Moonshot, Groq, Mistral, llama.cpp: windows, output limits, modalities', () => {
  const data = [
    { id: 'served', object: 'model', root: '/models/served', max_model_len: 32_768 },
    { id: 'k', context_length: 262_144, supports_image_in: true, supports_reasoning: true },
    { id: 'g', context_window: 131_072, max_completion_tokens: 65_536, active: true },
    { id: 'l', max_context_length: 32_000, capabilities: { vision: false, completion_chat: true } },
    { id: 'c', meta: { n_vocab: 32_000, n_ctx_train: 131_072 } },
    { id: 'slot', meta: { n_ctx: 4_096, n_ctx_train: 131_072 } },
    { id: 'loaded', loaded_context_length: 8_192, max_context_length: 131_072 },
  ];
  assert.deepEqual(readDiscoveredModels({ data }), [
    { id: 'served', contextWindow: 32_768 },
    { id: 'k', contextWindow: 262_144, input: ['text', 'image'] },
    { id: 'g', contextWindow: 131_072, maxOutput: 65_536 },
    { id: 'l', contextWindow: 32_000, input: ['text'] },
    { id: 'c' },
    { id: 'slot', contextWindow: 4_096 },
    { id: 'loaded', contextWindow: 8_192 },
  ]);
});

test('a bare list, and one under `models`', () => {
  assert.deepEqual(readDiscoveredModels([{ id: 'm', display_name: 'M' }]), [{ id: 'm', name: 'M' }]);
  assert.deepEqual(readDiscoveredModels({ models: [{ id: 'm' }] }), [{ id: 'm' }]);
});

test('invalid entries are skipped, and invalid fields count as absent', () => {
  const data = [
    null,
    'm',
    { id: '' },
    { name: 'nameless' },
    { id: 'm', context_length: '4096', max_model_len: -1, max_output_tokens: 0.5, name: '' },
  ];
  assert.deepEqual(readDiscoveredModels({ data }), [{ id: 'm' }]);
});

test('models that cannot chat are recognized by their ids', () => {
  const others = [
    'text-embedding-v4',
    'bge-m3',
    'BAAI/bge-large-zh',
    'qwen3-rerank',
    'gte-reranker-v2',
    'whisper-1',
    'cosyvoice-tts',
    'paraformer-asr',
    'wan2.5-t2v',
    'qwen-image-plus',
    'FLUX.1-flux',
    'omni-moderation-latest',
    'nomic-embed-text:latest',
    'llama-guard-4',
  ];
  const chat = [
    'qwen3-vl-plus',
    'kimi-k2.5',
    'imagine-7b',
    'guardian',
    'wander-1',
    'glm-5',
    'deepseek-v4-pro',
    'attsmodel',
  ];
  const found = readDiscoveredModels({ data: [...others, ...chat].map((id) => ({ id })) });
  assert.deepEqual(found?.map(({ id }) => id), chat);
});

test('an answer that is not a list has no models', () => {
  for (const answer of [undefined, null, 'models', 7, {}, { data: 'm' }, { error: { message: 'no' } }]) {
    assert.equal(readDiscoveredModels(answer), undefined);
  }
});

test('the context windows of loaded models: LM Studio and Ollama', () => {
  const lmStudio = {
    data: [
      { id: 'Loaded', state: 'loaded', loaded_context_length: 4_096, max_context_length: 131_072 },
      { id: 'idle', state: 'not-loaded', max_context_length: 32_768 },
    ],
  };
  assert.deepEqual([...readLoadedWindows(lmStudio)], [['loaded', 4_096]]);
  const ollama = { models: [{ name: 'qwen3:8b', model: 'qwen3:8b', context_length: 16_384 }, { model: 'x' }, null] };
  assert.deepEqual([...readLoadedWindows(ollama)], [['qwen3:8b', 16_384]]);
  for (const nonsense of [undefined, null, 'x', [], { data: 'x' }]) assert.equal(readLoadedWindows(nonsense).size, 0);
});

test("other fields of Codex's own catalog, including those new in 0.171, are ignored", () => {
  const more = {
    web_search_provider: 'x', supports_reasoning_effort_updates: true, supports_experimental_context: true,
    auto_review_model_override: null, multi_agent_tools_in_code_mode: 'v2', content_filter_guidance: {},
    persistent_instructions: ['Be brief.'],
  };
  const entry = { id: 'm', slug: 'm', display_name: 'M', context_window: 4_096, ...more };
  assert.deepEqual(readDiscoveredModels({ models: [entry] }), [{ id: 'm', name: 'M', contextWindow: 4_096 }]);
});
