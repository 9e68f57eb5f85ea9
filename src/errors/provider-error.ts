/** Extracts message, code, field and request id from a provider's error body (upstreams.md, section 5). */
import { asArray, asNumber, asRecord, asText, isRecord, parseJson, type UnknownRecord } from '../base/json';
import { attempt } from '../base/thrown';

export interface ProviderError {
  readonly message: string;
  readonly code?: string;
  readonly type?: string;
  /** Path of the request field that the error names (`param`, `loc`): `messages.3.reasoning_content`. */
  readonly field?: string;
  readonly requestId?: string;
  /** An HTTP status stated inside the body (MiniMax `http_code`, OpenRouter `code`). */
  readonly status?: number;
  /** The body is an HTML page: a proxy or gateway in front of the API answered. */
  readonly isPage?: true;
}

const MAX_MESSAGE_LENGTH = 2_000;
/** Errors can be nested; deeper levels are shown unparsed. */
const MAX_DEPTH = 6;
/** How many errors in a list are reported. */
const MAX_ERRORS = 3;

/** Reads an error body: JSON, `data:`-prefixed JSON, SSE, HTML or plain text. An empty body has an empty message. */
export function readErrorText(body: string): ProviderError {
  const text = body.trim();
  const value = parseJson(text) ?? parseEventText(text);
  if (value !== undefined) return readErrorValue(value);
  const isPage = /<html|<!doctype/i.test(text.slice(0, 2_000));
  return isPage ? { message: describePage(text), isPage } : { message: shorten(text) };
}

/** Reads an error value that was already parsed. If the message is itself JSON or SSE text, that is parsed. */
export function readErrorValue(value: unknown): ProviderError {
  const read = readNested(value, 0);
  return { ...read, message: shorten(read?.message ?? (typeof value === 'string' ? value : (toJson(value) ?? ''))) };
}

/** Returns undefined if the value is nested too deeply for JSON.stringify. */
const toJson = (value: unknown): string | undefined => attempt(() => JSON.stringify(value));

/** An error whose message may be unknown. */
type PartialError = Omit<ProviderError, 'message'> & { readonly message?: string };

function readNested(value: unknown, depth: number): PartialError | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (typeof value === 'string') return readString(value, depth);
  const list = asArray(value);
  if (list) return readList(list, depth);
  return isRecord(value) ? readRecord(value, depth) : undefined;
}

