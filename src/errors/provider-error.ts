/** Finds the message, code and request id in whatever a provider sends as an error. Shapes: upstreams.md, section 5. */
import { isRecord, parseJson, type UnknownRecord } from '../base/json';
import { asNumber, asRecord, asText } from '../base/narrow';

export interface ProviderError {
  readonly message: string;
  readonly code?: string;
  readonly type?: string;
  readonly requestId?: string;
  /** An HTTP status stated inside the body (MiniMax `http_code`, OpenRouter `code`). */
  readonly status?: number;
  /** The body is a page for people: something in front of the API answered. */
  readonly page?: true;
}

const LONGEST_MESSAGE = 2_000;

/** Reads an error body: JSON, `data:`-prefixed JSON, SSE, HTML or plain text. An empty body has an empty message. */
export function readErrorText(body: string): ProviderError {
  const text = body.trim();
  const value = parseJson(text) ?? parseEventText(text);
  if (value !== undefined) return readErrorValue(value);
  return /<html|<!doctype/i.test(text) ? { message: shorten(htmlTitle(text)), page: true } : { message: shorten(text) };
}

/** Reads an error value that was already parsed. A message that is itself JSON or SSE text is opened too. */
export function readErrorValue(value: unknown): ProviderError {
  if (typeof value === 'string') return { message: shorten(value) };
  if (!isRecord(value)) return { message: shorten(JSON.stringify(value) ?? '') };
  const error = asRecord(value['error']) ?? value;
  const base = asRecord(value['base_resp']);
  const said =
    withParam(asText(error['message']), asText(error['param'])) ?? asText(value['error']) ?? asText(error['msg']) ??
    asText(base?.['status_msg']) ?? asText(value['detail']) ?? asText(error['param']);
  const nested = (said === undefined ? undefined : nestedError(said)) ?? relayedError(said, error['metadata']);
  const code = word(error['code']) ?? word(value['code']) ?? word(base?.['status_code']) ?? nested?.code;
  const type = asText(error['type']) ?? nested?.type;
  const requestId = asText(value['request_id']) ?? asText(error['request_id']) ?? nested?.requestId;
  const status = httpStatus(error['http_code']) ?? httpStatus(error['code']);
  return {
    message: shorten(nested?.message ?? said ?? JSON.stringify(value)),
    ...(code !== undefined && { code }),
    ...(type !== undefined && { type }),
    ...(requestId !== undefined && { requestId }),
    ...(status !== undefined && { status }),
  };
}

/** A `param` that is a sentence explains the message: `Param Incorrect` (upstreams.md, section 3, MiMo). */
const withParam = (message: string | undefined, param: string | undefined): string | undefined =>
  message !== undefined && param?.includes(' ') === true ? `${message}: ${param}` : message;

function nestedError(message: string): ProviderError | undefined {
  const text = message.trim();
  const value = text.startsWith('{') ? parseJson(text) : parseEventText(text);
  return isRecord(value) && hasMessage(value) ? readErrorValue(value) : undefined;
}

/** OpenRouter: `metadata.raw` is the message or the body of the provider behind it (upstreams.md, section 4.6). */
function relayedError(said: string | undefined, metadata: unknown): ProviderError | undefined {
  const raw = asText(asRecord(metadata)?.['raw']);
  if (raw === undefined) return undefined;
  const relayed = nestedError(raw) ?? { message: raw };
  return { ...relayed, message: said === undefined ? relayed.message : `${said}: ${relayed.message}` };
}

const hasMessage = (value: UnknownRecord): boolean => value['message'] !== undefined || value['error'] !== undefined;

/** `data:{…}` and `event:error\ndata:{…}`: DashScope and MiMo send these as plain bodies. */
function parseEventText(text: string): unknown {
  if (!/^(data|event|id):/.test(text)) return undefined;
  const data = text.split(/\r?\n/).filter((line) => line.startsWith('data:')).map((line) => line.slice(5));
  return parseJson(data.join('\n'));
}

function htmlTitle(html: string): string {
  const title = /<title[^>]*>([^<]*)</i.exec(html)?.[1]?.trim() || /<h1[^>]*>([^<]*)</i.exec(html)?.[1]?.trim();
  return title ? `an HTML page titled "${title}"` : 'an HTML page';
}

const word = (value: unknown): string | undefined => (typeof value === 'number' ? String(value) : asText(value));

function httpStatus(value: unknown): number | undefined {
  const number = asNumber(typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value);
  return number !== undefined && number >= 400 && number <= 599 ? number : undefined;
}

const shorten = (text: string): string => (text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text);
