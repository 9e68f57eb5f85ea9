/** Accessors for upstream requests in report tests, and the checks that strict servers apply to their history. */
import assert from 'node:assert/strict';
import { parseJson } from '../../../src/base/json';
import type { Loose } from '../bridge/test-bridge';

interface Sent { readonly body: Loose }

export const messagesOf = ({ body }: Sent): readonly Loose[] => body?.messages ?? [];

/** The functions of the tools, in order. */
export const toolsOf = ({ body }: Sent): readonly Loose[] => (body?.tools ?? []).map((each: Loose) => each.function);

export const picturesOf = (call: Sent): readonly Loose[] =>
  messagesOf(call).flatMap(({ content }) =>
    Array.isArray(content) ? content.filter(({ type }) => type === 'image_url') : []);

/** The calls of the history. */
export const callsOf = (call: Sent): readonly Loose[] => messagesOf(call).flatMap((each) => each.tool_calls ?? []);

export const isObject = (value: unknown): value is Record<string, Loose> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The arguments of an item that is a call, as JSON. */
export const argumentsOf = (item: Loose): Loose => parseJson(item.arguments);

/** Lists every object in a schema, the outermost first. */
export function schemasIn(schema: unknown): readonly Record<string, Loose>[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return [...(isObject(schema) ? [schema] : []), ...Object.values(schema).flatMap(schemasIn)];
}

/** Finds an escaped lone surrogate in JSON. */
export const findLoneSurrogate = (json: string): string | undefined =>
  /\\ud[89a-f][0-9a-f]{2}/i.exec(json.replace(/\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}/gi, ''))?.[0];

/** Checks that no picture is sent as base64 text. */
export function assertNoBase64(call: Sent): void {
  for (const { content } of messagesOf(call)) assert.ok(!(typeof content === 'string' && content.includes('iVBORw0K')));
}

/** Checks that every call has a unique id, a valid name and an object as arguments, and is followed by its result. */
export function assertPaired(call: Sent): void {
  const messages = messagesOf(call);
  const used = new Set<string>();
  assert.ok(messages.length > 0, 'the upstream request has no messages');
  messages.forEach(({ role, tool_calls: calls = [], tool_call_id: id }, index) => {
    const ids: string[] = calls.map((each: Loose) => each.id);
    calls.forEach((each: Loose) => {
      assert.ok(typeof each.id === 'string' && each.id !== '' && !used.has(each.id), `id ${each.id}`);
      used.add(each.id);
      assert.match(each.function.name, /^[a-zA-Z0-9_-]{1,64}$/);
      assert.ok(isObject(parseJson(each.function.arguments)), each.function.arguments);
    });
    const next = messages.slice(index + 1, index + 1 + ids.length).map((each) => each.tool_call_id ?? each.role);
    assert.deepEqual(next, ids, `the results after the calls of message ${index}`);
    if (role === 'tool') assert.ok(used.has(id), `message ${index} is a result without its call`);
  });
}
