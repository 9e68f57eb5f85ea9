/**
 * A conversation as Chat Completions must see it: instructions, user messages, and assistant turns that hold their calls
 * together with the results. Pairing is true by construction: a result lives in its call.
 */
import type { ContentPart } from '../wire/content';
import type { NativeReasoning } from '../wire/native-request';

export interface Call {
  /** Unique in the conversation. */
  readonly id: string;
  /** Upstream name of the tool. */
  readonly name: string;
  /** A JSON object as text. */
  readonly arguments: string;
  result: readonly ContentPart[] | undefined;
}

export interface InstructionsNode { readonly kind: 'instructions'; readonly text: string }
export interface UserNode { readonly kind: 'user'; readonly content: readonly ContentPart[] }
export interface AssistantNode {
  readonly kind: 'assistant';
  readonly reasoning: string[];
  readonly reasoningDetails: unknown[];
  /** The same reasoning as input items of a native Responses endpoint, one for each item. */
  readonly reasoningItems: NativeReasoning[];
  readonly text: string[];
  readonly calls: Call[];
}
export type ConversationNode = InstructionsNode | UserNode | AssistantNode;
