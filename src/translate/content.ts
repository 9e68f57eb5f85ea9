/** Translates the parts of a message or tool result: text, images, audio and files, if the provider accepts them. */
import type { Notes } from '../base/notes';
import { BridgeError } from '../errors/bridge-error';
import type { Dialect } from '../providers/dialect';
import type { ChatContent, ChatPart } from '../wire/chat';
import type { ContentPart, FilePart, ImagePart } from '../wire/responses-request';

/**
 * The media that the provider accepts, and the form of content. A file that cannot be sent fails the request (`reject`)
 * or becomes a marker (`mark`).
 */
export interface MediaRules extends Pick<Dialect, 'content' | 'images' | 'audio' | 'files'> {
  readonly unsupportedFiles: 'reject' | 'mark';
}

/**
 * @returns a list of parts if there are media, or if the provider accepts several texts as parts; otherwise a string,
 * because text models reject lists
 * @throws BridgeError `invalid_request` for a file that cannot be sent, if the rules say `reject`
 */
export function translateContent(content: readonly ContentPart[], rules: MediaRules, notes: Notes): ChatContent {
  const only = findOnlyText(content);
  if (only !== undefined) return only;
  const parts = content
    .map((part) => translatePart(part, rules, notes))
    .filter((part) => part.type !== 'text' || part.text !== '');
  if (parts.some((part) => part.type !== 'text') || (rules.content === 'parts' && parts.length > 1)) return parts;
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

/**
 * Returns the text of content that is a single text, as nearly all content is. In long threads, the other steps of
 * `translateContent` would take a third of the time of the whole translation.
 */
export function findOnlyText(content: readonly ContentPart[]): string | undefined {
  const [first] = content;
  return content.length === 1 && first?.type === 'text' ? first.text : undefined;
}

/** Whether a part of a result goes into a user message: the model accepts such media, but not in tool messages. */
export const goesToUserMessage = (part: ContentPart, dialect: Dialect): boolean =>
  (part.type === 'image' && dialect.images) || (part.type === 'audio' && dialect.audio) ||
  (part.type === 'file' && decodeTextFile(part) === undefined && canSend(part, dialect));

function translatePart(part: ContentPart, rules: MediaRules, notes: Notes): ChatPart {
  switch (part.type) {
    case 'text':
      return part;
    case 'image':
      if (!rules.images) return leaveOut('image', 'the model cannot see images', notes);
      return { type: 'image_url', image_url: { url: part.url, ...toDetail(part) } };
    case 'audio':
      if (!rules.audio) return leaveOut('audio', 'the model cannot hear audio', notes);
      return { type: 'input_audio', input_audio: { data: part.data, format: part.format } };
    case 'file':
      return translateFile(part, rules, notes);
    case 'unrecognized':
      return leaveOut(part.kind, part.why ?? 'the bridge does not know this kind of content', notes);
    default:
      return part satisfies never;
  }
}

/** Codex sends `original` with images from tools; Chat endpoints accept only auto, low and high (cc-switch#7476). */
function toDetail({ detail }: ImagePart): { readonly detail?: string } {
  if (detail === undefined) return {};
  return { detail: detail === 'low' || detail === 'auto' ? detail : 'high' };
}

const TEXT_TYPES = /^data:(text\/|application\/(json|xml|javascript|x-yaml|yaml|toml|x-sh)|[^;,]*\+(json|xml))/i;
const TEXT_NAMES =
  /\.(txt|md|json|ya?ml|toml|csv|xml|html?|css|js|ts|tsx|jsx|py|rs|go|java|c|h|cpp|sh|sql|log|ini|diff|patch)$/i;

/** Inlines text files. Passes other files on if the provider accepts them; otherwise, `unsupportedFiles` applies. */
function translateFile(part: FilePart, rules: MediaRules, notes: Notes): ChatPart {
  const name = part.filename;
  const text = decodeTextFile(part);
  if (text !== undefined) return { type: 'text', text: `<file name="${name ?? 'file'}">\n${text}\n</file>` };
  if (!canSend(part, rules)) {
    const why = rules.files ? 'a file can be sent only as data or by its id' : 'the provider accepts no files';
    if (rules.unsupportedFiles === 'mark') return leaveOut(name === undefined ? 'file' : `file ${name}`, why, notes);
    throw new BridgeError(
      'invalid_request',
      `Cannot send the file${name === undefined ? '' : ` "${name}"`}: ${why}. Send its text or an image instead.`,
      { param: 'input' },
    );
  }
  return {
    type: 'file',
    file: {
      ...(name !== undefined && { filename: name }),
      ...(part.data !== undefined && { file_data: part.data }),
      ...(part.fileId !== undefined && { file_id: part.fileId }),
    },
  };
}

const canSend = ({ data, fileId }: FilePart, { files }: Pick<Dialect, 'files'>): boolean =>
  files && (data !== undefined || fileId !== undefined);

function decodeTextFile(part: FilePart): string | undefined {
  const data = part.data;
  if (data === undefined) return undefined;
  const comma = data.startsWith('data:') ? data.indexOf(',') : -1;
  const head = data.slice(0, Math.max(0, comma));
  if (!TEXT_TYPES.test(head) && !(TEXT_NAMES.test(part.filename ?? '') && !/^data:(image|audio|video)/.test(head)))
    return undefined;
  const body = data.slice(comma + 1);
  return head !== '' && !head.endsWith(';base64') ? decodePercents(body) : Buffer.from(body, 'base64').toString('utf8');
}

/** A percent sign that does not start an escape is literal: `100% sure`. */
function decodePercents(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function leaveOut(what: string, why: string, notes: Notes): ChatPart {
  notes.add(`left out ${what}: ${why}`);
  return { type: 'text', text: `[${what} left out: ${why}]` };
}
