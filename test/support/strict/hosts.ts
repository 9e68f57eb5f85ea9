/** Defines how gateways and local servers behave. Facts: upstreams.md, sections 1.4, 2, 3, 4 and 5. */
import { OLLAMA, OPENROUTER, PLAIN, REASONING, STOPS, STRAY_THINK } from '../upstream/answer-styles';
import { ARK_BODY, OPENROUTER_BODY, SILICONFLOW_BODY, VLLM_BODY } from './bodies';
import { FAMILY_MODELS, MAKER_MESSAGES } from './families';
import { CORE, maker, OPEN, server, type ProviderBehavior } from './provider';
import { says, type StrictModel } from './rule';

const siliconflow = maker({
  name: 'siliconflow',
  fields: [...CORE, 'enable_thinking', 'thinking_budget'],
  // Which models accept the fields changes over time; the others reject them (cherry-studio#6642).
  models: FAMILY_MODELS.map((model) => ({ ...model, lacks: ['enable_thinking', 'thinking_budget'] })),
  says: { ...MAKER_MESSAGES, 'model-field': says('current model does not support parameter {param}', '20015') },
  // The code is inferred.
  otherwise: says('{text}', '20015'),
  errorBody: SILICONFLOW_BODY,
});

const ark = maker({
  name: 'ark',
  fields: [...CORE.filter((name) => name !== 'response_format'), 'thinking', 'reasoning_effort'],
  thinking: { types: ['enabled', 'disabled', 'auto'], alongside: [] },
  // Reported: `xhigh` is rejected. The text is inferred.
  efforts: ['minimal', 'low', 'medium', 'high'],
  models: FAMILY_MODELS,
  says: {
    ...MAKER_MESSAGES,
    'reasoning-effort': says('The parameter `reasoning_effort` specified in the request is not valid: {value}.'),
    'thinking-shape': says('The parameter `{param}` specified in the request is not valid: {value}.'),
  },
  errorBody: ARK_BODY,
});

/** Most of its underlying providers reject `developer` (table b, quirk 1). */
const openrouter = maker({
  name: 'openrouter',
  fields: [...OPEN, 'reasoning'],
  formats: ['text', 'json_object', 'json_schema'],
  assistantFields: ['reasoning_details'],
  functionFields: ['name', 'description', 'parameters', 'strict'],
  models: FAMILY_MODELS,
  says: MAKER_MESSAGES,
  errorBody: OPENROUTER_BODY,
  answers: () => OPENROUTER,
});

/** Qwen's templates accept one leading system message (section 2: hermes-studio#2688, EchoBird#117, vllm#57522). */
const QWEN: StrictModel = { names: /(^|\/)qwen3\.[568]/i, thinks: 'on', oneSystem: true };
const SERVED: readonly StrictModel[] = [QWEN, { names: /^/, thinks: 'on' }];
const TEMPLATE_MESSAGES = { 'system-position': says('System message must be at the beginning.') };

const vllm = server({
  name: 'vllm',
  fields: [...OPEN, 'chat_template_kwargs'],
  assistantFields: ['reasoning', 'reasoning_content'],
  models: SERVED,
  says: TEMPLATE_MESSAGES,
  errorBody: VLLM_BODY,
  answers: () => REASONING,
});

const sglang = server({
  name: 'sglang',
  fields: [...OPEN, 'chat_template_kwargs'],
  models: SERVED,
  says: TEMPLATE_MESSAGES,
  errorBody: VLLM_BODY,
  answers: () => STOPS,
});

/** The README of llama.cpp documents chat_template_kwargs. */
const llamaCpp = server({ name: 'llama-cpp', fields: [...OPEN, 'chat_template_kwargs'] });

const ollama = server({
  name: 'ollama',
  fields: [...OPEN, 'reasoning_effort'],
  assistantFields: ['reasoning'],
  // Source: openai/openai.go.
  efforts: ['none', 'low', 'medium', 'high', 'max'],
  says: {
    'reasoning-effort': says(
      'invalid reasoning value: \'{value}\' (must be "high", "medium", "low", "max", or "none")',
    ),
  },
  answers: () => OLLAMA,
});

/** The documentation has no field for reasoning. */
const lmStudio = server({ name: 'lm-studio', fields: OPEN });

/** An unknown host may serve any maker's models and relay the makers' rejections. */
const openaiCompatible = server({
  name: 'openai-compatible',
  fields: [...OPEN, 'reasoning_effort'],
  roles: ['system', 'user', 'assistant', 'tool'],
  models: [{ names: /minimax-/i, thinks: 'on', oneSystem: true }, QWEN, ...FAMILY_MODELS],
  says: { ...MAKER_MESSAGES, ...TEMPLATE_MESSAGES },
  answers: ({ model }) => (/minimax-/i.test(String(model)) ? STRAY_THINK : PLAIN),
});

/** Provider behaviors by name. */
export const HOSTS: Readonly<Record<string, ProviderBehavior>> = {
  siliconflow,
  ark,
  openrouter,
  vllm,
  sglang,
  'llama-cpp': llamaCpp,
  ollama,
  'lm-studio': lmStudio,
  'openai-compatible': openaiCompatible,
};
