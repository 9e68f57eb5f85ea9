/** Content parts to Chat content: a string wherever possible, parts where media demand them. */
import type { Notes } from '../base/result';
import { BridgeError } from '../errors/bridge-error';
import type { Dialect } from '../providers/dialect';
import type { ChatContent, ChatPart } from '../wire/chat';
import type { ContentPart, FilePart, ImagePart } from '../wire/responses-request';

/** What a part may become. A file that cannot be sent fails the request (`refuse`) or leaves a sentence (`mark`). */
export interface MediaRules extends Pick<Dialect, 'content' | 'images' | 'audio' | 'files'> {
  readonly unservedFiles: 'refuse' | 'mark';
}

/**
 * @returns a string when there is only text (text models reject arrays), otherwise a list of parts
 * @throws BridgeError `invalid_request` for a file that cannot be sent, when the rules refuse it
 */
export function translateContent(content: readonly ContentPart[], rules: MediaRules, notes: Notes): ChatContent {
  const parts = content
    .map((part) => translatePart(part, rules, notes))
    .filter((part) => part.type !== 'text' || part.text !== '');
  if (parts.some((part) => part.type !== 'text') || (rules.content === 'parts' && parts.length > 1)) return parts;
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

function translatePart(part: ContentPart, rules: MediaRules, notes: Notes): ChatPart {
  switch (part.type) {
    case 'text':
      return part;
    case 'image':
      if (!rules.images) return marker('image', 'the model cannot see images', notes);
      return { type: 'image_url', image_url: { url: part.url, ...detailOf(part) } };
    case 'audio':
      if (!rules.audio) return marker('audio', 'the model cannot hear audio', notes);
      return { type: 'input_audio', input_audio: { data: part.data, format: part.format } };
    case 'file':
      return translateFile(part, rules, notes);
    case 'unrecognized':
      return marker(part.kind, part.why ?? 'the bridge does not know this kind of content', notes);
    default:
      return part satisfies never;
  }
}

/** Codex asks for `original` in pictures of tools; Chat endpoints know three words and reject others. */
function detailOf({ detail }: ImagePart): { readonly detail?: string } {
  if (detail === undefined) return {};
  return { detail: detail === 'low' || detail === 'auto' ? detail : 'high' };
}

const TEXT_TYPES = /^data:(text\/|application\/(json|xml|javascript|x-yaml|yaml|toml|x-sh)|[^;,]*\+(json|xml))/i;
const TEXT_NAMES =
  /\.(txt|md|json|ya?ml|toml|csv|xml|html?|css|js|ts|tsx|jsx|py|rs|go|java|c|h|cpp|sh|sql|log|ini|diff|patch)$/i;

/** Text files are inlined; other files go on where the provider takes them. */
function translateFile(part: FilePart, rules: MediaRules, notes: Notes): ChatPart {
  const name = part.filename ?? 'file';
  const text = fileText(part);
  if (text !== undefined) return { type: 'text', text: `<file name="${name}">\n${text}\n</file>` };
  if (!rules.files || (part.data === undefined && part.fileId === undefined)) {
    if (rules.unservedFiles === 'mark') return marker(`file ${name}`, 'the provider takes no files', notes);
    throw new BridgeError(
      'invalid_request',
      `Cannot send the file "${name}": the provider takes no files; send its text or an image of it`,
      { param: 'input' },
    );
  }
  return {
    type: 'file',
    file: {
      ...(part.filename !== undefined && { filename: part.filename }),
      ...(part.data !== undefined && { file_data: part.data }),
      ...(part.fileId !== undefined && { file_id: part.fileId }),
    },
  };
}

function fileText(part: FilePart): string | undefined {
  const data = part.data;
  if (data === undefined) return undefined;
  const comma = data.startsWith('data:') ? data.indexOf(',') : -1;
  const head = data.slice(0, Math.max(0, comma));
  if (!TEXT_TYPES.test(head) && !(TEXT_NAMES.test(part.filename ?? '') && !/^data:(image|audio|video)/.test(head)))
    return undefined;
  const body = data.slice(comma + 1);
  return head !== '' && !head.endsWith(';base64') ? percentDecoded(body) : Buffer.from(body, 'base64').toString('utf8');
}

/** A percent sign that escapes nothing is text: `100% sure`. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function marker(what: string, why: string, notes: Notes): ChatPart {
  notes.add(`left out ${what}: ${why}`);
  return { type: 'text', text: `[${what} left out: ${why}]` };
}
