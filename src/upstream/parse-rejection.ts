/** Parses rejections: finds the limit, the form of ids or the field that a text names, and the repair for it. */
import { anyOf } from '../errors/wordings';
import { dropReasoning, renameReasoning } from '../translate/reshape-messages';
import type { CallIdForm } from '../translate/reshape-tools';
import type { ChatRequest, NativeOption } from '../wire/chat';

/** A provider's rejection of a request. */
export interface Rejection {
  /** Code, field and message, without the part of the request that a validator quotes. */
  readonly text: string;
  /** The path in `param` or `loc`: `messages.3.assistant.reasoning_content`. */
  readonly field: string;
}

/** Changes a request; returns the same object if there is nothing to change. */
export type Reshape = (chat: ChatRequest) => ChatRequest;

/** A change to the request that one kind of rejection requires. */
export interface Repair {
  /**
   * The name of the change, for the log and the note: the row's own name, unless it includes a value from the
   * rejection.
   */
  readonly name: string;
  readonly apply: Reshape;
  /** The dialect setting that would avoid the rejected call. */
  readonly dialect?: string;
}

/** A repair found by a row; the name defaults to the row's. */
export type RowRepair = Omit<Repair, 'name'> & { readonly name?: string };

/** Wordings that reject something as not allowed. */
export const REJECTED = anyOf(
  'unknown', 'unrecogni[sz]ed', 'unsupported', 'not (be )?support', 'not (permitted|allowed|valid|accepted)',
  'not (recogni[sz]ed|known|available|enabled|compatible)', 'extra[_ ](inputs?|fields?|forbidden)',
  'additional propert', 'unexpected', 'invalid', 'no such (field|parameter)', 'forbidden', 'illegal',
  'cannot (be )?(use|set|specif)', 'does not (exist|accept|take|allow)', '不支持', '无效',
  '(temperature|top_p|top_k|penalty)\\b.{0,40}((must|should) be|out of range)',
);

const LIMIT_FIELDS = ['max_completion_tokens', 'max_tokens'] as const;
type LimitField = (typeof LIMIT_FIELDS)[number];

/** A number, possibly with separators: `131,072`. */
const N = '(\\d[\\d,_]*)';
const numberOf = (text: string | undefined): number => Number((text ?? '').replace(/[,_]/g, '') || Number.NaN);

const RANGE = anyOf(`\\[\\s*${N}\\s*,\\s*${N}\\s*\\]`, `between ${N} and ${N}`, `from ${N} to ${N}`);
const AT_MOST = new RegExp(
  '(?:at most|<=|(?<=\\d) >|less than(?: or equal to)?|no (?:more|greater|larger|longer) than|up to|' +
  '(?:cannot|must not) exceed|' +
  'max(?:imum)?(?: (?:value|allowed|limit|output tokens|is|of|tokens))*|limit(?:ed to| of| is)?|supports?(?: only)?)' +
  `[^\\d.]{0,20}${N}`, 'gi');
const AT_LEAST = new RegExp(
  `(?:at least|>=|greater than or equal to|minimum(?: value)?(?: is| of)?)[^\\d.]{0,10}${N}`, 'i');

/**
 * Finds the limit in texts such as "Range of max_tokens should be [1, 65536]", "限制数值范围[1,131072]",
 * "max_tokens is too large: 100000. This model supports at most 16384 completion tokens".
 */
export function findTokenLimit(text: string, chat: ChatRequest): RowRepair | undefined {
  const field = LIMIT_FIELDS.find((name) => chat[name] !== undefined);
  const requested = field && chat[field];
  if (field === undefined || requested === undefined) return undefined;
  if (!/max_(completion_|output_|new_)?tokens|completion tokens/i.test(text)) return undefined;
  const [minimum, maximum] = readRange(text, requested);
  if (maximum > 0 && maximum < requested) {
    const lower = clamp(field, (value) => Math.min(value, maximum));
    return { name: `${field} at most ${maximum}`, apply: lower, dialect: `maxTokens: ${maximum}` };
  }
  if (!(minimum > requested && minimum < MAX_MINIMUM)) return undefined;
  return { name: `${field} at least ${minimum}`, apply: clamp(field, (value) => Math.max(value, minimum)) };
}

/** A minimum of this size or more is ignored: no provider requires so many tokens. */
const MAX_MINIMUM = 1_024;

