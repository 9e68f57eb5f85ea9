/** Function tools, the one kind that both protocols share; custom tools are declared and read in the same way. */
import { asBoolean, asRecord, asString, asText, type UnknownRecord } from '../base/json';
import { readSchema } from '../wire/read-fields';
import type { CallKind, OutputFunctionCall, OutputStatus } from '../wire/responses-output';
import type { CallItem, CallPlace, CallTarget, CallWriter, OfferContext, ToolKind } from './kind';
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

/** Prepends the description of the namespace, which contains the instructions of an MCP server. */
export function describe(description: string | undefined, context: OfferContext): { readonly description?: string } {
  const text = [context.namespace?.description, description].filter(Boolean).join('\n\n');
  return text === '' ? {} : { description: text };
}

/** Returns the target of a declared tool; undefined, with a note, if it has no name, because no model could call it. */
export function targetOf(kind: CallKind, tool: UnknownRecord, context: OfferContext): CallTarget | undefined {
  const name = asText(tool['name']);
  if (name !== undefined) return { kind, name, ...(context.namespace && { namespace: context.namespace.name }) };
  const where = context.namespace ? ` in ${context.namespace.name}` : '';
  context.note(`dropped a ${kind} tool${where}: it has no name`);
  return undefined;
}

/** Reads the name and namespace of a call in the history. */
export function readTarget(item: UnknownRecord): Pick<CallItem, 'name' | 'namespace'> {
  const namespace = asText(item['namespace']);
  return { name: asText(item['name']) ?? '', ...(namespace !== undefined && { namespace }) };
}
