/** Function tools, the one kind that both protocols share. */
import { asBoolean, asRecord, asString, asText } from '../base/json';
import { readSchema } from '../wire/read-fields';
import type { OutputFunctionCall, OutputStatus } from '../wire/responses-output';
import { describe, readTarget, targetOf } from './kind';
import type { CallPlace, CallTarget, CallWriter, ToolKind } from './kind';
import { toObjectSchema } from './schema';

/** Passes name, description and schema through. */
export const functionKind: ToolKind<'function'> = {
  itemType: 'function_call',
  idPrefix: 'fc',
  /** The Responses form is flat; the Chat form `{type, function: {…}}` is accepted too. */
  declare(declared, context) {
    const tool = asRecord(declared['function']) ?? declared;
    const target = targetOf('function', tool, context);
    const strict = asBoolean(tool['strict']);
    if (target === undefined) return;
    context.offer({
      target,
      ...describe(asText(tool['description']), context),
      parameters: toObjectSchema(readSchema(tool['parameters']), context.schema),
      ...(context.strict && strict !== undefined && { strict }),
    });
  },
  read: (item) => ({
    kind: 'function',
    ...readTarget(item),
    arguments: asString(item['arguments']) ?? JSON.stringify(item['arguments'] ?? {}),
  }),
  write: createFunctionWriter,
};

/** Passes the arguments through byte for byte, even invalid JSON, so that the client can report it to the model. */
function createFunctionWriter(target: CallTarget, place: CallPlace): CallWriter<OutputFunctionCall> {
  const at = { item_id: place.itemId, output_index: place.outputIndex };
  let text = '';
  const item = (status: OutputStatus): OutputFunctionCall => ({
    type: 'function_call',
    id: place.itemId,
    call_id: place.callId,
    name: target.name,
    ...(target.namespace !== undefined && { namespace: target.namespace }),
    arguments: text,
    status,
  });
  return {
    begin: () => item('in_progress'),
    push(delta) {
      text += delta;
      return [{ type: 'response.function_call_arguments.delta', ...at, delta }];
    },
    end: () => ({
      events: [{ type: 'response.function_call_arguments.done', ...at, name: target.name, arguments: text }],
      item: item('completed'),
    }),
  };
}
