/** Content parts to Chat content: a string wherever possible, parts where media demand them. */
import type { Notes } from '../base/result';
import type { Dialect } from '../providers/dialect';
import type { ChatContent, ChatPart } from '../wire/chat-request';
import type { ContentPart, FilePart } from '../wire/content';

type Media = Pick<Dialect, 'content' | 'images' | 'audio' | 'files'>;

/** @returns a string when there is only text (text models reject arrays), otherwise a list of parts. */
export function translateContent(content: readonly ContentPart[], dialect: Media, notes: Notes): ChatContent {
  const parts = content.map((part) => translatePart(part, dialect, notes)).filter((part) => part.type !== 'text' || part.text !== '');
  if (parts.some((part) => part.type !== 'text') || (dialect.content === 'parts' && parts.length > 1)) return parts;
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

function translatePart(part: ContentPart, dialect: Media, notes: Notes): ChatPart {
  switch (part.type) {
    case 'text':
      return part;
    case 'image':
      if (!dialect.images) return marker('image', 'the model cannot see images', notes);
      return { type: 'image_url', image_url: { url: part.url, ...(part.detail !== undefined && { detail: part.detail }) } };
    case 'audio':
      if (!dialect.audio) return marker('audio', 'the model cannot hear audio', notes);
      return { type: 'input_audio', input_audio: { data: part.data, format: part.format } };
    case 'file':
      return translateFile(part, dialect, notes);
    case 'unrecognized':
      return marker(part.kind, 'the bridge does not know this kind of content', notes);
    default:
      return part satisfies never;
  }
}

const TEXT_TYPES = /^data:(text\/|application\/(json|xml|javascript|x-yaml|yaml|toml|x-sh)|[^;,]*\+(json|xml))/i;
const TEXT_NAMES = /\.(txt|md|json|ya?ml|toml|csv|xml|html?|css|js|ts|tsx|jsx|py|rs|go|java|c|h|cpp|sh|sql|log|ini|diff|patch)$/i;

/** Text files are inlined; other files go on where the provider takes them. */
function translateFile(part: FilePart, dialect: Media, notes: Notes): ChatPart {
  const name = part.filename ?? 'file';
  const text = fileText(part);
  if (text !== undefined) return { type: 'text', text: `<file name="${name}">\n${text}\n</file>` };
  if (!dialect.files || (part.data === undefined && part.fileId === undefined)) return marker(`file ${name}`, 'the provider takes no files', notes);
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
  if (!TEXT_TYPES.test(head) && !(TEXT_NAMES.test(part.filename ?? '') && !/^data:(image|audio|video)/.test(head))) return undefined;
  const body = data.slice(comma + 1);
  return head !== '' && !head.endsWith(';base64') ? decodeURIComponent(body) : Buffer.from(body, 'base64').toString('utf8');
}

function marker(what: string, why: string, notes: Notes): ChatPart {
  notes.add(`left out ${what}: ${why}`);
  return { type: 'text', text: `[${what} left out: ${why}]` };
}
