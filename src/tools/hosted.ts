/**
 * Translates hosted tools that the client runs itself (`local_shell`, `shell`, `apply_patch`): functions for the model,
 * separate item types for the client. Shapes: OpenAI SDK 7.57 types LocalShellCall, ShellCall, ApplyPatchCall.
 */
import { isJsonObject, parseJsonObject, type JsonObject } from '../base/json';
import { readJsonObject } from '../wire/read-fields';
import type { CallItems, OutputStatus } from '../wire/responses-output';
import type { CallPosition, CallWriter, ToolKind } from './kind';

type Hosted = 'local_shell' | 'shell' | 'apply_patch';

interface HostedRow<K extends Hosted> {
  readonly idPrefix: string;
  /** The item's field that contains the arguments. */
  readonly field: 'action' | 'operation';
  readonly description: string;
  readonly parameters: JsonObject;
  readonly createItem: (head: ItemHead, given: JsonObject) => CallItems[K];
}
interface ItemHead { readonly id: string; readonly call_id: string; readonly status: OutputStatus }

const STRINGS: JsonObject = { type: 'array', items: { type: 'string' } };
const NUMBER: JsonObject = { type: 'number' };
const STRING: JsonObject = { type: 'string' };

const HOSTED: { readonly [K in Hosted]: HostedRow<K> } = {
  local_shell: {
    idPrefix: 'lsh',
    field: 'action',
    description: 'Runs a command on the user’s machine and returns its output.',
    parameters: {
      type: 'object',
      properties: {
        command: STRINGS,
        working_directory: STRING,
        timeout_ms: NUMBER,
        env: { type: 'object', additionalProperties: STRING },
      },
      required: ['command'],
    },
    createItem: (head, given) => ({
      type: 'local_shell_call',
      ...head,
      action: { type: 'exec', ...given, env: isJsonObject(given['env']) ? given['env'] : {} },
    }),
  },
  shell: {
    idPrefix: 'sh',
    field: 'action',
    description: 'Runs shell commands on the user’s machine, one after the other, and returns their output.',
    parameters: {
      type: 'object',
      properties: { commands: STRINGS, timeout_ms: NUMBER, max_output_length: NUMBER },
      required: ['commands'],
    },
    createItem: (head, given) => ({ type: 'shell_call', ...head, action: given, environment: null }),
  },
  apply_patch: {
    idPrefix: 'apc',
    field: 'operation',
    description:
      'Creates, updates or deletes one file. `diff` is a V4A diff: ' +
      'lines prefixed with "+", "-" or a blank, hunks headed by "@@".',
    parameters: {
      type: 'object',
      properties: {
        type: { type: 'string', enum: ['create_file', 'update_file', 'delete_file'] },
        path: STRING,
        diff: STRING,
      },
      required: ['type', 'path'],
    },
    createItem: (head, given) => ({ type: 'apply_patch_call', ...head, operation: given }),
  },
};

/** Offers the tool with the bridge's own schema, because the client declares none. */
export function createHostedKind<K extends Hosted>(kind: K): ToolKind<K> {
  const { idPrefix, field, description, parameters, createItem }: HostedRow<K> = HOSTED[kind];
  const target = { kind, name: kind };
  return {
    itemType: `${kind}_call`,
    idPrefix,
    declare: (_tool, context) => context.offer({ target, description, parameters }),
    read: (call) => ({ ...target, arguments: JSON.stringify(readJsonObject(call[field]) ?? {}) }),
    write: (_target, position) => createHostedWriter(position, createItem),
  };
}

/** The arguments become the item's `action` or `operation`. They are not streamed: clients need the complete call. */
function createHostedWriter<Item>(
  position: CallPosition, createItem: (head: ItemHead, given: JsonObject) => Item,
): CallWriter<Item> {
  const head = { id: position.itemId, call_id: position.callId };
  let text = '';
  return {
    begin: () => createItem({ ...head, status: 'in_progress' }, {}),
    push(delta) {
      text += delta;
      return [];
    },
    end: () => ({ events: [], item: createItem({ ...head, status: 'completed' }, parseJsonObject(text) ?? {}) }),
  };
}
