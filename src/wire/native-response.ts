/**
 * What a provider's own Responses endpoint answers, after lenient reading: absent, null and "" are all `undefined`. Spec:
 * Responses API, streaming events; what endpoints leave out or add stands at the reader (stream/native-reader.ts).
 */
import type { JsonValue, UnknownRecord } from '../base/json';
import type { ChatUsage } from './chat-response';

/** Where an event belongs. Endpoints leave out either. */
export interface NativePlace { readonly index: number | undefined; readonly itemId: string | undefined }

export type NativeOutputItem =
  | { readonly type: 'message'; readonly text: string | undefined; readonly refusal: string | undefined }
  | {
      readonly type: 'reasoning';
      readonly summary: string | undefined;
      readonly content: string | undefined;
      /** The item as it came; undefined when it says nothing that its plain content does not say. */
      readonly sealed: UnknownRecord | undefined;
    }
  | {
      readonly type: 'call';
      readonly callId: string | undefined;
      readonly name: string | undefined;
      readonly arguments: string | undefined;
    }
  | { readonly type: 'other' };

/** What a text event carries. `part` counts the parts of its item. */
export type NativeTextKind = 'text' | 'refusal' | 'summary' | 'content' | 'arguments';

export interface NativeResponse {
  readonly status: string | undefined;
  readonly incompleteReason: string | undefined;
  /** Unread; the classifier looks at it. */
  readonly error: unknown;
  readonly usage: ChatUsage | undefined;
  readonly output: readonly (NativePlace & { readonly item: NativeOutputItem })[];
}

export type NativeEvent =
  | (NativePlace & { readonly type: 'item'; readonly item: NativeOutputItem; readonly done: boolean })
  | (NativePlace & {
      readonly type: 'text';
      readonly kind: NativeTextKind;
      readonly part: number;
      readonly text: string;
      /** The whole text of a part that is over, in place of what is new. */
      readonly whole: boolean;
      readonly logprobs: readonly JsonValue[] | undefined;
    })
  | { readonly type: 'end'; readonly response: NativeResponse }
  /** An error in any provider's shape; unread, the classifier looks at it. */
  | { readonly type: 'error'; readonly error: unknown }
  | { readonly type: 'other' };
