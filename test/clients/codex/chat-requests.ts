/** Looks at the chat requests that reached the upstream: what all of them share, and the conversation in each. */
import assert from 'node:assert/strict';
import type { CapturedRequest } from '../../support/upstream/scripted-upstream';
import type { CodexVersion } from './versions';

/** A chat message as it came over the wire. */
export type ChatMessage = Readonly<Record<string, any>>;

/** What every request of every scenario must be, whatever it is about; `key` is the one that the bridge has. */
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

/** The messages behind the user message that says `prompt`. */
export function messagesAfter({ body }: CapturedRequest, prompt: string): readonly ChatMessage[] {
  const messages = body.messages as readonly ChatMessage[];
  const index = messages.findIndex(({ role, content }) => role === 'user' && content === prompt);
  assert.ok(index >= 0, `no user message says ${JSON.stringify(prompt)}`);
  return messages.slice(index + 1);
}

/** A tool as it was offered. */
export interface OfferedTool { readonly name: string; readonly description?: string; readonly parameters: object }

/** The offered tools, in order. */
export const toolsOf = ({ body }: CapturedRequest): readonly OfferedTool[] =>
  ((body.tools ?? []) as readonly { function: OfferedTool }[]).map((tool) => tool.function);

/** The names of the offered tools, in order. */
export const toolNames = (request: CapturedRequest): readonly string[] => toolsOf(request).map(({ name }) => name);

/**
 * Each request must begin with the bytes of the one before it, messages included: that is what prompt caches compare.
 */
export function assertGrowing(requests: readonly CapturedRequest[]): void {
  requests.slice(1).forEach((later, index) => {
    const head = headOf(requests[index]);
    assert.equal(
      later.rawBody.slice(0, head.length),
      head,
      `request ${index + 2} does not begin like request ${index + 1}`,
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
