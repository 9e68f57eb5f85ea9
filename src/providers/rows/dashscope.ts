/** Defines the common dialect of Alibaba Cloud's endpoints, for every plan. Facts: upstreams.md, sections 1-3. */
import type { Dialect } from '../dialect';
import { CORE_FIELDS_ONLY } from '../provider';

/** Hybrid thinking models of DashScope. */
export const DASHSCOPE: Partial<Dialect> = {
  ...CORE_FIELDS_ONLY,
  // Documented: error-code page.
  forbiddenToolNames: ['search'],
  // Reported: "does not support being set to required or object in thinking mode" (eino#994, agentscope#1608).
  toolChoice: 'auto-only',
  // Documented; always sent, because the default differs by model.
  thinking: { kind: 'enable_thinking' },
  // Source: qwen-code sends it on every request, whatever the model.
  preserveThinking: true,
  // DashScope streams and reads `reasoning_content` for every family it hosts, MiniMax included.
  reasoningReplay: 'reasoning_content',
  // Source: qwen-code always sends it, because some endpoints default to a tiny limit.
  alwaysMaxTokens: true,
  // Documented: "Json mode response is not supported when enable_thinking is true".
  responseFormat: 'prompt',
  webSearch: 'enable_search',
};

/** Models without a thinking mode: no thinking fields, and none of the restrictions of thinking. */
export const WITHOUT_THINKING: Partial<Dialect> = {
  thinking: { kind: 'none' },
  preserveThinking: false,
  reasoningReplay: 'none',
  toolChoice: 'any',
  responseFormat: 'json_object',
};

/** Models that always think and have no field to control it. */
export const ALWAYS_THINKING: Partial<Dialect> = { thinking: { kind: 'none' } };

/**
 * GLM streams call arguments only on request. Source for the Token Plan (openclaw-qwen); inferred for the
 * others.
 */
export const GLM: Partial<Dialect> = { toolStream: true };

/**
 * The input limit of the 1M models, from an error text and from Alibaba's own Codex catalog: 1,000,000 is input plus
 * output.
 */
export const INPUT_OF_1M = 983_616;
