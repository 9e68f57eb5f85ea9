/** Builds answers and errors as the providers of public reports sent them. */
import type { Loose } from '../bridge/test-bridge';
import type { ReportedAnswer } from './report';

const HEAD = { id: 'chatcmpl-p', object: 'chat.completion.chunk', created: 1_790_000_000, model: 'm' };

/** A chunk with one choice. */
export const chunk = (delta: object, finish: string | null = null): object =>
  ({ ...HEAD, choices: [{ index: 0, delta, finish_reason: finish }] });

/** The first chunk of an answer. */
export const FIRST = chunk({ role: 'assistant', content: '' });
/** The last chunk of an answer. */
export const USAGE: object =
  { ...HEAD, choices: [], usage: { prompt_tokens: 50, completion_tokens: 5, total_tokens: 55 } };

/** A complete stream of these deltas, with finish reason and usage. */
export const streamed = (deltas: readonly object[], finish = 'stop'): ReportedAnswer =>
  ({ events: [FIRST, ...deltas.map((delta) => chunk(delta)), chunk({}, finish), USAGE] });

/** An answer of text. */
export const say = (text = 'fine'): ReportedAnswer => streamed([{ content: text }]);

/** A fragment of a call in a delta; JSON drops undefined fields. */
export const fragment = (index: number, id?: string, name?: string, args?: string): object => ({
  index, id, type: id === undefined ? undefined : 'function', function: { name, arguments: args },
});

/** A delta with fragments of calls. */
export const calls = (...fragments: readonly object[]): object => ({ tool_calls: fragments });

/** An answer with one call. */
export const calling = (name: string, args: string | object, id = 'call_a1'): ReportedAnswer => streamed([
  calls(fragment(0, id, name, '')),
  calls(fragment(0, undefined, undefined, typeof args === 'string' ? args : JSON.stringify(args))),
], 'tool_calls');

/** An error in OpenAI's shape. */
export const refused = (message: string, more: object = {}, status = 400): ReportedAnswer =>
  ({ status, body: { error: { message, type: 'invalid_request_error', param: null, code: null, ...more } } });

/** An error body of any other shape. */
export const answered = (status: number, body: unknown): ReportedAnswer => ({ status, body });

/** `rejection` if the request is bad, otherwise an answer of text. */
export const unless = (isBad: unknown, rejection: ReportedAnswer): ReportedAnswer => (isBad ? rejection : say());

/** The events of a Responses endpoint that answers with text. */
export function sayNatively(text = 'fine'): ReportedAnswer {
  const item = (status: string, content: readonly object[]) =>
    ({ type: 'message', id: 'm1', role: 'assistant', status, content });
  const done = item('completed', [{ type: 'output_text', text, annotations: [] }]);
  const response = (status: string, more: Loose): object => ({ id: 'r1', object: 'response', status, ...more });
  return {
    done: false,
    events: [
      { type: 'response.created', response: response('in_progress', { output: [] }) },
      { type: 'response.output_item.added', output_index: 0, item: item('in_progress', []) },
      { type: 'response.output_text.delta', item_id: 'm1', output_index: 0, content_index: 0, delta: text },
      { type: 'response.output_item.done', output_index: 0, item: done },
      {
        type: 'response.completed',
        response: response('completed', {
          output: [done], usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
        }),
      },
    ],
  };
}
