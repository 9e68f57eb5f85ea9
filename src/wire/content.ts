/** Message content with its spelling variants removed: what a part is, whichever protocol it came in. */
import type { JsonObject } from '../base/json';

export interface TextPart { readonly type: 'text'; readonly text: string }
/** `url` is an http(s) URL or a `data:` URL. */
export interface ImagePart { readonly type: 'image'; readonly url: string; readonly detail?: string }
export interface FilePart {
  readonly type: 'file';
  readonly filename?: string;
  /** A `data:` URL or bare base64. */
  readonly data?: string;
  readonly url?: string;
  readonly fileId?: string;
}
export interface AudioPart { readonly type: 'audio'; readonly data: string; readonly format: string }
/** A part of a kind this version does not know; `kind` is its wire type. */
export interface UnrecognizedPart { readonly type: 'unrecognized'; readonly kind: string; readonly raw: JsonObject }

export type ContentPart = TextPart | ImagePart | FilePart | AudioPart | UnrecognizedPart;