/** Returns NaN for a limit that the text does not state; the requested value itself is not a limit. */
function readRange(text: string, requested: number): readonly [minimum: number, maximum: number] {
  const [low = Number.NaN, high = Number.NaN] = (RANGE.exec(text) ?? []).slice(1).map(numberOf).filter((n) => n >= 0);
  if (high > 0) return [low, high];
  const found = [...text.matchAll(AT_MOST)].map(([wording, number]) => {
    const isOpen = /less than/i.test(wording) && !/equal/i.test(wording);
    return numberOf(number) - (isOpen ? 1 : 0);
  });
  return [numberOf(AT_LEAST.exec(text)?.[1]), found.find((number) => number > 0 && number < requested) ?? Number.NaN];
}

function clamp(field: LimitField, limit: (value: number) => number): (chat: ChatRequest) => ChatRequest {
  return (chat) => {
    const value = chat[field];
    return value === undefined || limit(value) === value ? chat : { ...chat, [field]: limit(value) };
  };
}

/** Introduces a list of valid names: serde and pydantic list the names that they accept. */
const LISTED = anyOf(
  'expected (one of|any of|`)', '(should|must) be one of', 'did you mean',
  '(allowed|valid|supported|known|possible|available) (fields|parameters|arguments|values|options|keys|properties)',
);

/** Returns the text before a list of valid names. */
function dropValidNames(text: string): string {
  const start = text.search(LISTED);
  return start === -1 ? text : text.slice(0, start);
}

const UNKNOWN_NAME = anyOf(
  'unsupported', 'not support', 'unknown', 'unrecogni', 'unexpected', 'not permitted', 'extra[_ ]', 'deprecat',
  "use ['\"`]?max_",
);

/** Repairs "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", and vice versa. */
export function renameTokenLimit(text: string, chat: ChatRequest): RowRepair | undefined {
  const complaint = dropValidNames(text);
  const from = LIMIT_FIELDS.find((name) => chat[name] !== undefined && new RegExp(`\\b${name}\\b`).test(complaint));
  if (from === undefined || !UNKNOWN_NAME.test(text)) return undefined;
  const to = from === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
  const apply = (request: ChatRequest): ChatRequest => {
    const { [from]: value, ...rest } = request;
    return value === undefined ? request : { ...rest, [to]: value };
  };
  return { name: `${to} instead of ${from}`, apply, dialect: `maxTokensField: '${to}'` };
}

const LENGTH = anyOf(
  `\\{\\d*,${N}\\}`, `max(?:imum)?[ _]?length(?: of| is|:)?[^\\d]{0,5}${N}`,
  `(?:at most|up to|no (?:more|longer) than|exceeds?|limit(?:ed to)?(?: of)?|<=|maximum(?: of)?|than or equal to)` +
    `[^\\d]{0,30}${N}`,
  `\\bmax\\.? ${N}`,
);

/** Finds the limit in "Expected a string with maximum length 1024", "must be at most 64 characters", "{1,64}". */
export function findLengthLimit(text: string): number | undefined {
  const length = (LENGTH.exec(text) ?? []).slice(1).map(numberOf).find((number) => number > 0);
  return length !== undefined && length >= MIN_LENGTH ? length : undefined;
}

/** A smaller number is not a length limit. */
const MIN_LENGTH = 8;

/** Numbers as words: "exactly nine characters". */
const NUMBERS = new Map([['eight', 8], ['nine', 9], ['ten', 10], ['twelve', 12], ['sixteen', 16]]);
const EXACT = new RegExp(
  '(?:(?:with |have |has )?length(?: of)?|exactly|must be(?! exactly)|have(?! exactly)) (\\d+|[a-z]+)(?=\\W|$)|' +
  '\\{(\\d+)\\}|(\\d+)[- ](?:char|letter|digit)', 'gi');
const CALL_ID = /tool.{0,3}(call|use).{0,12}id\b|call[_ ]id|tool_calls\W{0,3}\d*\W{0,3}id\b|toolUseId/i;

/** Finds the required form of call ids in a rejection about them; undefined if it does not state one. */
export function findCallIdForm(text: string, field: string): CallIdForm | undefined {
  if (!CALL_ID.test(`${field} ${text}`)) return undefined;
  const alphanumeric = /a-z|alpha-?numeric|letters? (and|or) (digits|numbers)|pattern/i.test(text);
  const maxLength = findLengthLimit(text);
  if (maxLength !== undefined) return { length: maxLength, exact: false, alphanumeric };
  const exactly = [...text.matchAll(EXACT)]
    .flatMap(([, ...groups]) => groups.map((word = '') => NUMBERS.get(word.toLowerCase()) ?? numberOf(word)))
    .find((number) => number >= 4 && number <= 64);
  if (exactly !== undefined) return { length: exactly, exact: true, alphanumeric: true };
  return alphanumeric ? { length: 40, exact: false, alphanumeric } : undefined;
}

