/** A user message of the request as an item on the wire again. */
import type { MakeId } from '../base/clock';
import type { JsonObject } from '../base/json';
import type { ContentPart, MessageItem } from '../wire/responses-request';

/** Spec: Responses API, input message with input_text, input_image, input_file and input_audio parts. */
export function userMessage(item: MessageItem, makeId: MakeId): JsonObject {
  return { type: 'message', id: makeId('msg'), role: item.role, status: 'completed', content: item.content.map(part) };
}

function part(content: ContentPart): JsonObject {
  switch (content.type) {
    case 'text':
      return { type: 'input_text', text: content.text };
    case 'image':
      return { type: 'input_image', image_url: content.url, detail: content.detail ?? 'auto' };
    case 'file':
      return {
        type: 'input_file',
        filename: content.filename,
        file_data: content.data,
        file_url: content.url,
        file_id: content.fileId,
      };
    case 'audio':
      return { type: 'input_audio', input_audio: { data: content.data, format: content.format } };
    case 'unrecognized':
      return content.raw;
    default:
      return content satisfies never;
  }
}
