/** Function tools: the one kind both protocols share. */
import type { FunctionTool } from '../wire/responses-request';
import type { OutputFunctionCall, OutputStatus } from '../wire/responses-output';
import {
  type CallPlace, type CallTarget, type CallWriter, describe, type OfferContext, type ToolCodec, within,
} from './kind';
import { toObjectSchema } from './schema';

/** Passes name, description and schema on. */
export const functionCodec: ToolCodec<'function'> = {
  declare(tool: FunctionTool, context: OfferContext): void {
    context.offer({
      target: { kind: 'function', name: tool.name, ...within(context) },
      ...describe(tool.description, context),
      parameters: toObjectSchema(tool.parameters, context.schema),
      ...(context.strict && tool.strict !== undefined && { strict: tool.strict }),
    });
  },
};

/** Arguments pass through byte for byte: broken JSON too, so that the client can tell the model. */
export function createFunctionWriter(target: CallTarget, place: CallPlace): CallWriter {
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
