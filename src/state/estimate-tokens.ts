/** Estimates the input tokens of a request, because most providers offer no way to count them. */
import { isRecord } from '../base/json';
import type { ResponsesRequest } from '../wire/responses-request';

/** Rough averages of current tokenizers: four Latin characters per token, one character per token in other scripts. */
const LATIN_CHARACTERS_PER_TOKEN = 4;
/** An image of typical size; providers count pixels and charge from 85 to a few thousand tokens. */
const TOKENS_PER_IMAGE = 1_000;
/** Overhead of the chat template per item. */
const TOKENS_PER_ITEM = 4;

/**
 * @param request the request with its history
 * @param body the same request as received; its tools are counted in their original form
 */
export function estimateTokens(request: ResponsesRequest, body: unknown): number {
  const tools = isRecord(body) ? body['tools'] : undefined;
  const fixed = countText(request.instructions ?? '') + countValue(tools ?? '');
  return request.input.reduce((sum, item) => sum + TOKENS_PER_ITEM + countValue(item), fixed);
}

/** Counts strings and scalars. Field names count only in arguments, which arrive as text. */
function countValue(value: unknown): number {
  if (typeof value === 'string') return countText(value);
  if (Array.isArray(value)) return value.reduce<number>((sum, part) => sum + countValue(part), 0);
  if (!isRecord(value)) return 1;
  if (value['type'] === 'image') return TOKENS_PER_IMAGE;
  return Object.entries(value).reduce((sum, [name, inner]) => sum + (name === 'type' ? 0 : countValue(inner)), 0);
}

function countText(text: string): number {
  let wide = 0;
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x24f) wide += 1;
  return Math.ceil((text.length - wide) / LATIN_CHARACTERS_PER_TOKEN) + wide;
}
