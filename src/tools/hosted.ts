/**
 * Hosted tools that the client runs itself (`local_shell`, `shell`, `apply_patch`): functions to the model, their own
 * item kinds to the client. Shapes: OpenAI SDK 7.57 types LocalShellCall, ShellCall, ApplyPatchCall.
 */
import { isJsonObject, parseJsonObject, type JsonObject } from '../base/json';
import type { OutputCall, OutputStatus } from '../wire/responses-output';
import type { HostedTool } from '../wire/responses-request';
import type { CallPlace, CallTarget, CallWriter, ToolCodec } from './kind';

interface HostedRow {
  readonly description: string;
  readonly parameters: JsonObject;
}

const strings: JsonObject = { type: 'array', items: { type: 'string' } };
const number: JsonObject = { type: 'number' };
const string: JsonObject = { type: 'string' };

const HOSTED: { readonly [K in HostedTool['tool']]: HostedRow } = {
  local_shell: {
    description: 'Runs a command on the user’s machine and returns its output.',
    parameters: {
      type: 'object',
      properties: {
        command: strings,
        working_directory: string,
        timeout_ms: number,
        env: { type: 'object', additionalProperties: string },
      },
      required: ['command'],
    },
  },
  shell: {
    description: 'Runs shell commands on the user’s machine, one after the other, and returns their output.',
    parameters: {
      type: 'object',
      properties: { commands: strings, timeout_ms: number, max_output_length: number },
      required: ['commands'],
    },
  },
  apply_patch: {
    description:
      'Creates, updates or deletes one file. `diff` is a V4A diff: lines prefixed with "+", "-" or a blank, hunks headed by "@@".',
    parameters: {
      type: 'object',
      properties: {
        type: { type: 'string', enum: ['create_file', 'update_file', 'delete_file'] },
        path: string,
        diff: string,
      },
      required: ['type', 'path'],
    },
  },
};

/** Offered with a schema of our own: the wire declares none. */
export const hostedCodec: ToolCodec<'hosted'> = {
  declare(tool, context) {
    context.offer({ target: { kind: tool.tool, name: tool.tool }, ...HOSTED[tool.tool] });
  },
};

/** The arguments become the item's `action` or `operation`; nothing streams, clients act on the whole call. */
export function createHostedWriter(target: CallTarget, place: CallPlace): CallWriter {
  let text = '';
  return {
    begin: () => hostedItem(target, place, 'in_progress', {}),
    push(delta) {
      text += delta;
      return [];
    },
    end: () => ({ events: [], item: hostedItem(target, place, 'completed', parseJsonObject(text) ?? {}) }),
  };
}

function hostedItem(target: CallTarget, place: CallPlace, status: OutputStatus, given: JsonObject): OutputCall {
  const head = { id: place.itemId, call_id: place.callId, status };
  if (target.kind === 'apply_patch') return { type: 'apply_patch_call', ...head, operation: given };
  if (target.kind === 'shell') return { type: 'shell_call', ...head, action: given, environment: null };
  const env = isJsonObject(given['env']) ? given['env'] : {};
  return { type: 'local_shell_call', ...head, action: { type: 'exec', ...given, env } };
}
