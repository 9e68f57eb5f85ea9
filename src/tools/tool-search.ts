/** Translates the tool search that the client runs: a function for the model, a `tool_search_call` for the client. */
import { asText, type JsonObject, parseJsonObject } from '../base/json';
import { readJsonObject } from '../wire/read-fields';
import type { OutputStatus, OutputToolSearchCall } from '../wire/responses-output';
import type { CallPosition, CallTarget, CallWriter, ToolKind } from './kind';
import { toObjectSchema } from './schema';

/** The name for the model; the client's declaration has none. */
const TARGET: CallTarget = { kind: 'tool_search', name: 'tool_search' };

/** Only `execution: "client"` is supported: the client searches its own deferred tools. */
export const toolSearchKind: ToolKind<'tool_search'> = {
  itemType: 'tool_search_call',
  idPrefix: 'tsc',
  declare(tool, context) {
    if (tool['execution'] === 'server') {
      context.note('dropped tool_search: only execution "client" is supported');
      return;
    }
    const description = asText(tool['description']);
    context.offer({
      target: TARGET,
      ...(description !== undefined && { description }),
      parameters: toObjectSchema(readJsonObject(tool['parameters']), context.schema),
    });
  },
  read: (item) => ({ ...TARGET, arguments: JSON.stringify(readJsonObject(item['arguments']) ?? {}) }),
  write: createToolSearchWriter,
};

/**
 * Codex requires object arguments and `execution: "client"`; given a string, it finds nothing (codex-protocol.md,
 * section 2).
 */
function createToolSearchWriter(_target: CallTarget, position: CallPosition): CallWriter<OutputToolSearchCall> {
  let text = '';
  const createItem = (status: OutputStatus, query: JsonObject): OutputToolSearchCall => ({
    type: 'tool_search_call',
    id: position.itemId,
    call_id: position.callId,
    execution: 'client',
    arguments: query,
    status,
  });
  return {
    begin: () => createItem('in_progress', {}),
    push(delta) {
      text += delta;
      return [];
    },
    end: () => ({ events: [], item: createItem('completed', parseJsonObject(text) ?? { query: text }) }),
  };
}
