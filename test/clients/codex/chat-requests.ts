/** Inspects the chat requests that reached the upstream: their common parts, and the conversation in each. */
import assert from 'node:assert/strict';
import type { CapturedRequest } from '../../support/upstream/scripted-upstream';
import type { CodexVersion } from './versions';

/** A chat message in wire format. */
export type ChatMessage = Readonly<Record<string, any>>;

/** Checks that apply to every request of every scenario; `key` is the bridge's key. */
export function assertChatRequest(
  { method, path, headers, body }: CapturedRequest,
  version: CodexVersion,
  key: string,
): void {
  assert.equal(`${method} ${path}`, 'POST /v1/chat/completions');
  assert.equal(headers.authorization, `Bearer ${key}`);
  assert.match(headers['user-agent'] ?? '', new RegExp(`^codex[_-]\\w+/${version.replace(/\./g, '\\.')} `));
  assert.equal(body.stream, true);
  assert.deepEqual(body.stream_options, { include_usage: true });
  assert.equal(body.messages[0].role, 'system');
}

/** The messages after the user message `prompt`. */
export function messagesAfter({ body }: CapturedRequest, prompt: string): readonly ChatMessage[] {
  const messages = body.messages as readonly ChatMessage[];
  const index = messages.findIndex(({ role, content }) => role === 'user' && content === prompt);
  assert.ok(index >= 0, `no user message says ${JSON.stringify(prompt)}`);
  return messages.slice(index + 1);
}

/** An offered tool. */
export interface OfferedTool { readonly name: string; readonly description?: string; readonly parameters: object }

/** The offered tools, in order. */
export const toolsOf = ({ body }: CapturedRequest): readonly OfferedTool[] =>
  ((body.tools ?? []) as readonly { function: OfferedTool }[]).map((tool) => tool.function);

/** The names of the offered tools, in order. */
export const toolNames = (request: CapturedRequest): readonly string[] => toolsOf(request).map(({ name }) => name);

/**
 * Each request must begin with the bytes of the previous one, including the messages, because prompt caches compare
 * them.
 */
export function assertGrowing(requests: readonly CapturedRequest[]): void {
  requests.slice(1).forEach((later, index) => {
    const head = headOf(requests[index]);
    assert.equal(
      later.rawBody.slice(0, head.length),
      head,
      `request ${index + 2} does not start like request ${index + 1}`,
    );
  });
}

/** The body up to the end of the last message. */
function headOf(request: CapturedRequest | undefined): string {
  const messages = JSON.stringify(request?.body.messages).slice(0, -1);
  const body = request?.rawBody ?? '';
  const start = body.indexOf(messages);
  assert.ok(start >= 0, 'the body does not hold its messages as JSON.stringify writes them');
  return body.slice(0, start + messages.length);
}
