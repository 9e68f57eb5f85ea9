/** Sampling and limits: the fields both protocols share, within what the dialect takes. */
import { compact } from '../base/narrow';
import type { Dialect } from '../providers/dialect';
import type { ChatRequest } from '../wire/chat-request';
import type { ResponsesRequest } from '../wire/responses-request';

/** @returns only fields that are set and that the dialect takes; nothing else of the request ever goes upstream */
export function translateSettings(request: ResponsesRequest, dialect: Dialect): Partial<ChatRequest> {
  const { n, logit_bias, stop, seed, ...sampling } = request.sampling;
  return {
    ...(dialect.sampling && sampling),
    ...compact({ stop, seed, logit_bias: dialect.logitBias ? logit_bias : undefined }),
    ...(n !== undefined && asksForSeveral(request) && { n }),
    ...outputLimit(request.maxOutputTokens, dialect),
    ...logprobs(request),
    ...compact({
      prompt_cache_key: dialect.promptCacheKey ? request.promptCacheKey : undefined,
      user: dialect.user ? request.user : undefined,
      modalities: request.modalities,
      audio: request.audio,
    }),
  };
}

/** Whether several answers at once are asked for: they come whole, not as a stream, and so without thinking. */
export const asksForSeveral = (request: Pick<ResponsesRequest, 'sampling'>): boolean => (request.sampling.n ?? 1) > 1;

function outputLimit(asked: number | undefined, dialect: Dialect): Partial<ChatRequest> {
  const limit = asked ?? (dialect.alwaysMaxTokens ? dialect.maxTokens : undefined);
  return limit === undefined ? {} : { [dialect.maxTokensField]: Math.min(limit, dialect.maxTokens ?? limit) };
}

function logprobs(request: ResponsesRequest): Partial<ChatRequest> {
  const wanted = request.include.includes('message.output_text.logprobs');
  if (request.topLogprobs === undefined && !wanted) return {};
  return { logprobs: true, ...(request.topLogprobs && { top_logprobs: request.topLogprobs }) };
}
