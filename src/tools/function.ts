/** Translates function tools, which both protocols have; reads the name and description that custom tools have too. */
import { asBoolean, asRecord, asString, asText, type UnknownRecord } from '../base/json';
import { readJsonObject } from '../wire/read-fields';
import type { CallKind, OutputFunctionCall, OutputStatus } from '../wire/responses-output';
import type { CallItem, CallPosition, CallTarget, CallWriter, OfferContext, ToolKind, ToolOffer } from './kind';
import { toObjectSchema } from './schema';

/** Offers a function as declared, apart from the schema rewrites that the provider needs. */
export const functionKind: ToolKind<'function'> = {
  itemType: 'function_call',
  idPrefix: 'fc',
  /** The Responses form is flat; the Chat form `{type, function: {…}}` is accepted too. */
  declare(declared, context) {
    const tool = asRecord(declared['function']) ?? declared;
    const offered = readDeclaration('function', tool, context, asText(tool['description']));
    const strict = asBoolean(tool['strict']);
    if (offered === undefined) return;
    context.offer({
      ...offered,
      parameters: toObjectSchema(readJsonObject(tool['parameters']), context.schema),
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
function createFunctionWriter(target: CallTarget, position: CallPosition): CallWriter<OutputFunctionCall> {
  const at = { item_id: position.itemId, output_index: position.outputIndex };
  let text = '';
  const createItem = (status: OutputStatus): OutputFunctionCall => ({
    type: 'function_call',
    id: position.itemId,
    call_id: position.callId,
    name: target.name,
    ...(target.namespace !== undefined && { namespace: target.namespace }),
    arguments: text,
    status,
  });
  return {
    begin: () => createItem('in_progress'),
    push(delta) {
      text += delta;
      return [{ type: 'response.function_call_arguments.delta', ...at, delta }];
    },
    end: () => ({
      events: [{ type: 'response.function_call_arguments.done', ...at, name: target.name, arguments: text }],
      item: createItem('completed'),
    }),
  };
}

/**
 * Reads a tool's name and description. The description of its namespace, an MCP server's instructions, comes first.
 * @returns undefined, with a note, for a tool without a name, because no model could call it
 */
export function readDeclaration(
  kind: CallKind, tool: UnknownRecord, { namespace, note }: OfferContext, description: string | undefined,
): Pick<ToolOffer, 'target' | 'description'> | undefined {
  const name = asText(tool['name']);
  if (name === undefined) {
    note(`dropped a ${kind} tool${namespace ? ` in ${namespace.name}` : ''}: it has no name`);
    return undefined;
  }
  const text = [namespace?.description, description].filter(Boolean).join('\n\n');
  const target = { kind, name, ...(namespace && { namespace: namespace.name }) };
  return { target, ...(text !== '' && { description: text }) };
}

/** Reads the name and namespace of a call in the history. */
export function readTarget(item: UnknownRecord): Pick<CallItem, 'name' | 'namespace'> {
  const namespace = asText(item['namespace']);
  return { name: asText(item['name']) ?? '', ...(namespace !== undefined && { namespace }) };
}
