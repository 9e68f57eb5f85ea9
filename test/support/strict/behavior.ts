/** Defines the behavior that all providers of a dialect share; the provider rows extend it. */
import { DASHSCOPE_BODY, OPENAI_BODY } from './bodies';
import { fieldsOf } from './fields';
import type { Behavior, StrictModel, UpstreamDialect } from './rule';

/**
 * DashScope thinks on request and then rejects a forced tool choice; its templates accept one system message, at the
 * beginning.
 */
export const DASHSCOPE_MODEL: StrictModel = {
  names: /^/,
  thinks: 'off',
  // Reported for Qwen templates on vLLM and SGLang, not for DashScope itself: the strictest one applies.
  oneSystem: true,
  forced: 'The tool_choice parameter does not support being set to required or object in thinking mode',
};

const OPENAI: Behavior = {
  name: 'openai',
  column: 'openai',
  roles: ['system', 'assistant', 'user', 'function', 'tool', 'developer'],
  // Only OpenAI has `refusal` and `file`.
  partTypes: ['text', 'image_url', 'input_audio', 'refusal', 'file'],
  fields: fieldsOf('openai'),
  assistantFields: ['reasoning_content'],
  functionFields: ['name', 'description', 'parameters', 'strict'],
  choices: ['none', 'auto', 'required', 'named'],
  formats: ['text', 'json_object', 'json_schema'],
  efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'],
  limit: 'max_tokens',
  thinking: { types: [], alongside: [] },
  toolName: /^/,
  hasModelList: true,
  models: [{ names: /^/, thinks: 'never' }],
  says: {},
  errorBody: OPENAI_BODY,
};

const DASHSCOPE: Behavior = {
  ...OPENAI,
  name: 'dashscope',
  column: 'dashscope',
  roles: ['system', 'assistant', 'user', 'tool', 'function'],
  partTypes: ['text', 'image_url', 'input_audio', 'video_url'],
  fields: fieldsOf('dashscope'),
  // It is not known whether the Coding Plan accepts `strict` (upstreams.md, section 2).
  functionFields: ['name', 'description', 'parameters'],
  // The union over the models that know the field (upstreams.md, section 2).
  efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
  // The Coding Plan has no model list: "模型列表不支持通过接口查询", GET models is a 404 (upstreams.md, fact 4).
  hasModelList: false,
  models: [DASHSCOPE_MODEL],
  errorBody: DASHSCOPE_BODY,
};

/** The shared behavior by dialect. */
export const BASE_BEHAVIOR: Readonly<Record<UpstreamDialect, Behavior>> = { openai: OPENAI, dashscope: DASHSCOPE };
