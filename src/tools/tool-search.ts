/** Client-run tool search: a function to the model, a `tool_search_call` to Codex, whose answer brings more tools. */
import { parseJsonObject, type JsonObject } from '../base/json';
import type { OutputStatus, OutputToolSearchCall } from '../wire/responses-output';
import type { CallPlace, CallTarget, CallWriter, ToolCodec } from './kind';
import { toObjectSchema } from './schema';

/** The name under which the search is offered; the wire has none for it. */
export const TOOL_SEARCH_NAME = 'tool_search';

/** Offered under a fixed name. */
export const toolSearchCodec: ToolCodec<'tool_search'> = {
  declare(tool, context) {
    if (tool.execution === 'server') {
      context.note('dropped tool_search: only the client-run form can be bridged');
      return;
    }
    context.offer({
      target: { kind: 'tool_search', name: TOOL_SEARCH_NAME },
      ...(tool.description !== undefined && { description: tool.description }),
      parameters: toObjectSchema(tool.parameters, context.schema),
    });
  },
};

/** Codex wants object arguments and `execution: "client"`; a string finds nothing (codex-protocol.md, section 2). */
export function createToolSearchWriter(_target: CallTarget, place: CallPlace): CallWriter {
  let text = '';
  const item = (status: OutputStatus, query: JsonObject): OutputToolSearchCall => ({
    type: 'tool_search_call',
    id: place.itemId,
    call_id: place.callId,
    execution: 'client',
    arguments: query,
    status,
  });
  return {
    begin: () => item('in_progress', {}),
    push(delta) {
      text += delta;
      return [];
    },
    end: () => ({ events: [], item: item('completed', parseJsonObject(text) ?? { query: text }) }),
  };
}