function readString(text: string, depth: number): PartialError | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const value = /^[[{]/.test(trimmed) ? parseJson(trimmed) : parseEventText(trimmed);
  const inner = value === undefined ? undefined : readNested(value, depth + 1);
  return inner?.message === undefined ? { message: text } : inner;
}

/** Gemini wraps its error in a list; FastAPI lists one error per field. */
function readList(list: readonly unknown[], depth: number): PartialError | undefined {
  const all = list.slice(0, MAX_ERRORS).flatMap((entry) => readNested(entry, depth + 1) ?? []);
  const messages = all.flatMap(({ message }) => message ?? []);
  const [first] = all;
  return first && messages.length > 0 ? { ...first, message: messages.join('; ') } : undefined;
}

/** Fields that may contain the error or its message; the first one with text is used. */
const MESSAGE_FIELDS = [
  'message', 'error', 'msg', 'status_msg', 'detail', 'details', 'errors', 'error_msg', 'error_message',
  'error_description', 'errorMessage', 'reason', 'description', 'title', 'fault', 'faultstring', 'response',
] as const;

/** Fields that never contain a message. */
const OTHER_FIELDS =
  /^(code|type|param|loc|input|url|ctx|status|status_code|statusCode|http_code|object|id|request_id|metadata|success)$/;

function readRecord(record: UnknownRecord, depth: number): PartialError | undefined {
  const base = asRecord(record['base_resp']);
  const param = asText(record['param']);
  const own = { ...(base && readRecord(base, depth + 1)), ...readFacts(record) };
  let inner: PartialError | undefined;
  for (const name of MESSAGE_FIELDS) {
    const found = readNested(record[name], depth + 1);
    if (found) inner = { ...found, ...inner, ...(inner?.message === undefined && { message: found.message }) };
    if (inner?.message !== undefined) break;
  }
  const message = inner?.message ?? own.message ?? readFieldLists(record) ?? param;
  // The innermost code and type are the most specific: MiniMax's outer type is just `error`.
  const merged = { ...own, ...inner, ...(message !== undefined && { message }) };
  const error = withRelayed(merged, record['metadata'], depth);
  const facts = withoutUndefined({ ...error, message: withField(error.message, record) });
  return Object.keys(facts).length === 0 ? undefined : facts;
}

/** Reads everything but the message. */
function readFacts(record: UnknownRecord): PartialError {
  const code = toCode(record['code']) ?? toCode(record['status_code']) ?? toCode(record['error_code']);
  const param = asText(record['param']);
  return withoutUndefined({
    code,
    type: asText(record['type']) ?? toGoogleStatus(record['status']),
    field: param?.includes(' ') === true ? undefined : (param ?? pathOf(record['loc'])),
    requestId: asText(record['request_id']),
    status: toHttpStatus(record['http_code']) ?? toHttpStatus(record['code']),
  });
}

/** Gemini and other Google services: `"status": "INVALID_ARGUMENT"`. */
const toGoogleStatus = (value: unknown): string | undefined => /^[A-Z]+(_[A-Z]+)*$/.exec(asText(value) ?? '')?.[0];

/** FastAPI and pydantic: `["body", "messages", 3, "assistant", "reasoning_content"]`. */
function pathOf(loc: unknown): string | undefined {
  const path = (asArray(loc) ?? []).filter((step) => typeof step === 'string' || typeof step === 'number');
  return path.length === 0 ? undefined : path.filter((step, index) => index > 0 || step !== 'body').join('.');
}

/** Adds the field to the message if only `loc`, or a sentence in `param` (MiMo), names it. */
function withField(message: string | undefined, record: UnknownRecord): string | undefined {
  const param = asText(record['param']);
  if (message !== undefined && param !== undefined && param.includes(' ') && param !== message)
    return `${message}: ${param}`;
  const path = pathOf(record['loc']);
  return message === undefined || path === undefined ? message : `${path}: ${message}`;
}

/** Reads an object of lists: `{"messages": ["This field is required."], "model": ["Unknown."]}`. */
function readFieldLists(record: UnknownRecord): string | undefined {
  const messages = Object.entries(record).flatMap(([name, value]) => {
    const texts = (asArray(value) ?? [value]).filter((entry) => typeof entry === 'string' && entry.includes(' '));
    return texts.length === 0 || OTHER_FIELDS.test(name) ? [] : [`${name}: ${texts.join(' ')}`];
  });
  return messages.length === 0 ? undefined : messages.slice(0, MAX_ERRORS).join('; ');
}

/** OpenRouter: `metadata.raw` is the message or the body of the underlying provider (upstreams.md, section 4.6). */
function withRelayed(outer: PartialError, metadata: unknown, depth: number): PartialError {
  const raw = asText(asRecord(metadata)?.['raw']);
  const relayed = raw === undefined ? undefined : readString(raw, depth);
  if (relayed?.message === undefined) return outer;
  const message = outer.message === undefined ? relayed.message : `${outer.message}: ${relayed.message}`;
  return { ...relayed, ...outer, message };
}

function withoutUndefined(error: { readonly [K in keyof PartialError]: PartialError[K] | undefined }): PartialError {
  const { message, code, type, field, requestId, status } = error;
  return {
    ...(message !== undefined && message !== '' && { message }),
    ...(code !== undefined && { code }),
    ...(type !== undefined && { type }),
    ...(field !== undefined && { field }),
    ...(requestId !== undefined && { requestId }),
    ...(status !== undefined && { status }),
  };
}

/** Parses `data:{…}` and `event:error\ndata:{…}`, which DashScope and MiMo send as plain bodies. */
function parseEventText(text: string): unknown {
  if (!/^(data|event|id):/.test(text)) return undefined;
  const data = text.split(/\r?\n/).filter((line) => line.startsWith('data:')).map((line) => line.slice(5));
  return parseJson(data.join('\n'));
}

/** Reads only the start of an HTML page, which may be long and hostile. */
function describePage(html: string): string {
  const start = html.slice(0, 20_000);
  const title = /<title[^>]{0,200}>([^<]{1,500})</i.exec(start)?.[1]?.trim() ||
    /<h1[^>]{0,200}>([^<]{1,500})</i.exec(start)?.[1]?.trim();
  return title ? shorten(`an HTML page titled "${title}"`) : 'an HTML page';
}

const toCode = (value: unknown): string | undefined => (typeof value === 'number' ? String(value) : asText(value));

function toHttpStatus(value: unknown): number | undefined {
  const number = asNumber(typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value);
  return number !== undefined && number >= 400 && number <= 599 ? number : undefined;
}

const shorten = (text: string): string =>
  text.length > MAX_MESSAGE_LENGTH ? `${text.slice(0, MAX_MESSAGE_LENGTH)}…` : text;
