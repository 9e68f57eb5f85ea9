/** Edge validation of message content, in the spellings of both protocols. */
import { isRecord, type JsonObject, type UnknownRecord } from '../base/json';
import { asArray, asRecord, asString, asText } from '../base/narrow';
import type { ContentPart } from './content';
import { dropAbsent, invalid } from './read-edge';

/** @throws UnreadableField when the value is neither text nor a list of parts. */
export function readContent(value: unknown, path: string): readonly ContentPart[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value }];
  const list = asArray(value);
  if (!list) throw invalid(path, 'a string or a list of content parts', value);
  return list.map((part, index) => readPart(part, `${path}[${index}]`));
}

function readPart(value: unknown, path: string): ContentPart {
  if (typeof value === 'string') return { type: 'text', text: value };
  if (!isRecord(value)) throw invalid(path, 'a content part', value);
  const type = asText(value['type']) ?? 'text';
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
    case 'reasoning_text':
    case 'summary_text':
      return { type: 'text', text: asString(value['text']) ?? '' };
    case 'refusal':
      return { type: 'text', text: asString(value['refusal']) ?? '' };
    case 'input_image':
    case 'image_url':
      return readImage(value, path);
    case 'input_file':
    case 'file':
      return readFile(value);
    case 'input_audio':
      return readAudio(value);
    default:
      return { type: 'unrecognized', kind: type, raw: value as JsonObject };
  }
}

/** `image_url` is a string in Responses and `{url, detail}` in Chat. */
function readImage(value: UnknownRecord, path: string): ContentPart {
  const inner = asRecord(value['image_url']);
  const url = asText(value['image_url']) ?? asText(inner?.['url']);
  if (url === undefined) {
    throw invalid(
      `${path}.image_url`,
      'an image URL or data URL (images by file_id cannot be bridged)',
      value['image_url'],
    );
  }
  return dropAbsent({ type: 'image' as const, url, detail: asText(value['detail']) ?? asText(inner?.['detail']) });
}

function readFile(value: UnknownRecord): ContentPart {
  const inner = asRecord(value['file']) ?? value;
  return dropAbsent({
    type: 'file' as const,
    filename: asText(inner['filename']),
    data: asText(inner['file_data']),
    url: asText(inner['file_url']),
    fileId: asText(inner['file_id']),
  });
}

function readAudio(value: UnknownRecord): ContentPart {
  const inner = asRecord(value['input_audio']) ?? value;
  return { type: 'audio', data: asString(inner['data']) ?? '', format: asText(inner['format']) ?? 'wav' };
}
