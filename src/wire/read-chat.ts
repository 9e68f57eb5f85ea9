/** Lenient reading of what Chat Completions upstreams emit. Shapes: upstreams.md, section 4. */
import { isRecord, type JsonValue, type UnknownRecord } from '../base/json';
import { asArray, asNumber, asRecord, asString, asText } from '../base/narrow';
import type { ChatChunk, ChatDelta, ChatToolFragment, ChatUsage } from './chat-response';

/** Keys under which providers send reasoning; the first non-empty one counts, because some send it twice. */
const REASONING_KEYS = ['reasoning_content', 'reasoning', 'thinking', 'thought', 'reasoning_text'] as const;

/**
 * Reads one stream chunk or one whole completion.
 * @returns the chunk; `error` is set when the value is an error object in any provider's shape.
 */
export function readChatChunk(value: unknown): ChatChunk {
  if (!isRecord(value)) return { choices: [], error: value };
  if (isErrorValue(value)) return { choices: [], error: value };
  const choices = (asArray(value['choices']) ?? []).filter(isRecord);
  const usage = readChatUsage(value['usage']) ?? readChatUsage(choices[0]?.['usage']);
  const id = asText(value['id']);
  return {
    ...(id !== undefined && { id }),
    choices: choices.map(readChoice),
    ...(usage !== undefined && { usage }),
  };
}

/**
 * `{error}` (OpenAI, OpenRouter), `{object:"error"}` (vLLM), `{type:"error"}` (MiniMax), `{code,message}` (DashScope
 * native), `base_resp.status_code` (MiniMax).
 */
function isErrorValue(value: UnknownRecord): boolean {
  const error = value['error'];
  if (error !== undefined && error !== null && error !== '') return true;
  if (value['object'] === 'error' || value['type'] === 'error') return true;
  if (asArray(value['choices']) === undefined && asString(value['message']) !== undefined && value['code'] !== undefined) return true;
  const status = asNumber(asRecord(value['base_resp'])?.['status_code']);
  return status !== undefined && status !== 0;
}

function readChoice(choice: UnknownRecord): ChatDelta {
  const delta = asRecord(choice['delta']) ?? asRecord(choice['message']) ?? {};
  const text = readText(delta['content']) ?? asText(choice['text']);
  const details = asArray(delta['reasoning_details']);
  const reasoning = readReasoning(delta) ?? readDetailsText(details);
  const refusal = asText(delta['refusal']);
  const toolCalls = readToolCalls(delta);
  const logprobs = asArray(asRecord(choice['logprobs'])?.['content']);
  const finishReason = asText(choice['finish_reason']);
  return {
    ...(text !== undefined && { text }),
    ...(reasoning !== undefined && { reasoning }),
    ...(details !== undefined && details.length > 0 && { reasoningDetails: details }),
    ...(refusal !== undefined && { refusal }),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(logprobs !== undefined && logprobs.length > 0 && { logprobs: logprobs as readonly JsonValue[] }),
    ...(finishReason !== undefined && { finishReason }),
  };
}

/** A string, or a list of text parts. */
function readText(content: unknown): string | undefined {
  if (typeof content === 'string') return content === '' ? undefined : content;
  return joinTexts(asArray(content));
}

function readReasoning(delta: UnknownRecord): string | undefined {
  for (const key of REASONING_KEYS) {
    const text = asText(delta[key]);
    if (text !== undefined) return text;
  }
  return undefined;
}

function readDetailsText(details: readonly unknown[] | undefined): string | undefined {
  return joinTexts(details);
}

function joinTexts(parts: readonly unknown[] | undefined): string | undefined {
  let text = '';
  for (const part of parts ?? []) text += asText(asRecord(part)?.['text']) ?? '';
  return text === '' ? undefined : text;
}

function readToolCalls(delta: UnknownRecord): readonly ChatToolFragment[] {
  const legacy = asRecord(delta['function_call']);
  const list = asArray(delta['tool_calls']) ?? (legacy ? [{ index: 0, function: legacy }] : []);
  return list.filter(isRecord).map(readFragment);
}

function readFragment(call: UnknownRecord): ChatToolFragment {
  const target = asRecord(call['function']) ?? {};
  const index = asNumber(call['index']);
  const id = asText(call['id']);
  const name = asText(target['name']);
  const argumentText = readArguments(target['arguments']);
  return {
    ...(index !== undefined && { index }),
    ...(id !== undefined && { id }),
    ...(name !== undefined && { name }),
    ...(argumentText !== undefined && { arguments: argumentText }),
  };
}

/** Arguments are JSON text; Ollama and some proxies send the object itself. */
function readArguments(value: unknown): string | undefined {
  if (isRecord(value)) return JSON.stringify(value);
  return asText(value);
}

/**
 * Normalises usage. Cached tokens: `prompt_tokens_details.cached_tokens` (OpenAI, DashScope, GLM),
 * `prompt_cache_hit_tokens` (DeepSeek), top-level `cached_tokens` (Kimi).
 * @returns undefined when the value carries no token counts.
 */
export function readChatUsage(value: unknown): ChatUsage | undefined {
  const usage = asRecord(value);
  if (!usage) return undefined;
  const prompt = count(usage['prompt_tokens'] ?? usage['input_tokens']);
  const completion = count(usage['completion_tokens'] ?? usage['output_tokens']);
  if (prompt === undefined && completion === undefined) return undefined;
  const promptDetails = asRecord(usage['prompt_tokens_details']) ?? asRecord(usage['input_tokens_details']) ?? {};
  const completionDetails = asRecord(usage['completion_tokens_details']) ?? asRecord(usage['output_tokens_details']) ?? {};
  const cached = count(promptDetails['cached_tokens'] ?? usage['prompt_cache_hit_tokens'] ?? usage['cached_tokens']) ?? 0;
  const cacheWrite = count(promptDetails['cache_write_tokens'] ?? promptDetails['cache_creation_input_tokens']);
  const reasoning = count(completionDetails['reasoning_tokens']) ?? 0;
  return {
    prompt: prompt ?? 0,
    completion: completion ?? 0,
    total: count(usage['total_tokens']) ?? (prompt ?? 0) + (completion ?? 0),
    cached: Math.min(cached, prompt ?? 0),
    ...(cacheWrite !== undefined && { cacheWrite }),
    reasoning: Math.min(reasoning, completion ?? 0),
  };
}

function count(value: unknown): number | undefined {
  const number = asNumber(value);
  return number === undefined ? undefined : Math.max(0, Math.trunc(number));
}
