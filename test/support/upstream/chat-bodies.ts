/** Builds completion requests for tests: the smallest body that both dialects accept, and parts to vary it. */

type Json = Readonly<Record<string, unknown>>;

/** The leading instructions of `chatRequest`. */
export const SYSTEM: Json = { role: 'system', content: 'You are a test.' };

/** A user message. */
export const user = (content: unknown = 'Hello'): Json => ({ role: 'user', content });

/** One call of an assistant message. */
export const toolCall = (id: string, name = 'read_file', args: string | object = { path: 'a.txt' }): Json => ({
  id,
  type: 'function',
  function: { name, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
});

/** An assistant message with the calls of one turn. */
export const calling = (...calls: readonly Json[]): Json => ({ role: 'assistant', content: '', tool_calls: calls });

/** A tool message. */
export const toolResult = (id: string, content: unknown = 'done'): Json => ({
  role: 'tool',
  tool_call_id: id,
  content,
});

/** A tool definition; `fields` replace or add function fields. */
export const functionTool = (name = 'read_file', fields: Json = {}): Json => ({
  type: 'function',
  function: { name, description: 'Reads.', parameters: { type: 'object', properties: {} }, ...fields },
});

/** A streaming request that every strict rule accepts. A field set to `undefined` is omitted. */
export function chatRequest(overrides: Json = {}): Json {
  const body = { model: 'scripted-model', messages: [SYSTEM, user()], stream: true, ...overrides };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}
