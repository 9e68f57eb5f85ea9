/** Custom (free-form) tools such as apply_patch: a function with one string argument to the model, raw text to the client. */
import type { OutputCustomToolCall, OutputStatus } from '../wire/responses-output';
import type { CustomTool } from '../wire/responses-tools';
import type { CallTarget } from './call-target';
import type { CallPlace, CallWriter } from './call-writer';
import { describe, within, type ToolCodec } from './codec';
import { CustomInputReader, INPUT_KEY, readCustomInput } from './custom-input';
import { APPLY_PATCH, certainPatch, repairPatch } from './patch';

/** The grammar goes into the description: chat models have no other place for it. */
export const customCodec: ToolCodec<'custom'> = {
  declare(tool, context) {
    context.offer({
      target: { kind: 'custom', name: tool.name, ...within(context) },
      ...describe(withGrammar(tool), context),
      parameters: {
        type: 'object',
        properties: {
          [INPUT_KEY]: { type: 'string', description: `The complete input of ${tool.name}, as plain text.` },
        },
        required: [INPUT_KEY],
        additionalProperties: false,
      },
    });
  },
};

function withGrammar(tool: CustomTool): string {
  const rule = `Pass the whole text as the one string argument "${INPUT_KEY}": raw text, not JSON, no code fence, no heredoc.`;
  const definition = tool.format?.definition;
  const grammar =
    definition === undefined ? '' : `The text must match this ${tool.format?.syntax ?? ''} grammar:\n${definition}`;
  return [tool.description, rule, grammar].filter((part) => part !== undefined && part !== '').join('\n\n');
}

/** Streams the unescaped text as `custom_tool_call_input.delta`; what cannot be streamed safely comes at the end. */
export function createCustomWriter(target: CallTarget, place: CallPlace): CallWriter {
  const at = { item_id: place.itemId, output_index: place.outputIndex };
  const reader = new CustomInputReader();
  let args = '';
  let readable = '';
  let sent = '';
  const item = (status: OutputStatus, input: string): OutputCustomToolCall => ({
    type: 'custom_tool_call',
    id: place.itemId,
    call_id: place.callId,
    name: target.name,
    ...(target.namespace !== undefined && { namespace: target.namespace }),
    input,
    status,
  });
  const delta = (text: string) => ({ type: 'response.custom_tool_call_input.delta', ...at, delta: text }) as const;
  return {
    begin: () => item('in_progress', ''),
    push(text) {
      args += text;
      readable += reader.push(text);
      const safe = streamable(target.name, readable);
      if (safe.length <= sent.length) return [];
      const fresh = safe.slice(sent.length);
      sent = safe;
      return [delta(fresh)];
    },
    end() {
      const { text: input, repairs } = finish(target.name, readCustomInput(args), sent);
      const rest = input.slice(sent.length);
      return {
        events: [...(rest === '' ? [] : [delta(rest)]), { type: 'response.custom_tool_call_input.done', ...at, input }],
        item: item('completed', input),
        notes: repairs.map((repair) => `${target.name}: ${repair}`),
      };
    },
  };
}

/** The part no repair can change any more: a patch from its first marker to its last, other text unless it may be JSON. */
function streamable(name: string, readable: string): string {
  if (name === APPLY_PATCH) return certainPatch(readable);
  return /^\s*(\{|$)/.test(readable) ? '' : readable;
}

/** The finished text; one that contradicts what was already streamed is given up for what the client has seen. */
function finish(
  name: string,
  input: string,
  sent: string,
): { readonly text: string; readonly repairs: readonly string[] } {
  const repaired = name === APPLY_PATCH ? repairPatch(input) : { text: input, repairs: [] };
  if (repaired.text.startsWith(sent)) return repaired;
  return { text: input.startsWith(sent) ? input : sent, repairs: [] };
}
