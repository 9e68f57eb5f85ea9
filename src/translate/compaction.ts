/** A compaction request as an ordinary one: the whole history, and a last word that asks for a summary of it. */
import type { InputItem } from '../wire/responses-items';
import type { ResponsesRequest } from '../wire/responses-request';

const PROMPT = `Your context is full. Write a handoff summary of this conversation for the model that continues it:
- what the user wants, with every constraint and preference that was stated,
- what was done and decided, with the exact names of files, commands, identifiers and values that matter,
- what is still open, and the next concrete steps.
Be complete and brief. Write only the summary; do not call tools.`;

/** Remote compaction: the last input item is `compaction_trigger` (fixture 25). */
export function asksForCompaction(request: ResponsesRequest): boolean {
  return request.input.at(-1)?.type === 'compaction_trigger';
}

/** Tools stay declared, so that the prompt's prefix stays the one the provider has cached; none may be called. */
export function toSummaryRequest(request: ResponsesRequest): ResponsesRequest {
  const { format: _format, ...rest } = request;
  const history = request.input.filter((item) => item.type !== 'compaction_trigger');
  const ask: InputItem = { type: 'message', role: 'user', content: [{ type: 'text', text: PROMPT }] };
  return { ...rest, input: [...history, ask], toolChoice: { mode: 'none' } };
}
