/** Reads the answers of Chat Completions upstreams leniently. Shapes: upstreams.md, section 4. */
import {
  asArray, asNumber, asRecord, asString, asText, isRecord, type JsonObject, type JsonValue, type UnknownRecord,
} from '../base/json';
import type { ChatChunk, ChatDelta, ChatToolFragment, ChatUsage } from './chat';

/** Keys under which providers send reasoning. The first non-empty one is used, because some providers send it twice. */
export const REASONING_KEYS = ['reasoning_content', 'reasoning', 'thinking', 'thought', 'reasoning_text'] as const;

/**
 * Reads one stream chunk or one whole completion.
 * @returns the chunk; `error` is set if the value is an error object in any provider's shape, or no object
 */
export function readChatChunk(value: unknown): ChatChunk {
  if (!isRecord(value) || isErrorValue(value)) return { choices: [], usage: undefined, error: value };
  const choices = (asArray(value['choices']) ?? []).filter(isRecord);
  const usage = readChatUsage(value['usage']) ?? readChatUsage(choices[0]?.['usage']);
  return { choices: choices.map(readChoice), usage, error: undefined };
}

/**
 * Whether the value is `{error}` (OpenAI, OpenRouter), `{object:"error"}` (vLLM), `{type:"error"}` (MiniMax),
 * `{code,message}` (DashScope native), or has a `base_resp.status_code` (MiniMax).
 */
function isErrorValue(value: UnknownRecord): boolean {
  const error = value['error'];
  if (error !== undefined && error !== null && error !== '') return true;
  if (value['object'] === 'error' || value['type'] === 'error') return true;
  if (
    asArray(value['choices']) === undefined &&
    asString(value['message']) !== undefined &&
    value['code'] !== undefined
  )
    return true;
  const status = asNumber(asRecord(value['base_resp'])?.['status_code']);
  return status !== undefined && status !== 0;
}

function readChoice(choice: UnknownRecord): ChatDelta {
  const delta = asRecord(choice['delta']) ?? asRecord(choice['message']) ?? {};
  const details = nonEmpty(asArray(delta['reasoning_details']));
  return {
    index: asNumber(choice['index']),
    text: readText(delta['content']) ?? asText(choice['text']),
    reasoning: readReasoning(delta) ?? readText(details),
    reasoningDetails: details,
    refusal: asText(delta['refusal']),
    toolCalls: readToolCalls(delta),
    logprobs: nonEmpty(asArray(asRecord(choice['logprobs'])?.['content'])) as readonly JsonValue[] | undefined,
    finishReason: asText(choice['finish_reason']),
  };
}

const nonEmpty = <T,>(list: readonly T[] | undefined): readonly T[] | undefined =>
  list && list.length > 0 ? list : undefined;

/** Reads a string, or a list of text parts. */
function readText(content: unknown): string | undefined {
  if (typeof content === 'string') return content === '' ? undefined : content;
  let text = '';
  for (const part of asArray(content) ?? []) text += asText(asRecord(part)?.['text']) ?? '';
  return text === '' ? undefined : text;
}

function readReasoning(delta: UnknownRecord): string | undefined {
  for (const key of REASONING_KEYS) {
    const text = asText(delta[key]);
    if (text !== undefined) return text;
  }
  return undefined;
}

function readToolCalls(delta: UnknownRecord): readonly ChatToolFragment[] | undefined {
  const list = asArray(delta['tool_calls']);
  if (list) return nonEmpty(list.filter(isRecord).map(readFragment));
  const legacy = asRecord(delta['function_call']);
  return legacy && [readFragment({ index: 0, function: legacy })];
}

function readFragment(call: UnknownRecord): ChatToolFragment {
  const target = asRecord(call['function']);
  const given = target?.['arguments'];
  return {
    index: asNumber(call['index']),
    id: asText(call['id']),
    name: asText(target?.['name']),
    // JSON text; Ollama and some proxies send the object itself.
    arguments: isRecord(given) ? JSON.stringify(given) : asText(given),
    signature: readSignature(call, target),
  };
}

/** Fields in which providers sign a call, in the call itself or in its function (upstreams.md, section 3). */
const SIGNATURE_KEYS = ['extra_content', 'provider_specific_fields', 'thought_signature', 'signature'];

function readSignature(call: UnknownRecord, target: UnknownRecord | undefined): JsonObject | undefined {
  const own = pickSigned(call);
  const inner = target && pickSigned(target);
  return own || inner ? { ...own, ...(inner && { function: inner }) } : undefined;
}

function pickSigned(record: UnknownRecord): JsonObject | undefined {
  let signed: Record<string, JsonValue> | undefined;
  for (const key of SIGNATURE_KEYS) {
    const value = record[key];
    if (value !== undefined && value !== null && value !== '') (signed ??= {})[key] = value as JsonValue;
  }
  return signed;
}

/**
 * Normalizes usage. Cached tokens: `prompt_tokens_details.cached_tokens` (OpenAI, DashScope, GLM),
 * `prompt_cache_hit_tokens` (DeepSeek), top-level `cached_tokens` (Kimi).
 * @returns undefined if the value contains no token counts
 */
export function readChatUsage(value: unknown): ChatUsage | undefined {
  const usage = asRecord(value);
  if (!usage) return undefined;
  const prompt = toCount(usage['prompt_tokens'] ?? usage['input_tokens']);
  const completion = toCount(usage['completion_tokens'] ?? usage['output_tokens']);
  if (prompt === undefined && completion === undefined) return undefined;
  const promptDetails = asRecord(usage['prompt_tokens_details']) ?? asRecord(usage['input_tokens_details']) ?? {};
  const completionDetails =
    asRecord(usage['completion_tokens_details']) ?? asRecord(usage['output_tokens_details']) ?? {};
  const cached =
    toCount(promptDetails['cached_tokens'] ?? usage['prompt_cache_hit_tokens'] ?? usage['cached_tokens']) ?? 0;
  const cacheWrite = toCount(promptDetails['cache_write_tokens'] ?? promptDetails['cache_creation_input_tokens']);
  const reasoning = toCount(completionDetails['reasoning_tokens']) ?? 0;
  return {
    prompt: prompt ?? 0,
    completion: completion ?? 0,
    total: toCount(usage['total_tokens']) ?? (prompt ?? 0) + (completion ?? 0),
    cached: Math.min(cached, prompt ?? 0),
    cacheWrite,
    reasoning: Math.min(reasoning, completion ?? 0),
  };
}

function toCount(value: unknown): number | undefined {
  const number = asNumber(value);
  return number === undefined ? undefined : Math.max(0, Math.trunc(number));
}
