/** Defines a strict case, and the helpers that the case tables share. */
import { SYSTEM, toolCall, user } from '../upstream/chat-bodies';
import type { StrictSettings } from './rule';
import type { RawRequest, StrictRuleName } from './rules';

export type Json = Readonly<Record<string, unknown>>;

/** A row: the changes to `chatRequest()`, and the exact message of each dialect for `rejected`. */
export interface StrictCase {
  readonly rule: StrictRuleName;
  readonly rejected: Json;
  readonly accepted: Json;
  readonly dashscope?: string;
  readonly openai?: string;
  readonly settings?: Partial<StrictSettings>;
}

/** A row whose `rejected` and `accepted` are parts of the HTTP request, with a valid body. */
export interface HttpCase extends Omit<StrictCase, 'rejected' | 'accepted'> {
  readonly rejected: Partial<RawRequest>;
  readonly accepted: Partial<RawRequest>;
}

/** The prefix of the messages of DashScope's model service. */
export const ALGO = '<400> InternalError.Algo.InvalidParameter: ';

/** A body with exactly these messages. */
export const messages = (...list: readonly unknown[]): Json => ({ messages: list });

/** A body whose messages begin as in `chatRequest()`. */
export const history = (...list: readonly unknown[]): Json => messages(SYSTEM, user(), ...list);

/** A body with these tools. */
export const tools = (...list: readonly unknown[]): Json => ({ tools: list });

/** An assistant message with one call, and with the `content` field as given: absent, null or a string. */
export const callingWith = (content: Json, id = 'c'): Json => ({
  role: 'assistant',
  ...content,
  tool_calls: [toolCall(id)],
});
