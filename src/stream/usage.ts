/** Chat usage to Responses usage. All five numbers and both detail objects are always present (codex-protocol.md, rule 2). */
import type { ChatUsage } from '../wire/chat';
import type { ResponsesUsage } from '../wire/responses-output';

/** The total is the sum of its parts: Codex compares it with the context window, validators check it. */
export function toResponsesUsage(usage: ChatUsage): ResponsesUsage {
  return {
    input_tokens: usage.prompt,
    input_tokens_details: {
      cached_tokens: usage.cached,
      ...(usage.cacheWrite !== undefined && { cache_write_tokens: usage.cacheWrite }),
    },
    output_tokens: usage.completion,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.prompt + usage.completion,
  };
}