/** Fields that are essential, or that have their own repair rows. */
const INDISPENSABLE: ReadonlySet<string> = new Set([
  'model', 'messages', 'stream', 'tools', 'max_tokens', 'max_completion_tokens', 'response_format', 'modalities',
  'audio', 'native',
]);
/** Names that are also common words: they count only if the wording marks them as a field. */
const COMMON_WORDS: ReadonlySet<string> = new Set(['user', 'seed', 'stop', 'reasoning', 'thinking', 'n']);

/** Finds the field that a rejection names, if the request makes sense without it. */
export function findNamedField(text: string, field: string, chat: ChatRequest): keyof ChatRequest | undefined {
  const names = Object.keys(chat).filter((name): name is keyof ChatRequest => !INDISPENSABLE.has(name));
  const usable = names.filter((name) => chat[name] !== undefined && (name !== 'tool_choice' || isAuto(chat)));
  const [head] = field.split(/[.[]/);
  const complaint = dropValidNames(text);
  const named = usable.filter((name) => isNamed(name, complaint));
  // The first one in the text; later ones are explanations.
  return usable.find((name) => name === head) ?? named.sort((a, b) => complaint.indexOf(a) - complaint.indexOf(b))[0];
}

/** Optional fields of a Responses request, and how rejections name them. */
const NATIVE_OPTIONS: Readonly<Record<NativeOption, RegExp>> = {
  include: /\binclude\b/,
  store: /\bstore\b/,
  strict: /\bstrict\b/,
  instructions: /\binstructions\b/,
  summary: /reasoning\W{1,3}summary|\bsummary\b/,
  max_output_tokens: /\bmax_output_tokens\b/,
};

/** Finds the optional field of a Responses request that a rejection names; undefined for a Chat request. */
export function findNativeOption(text: string, field: string, { native }: ChatRequest): NativeOption | undefined {
  const complaint = `${field} ${dropValidNames(text)}`;
  const names = Object.keys(NATIVE_OPTIONS).filter((name): name is NativeOption => name in NATIVE_OPTIONS);
  return native && names.find((name) => !native.omit?.includes(name) && NATIVE_OPTIONS[name].test(complaint));
}

/** Omits a field of a Responses request. */
export const omitNative = (name: NativeOption): Reshape => (chat) =>
  ({ ...chat, native: { ...chat.native, omit: [...(chat.native?.omit ?? []), name] } });

/** Only "auto" is equivalent to an absent tool_choice. */
const isAuto = ({ tool_choice: choice }: ChatRequest): boolean => choice === 'auto';

function isNamed(name: string, text: string): boolean {
  if (!COMMON_WORDS.has(name)) return new RegExp(`\\b${name}\\b`).test(text);
  return anyOf(
    `(field|parameter|argument|property|key|option|supplied|input|invalid)s?:? ['"\`]?${name}\\b`,
    `(?<!role )['"\`]${name}['"\`]`, `\\b${name}\\b['"\`]? (is|are) not`, `\\b${name}: extra`,
  ).test(text);
}

const OTHER_FIELD = /\b(?:did you mean|use|instead|expected|allowed)\b.{0,20}['"`](reasoning(?:_content)?)['"`]/i;
const REASONING_FIELDS = ['reasoning_content', 'reasoning_details', 'reasoning'] as const;

/** Repairs "property 'messages.3.assistant.reasoning_content' is unsupported" (Cerebras, Groq). */
export function findReasoning({ text, field }: Rejection, chat: ChatRequest): RowRepair | undefined {
  const both = `${field} ${text}`;
  const rejected = REASONING_FIELDS.find((name) =>
    new RegExp(`\\b${name}\\b`).test(both) && chat.messages.some((message) => name in message));
  if (rejected === undefined || !REJECTED.test(text)) return undefined;
  if (rejected === 'reasoning' && chat.reasoning !== undefined && !/messages/.test(both)) return undefined;
  const other = OTHER_FIELD.exec(text)?.[1];
  const target = REASONING_FIELDS.find((name) => name === other && name !== rejected);
  return target === undefined || target === 'reasoning_details'
    ? { name: `no ${rejected} in messages`, apply: dropReasoning, dialect: "reasoningReplay: 'none'" }
    : {
        name: `${target} instead of ${rejected}`,
        apply: (request) => renameReasoning(request, target),
        dialect: `reasoningReplay: '${target}'`,
      };
}
