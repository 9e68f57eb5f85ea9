/** Text and items for the scenarios. */
import assert from 'node:assert/strict';
import { ask, tool, type Loose } from '../support/bridge/test-bridge';

/** Bytes that a careless bridge would change: spaces, line breaks, quotes, four-byte characters. */
export const REASONING = 'First  look,\nthen “think” 🤔 – and\tkeep every byte.\n';

export const IMAGE = 'data:image/png;base64,iVBORw0KGgo=';

/** A small version of Codex's tools. */
export const TOOLS = [
  tool('read_file'),
  {
    type: 'custom',
    name: 'apply_patch',
    description: 'Patches files.',
    format: { type: 'grammar', syntax: 'lark', definition: 'start: /.+/' },
  },
  { type: 'namespace', name: 'mcp__files', description: 'Files.', tools: [tool('list')] },
];

/** The start of a Codex turn: instructions, two developer messages, the user message. */
export const opening = (text = 'Read a.txt.'): readonly object[] => [
  developer('Permissions: you may read.'),
  developer('Collaboration mode: default.'),
  ...ask('<environment_context>\n<cwd>/repo</cwd>\n</environment_context>'),
  ...ask(text),
];

export const developer = (text: string): object => ({
  type: 'message',
  role: 'developer',
  content: [{ type: 'input_text', text }],
});

export const said = (text: string): object => ({
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text }],
});

export const called = (id: string, path = 'a.txt'): object => ({
  type: 'function_call', call_id: id, name: 'read_file', arguments: JSON.stringify({ path }),
});

export const result = (id: string, output: unknown = 'done'): object => ({
  type: 'function_call_output',
  call_id: id,
  output,
});

/** The results for the calls of an answer, in the form of their kinds. */
export const resultsOf = (output: readonly Loose[]): readonly object[] =>
  output.flatMap(({ type, call_id }) => {
    if (type === 'function_call') return [result(call_id)];
    return type === 'custom_tool_call' ? [{ type: 'custom_tool_call_output', call_id, output: 'Applied.' }] : [];
  });

/** The names of the offered tools. */
export const namesSent = (sent: Loose): readonly string[] => sent.tools.map((offered: Loose) => offered.function.name);

/** The message text of an answer. */
export const textOf = (output: readonly Loose[]): string =>
  output.filter(({ type }) => type === 'message').map(({ content }) => content[0].text).join('');

/** The assistant messages. */
export const assistantsOf = (sent: Loose): readonly Loose[] =>
  sent.messages.filter(({ role }: Loose) => role === 'assistant');

/** All parts of a type, with the role of their message. */
export const partsOf = (sent: Loose, wanted: string): readonly Loose[] =>
  sent.messages.flatMap(({ role, content }: Loose) =>
    Array.isArray(content) ? content.filter(({ type }) => type === wanted).map((part) => ({ role, ...part })) : [],
  );

/** Removes the mark of where the prompt may be cached, because it moves to the end with each request. */
function withoutMark(message: Loose): Loose {
  if (!Array.isArray(message.content)) return message;
  const parts = message.content.map(({ cache_control: mark, ...part }: Loose) => part);
  return { ...message, content: parts.length === 1 && parts[0].type === 'text' ? parts[0].text : parts };
}

/** Checks that earlier messages are sent again first, byte for byte, because prompt caches depend on it. */
export function assertPrefix(before: Loose, after: Loose): void {
  const messages = before.messages.map(withoutMark);
  assert.deepEqual(after.messages.map(withoutMark).slice(0, messages.length), messages);
  assert.deepEqual(after.tools, before.tools);
}
