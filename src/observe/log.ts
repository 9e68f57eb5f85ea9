/** Writes log lines as text or JSON; masks secrets, and hides conversations above level debug. */
import type { Clock } from '../base/clock';

/** From the least to the most important. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = 'text' | 'json';

/** Facts in addition to the message; values are written as JSON. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A line with separate text and JSON forms. */
export interface LogEntry {
  /** Identifies the line for programs. */
  readonly message: string;
  /** For programs. */
  readonly fields: LogFields;
  /** For people; lines after the first one are indented. */
  readonly lines: readonly string[];
}

/** Writes log lines; never throws. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  write(level: LogLevel, entry: LogEntry): void;
  /** Whether a message of this level would be written; check it before building expensive fields. */
  enabled(level: LogLevel): boolean;
}

export interface LoggerOptions {
  /** The least important level that is written. */
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Receives one whole line, including its line feed. */
  readonly write: (line: string) => void;
  /** Values that are masked, e.g. the API key. */
  readonly secrets?: readonly string[];
  /** Further values; those that are added later are masked from then on. */
  readonly laterSecrets?: readonly string[];
  readonly now?: Clock;
}

/** Fields that contain a conversation: their values are written at level debug only. */
const CONVERSATION = new Set([
  'arguments', 'body', 'chunk', 'content', 'delta', 'frame',
  'input', 'instructions', 'messages', 'output', 'prompt', 'text',
]);
const HIDDEN = '[only at level debug]';

interface Line {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
  readonly lines?: readonly string[];
}

/** Creates a logger that passes each line of `options.level` or above to `options.write`. */
export function createLogger(options: LoggerOptions): Logger {
  const lowest = LOG_LEVELS.indexOf(options.level);
  const redact = createRedactor(options.secrets, options.laterSecrets);
  const render = options.format === 'json' ? renderJson : renderText;
  const now = options.now ?? Date.now;
  const enabled = (level: LogLevel): boolean => LOG_LEVELS.indexOf(level) >= lowest;
  const write = (level: LogLevel, entry: Omit<Line, 'time' | 'level'>): void => {
    if (!enabled(level)) return;
    options.write(render({ ...entry, time: now(), level }, redact));
  };
  const writer =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      write(level, { message, fields });
  return {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
    write,
    enabled,
  };
}

type RenderLine = (line: Line, redact: (text: string) => string) => string;

const renderJson: RenderLine = ({ time, level, message, fields }, redact) => {
  const head = { time: new Date(time).toISOString(), level, message };
  return `${redact(toJson({ ...head, ...fields, ...head }, level) ?? JSON.stringify(head))}\n`;
};

/** Maximum width of a line above level debug; longer text continues on further lines, each with time and level. */
const TEXT_WIDTH = 120;

const INDENT = '    ';

const renderText: RenderLine = ({ time, level, message, fields, lines }, redact) => {
  const head = `${renderLocalTime(time)} ${level.padEnd(5)} `;
  const texts = lines ?? [renderFields(message, fields, level), ...readStack(fields)];
  let rendered = '';
  for (const [index, text] of texts.entries()) {
    const clean = (index === 0 ? '' : INDENT) + redact(escapeControls(text));
    const parts = level === 'debug' ? [clean] : breakLine(clean, TEXT_WIDTH - head.length);
    for (const part of parts) rendered += `${head}${part}\n`;
  }
  return rendered;
};

/** Renders local time with its offset from UTC: `2026-11-28 17:02:23+08:00`. */
export function renderLocalTime(milliseconds: number): string {
  const offset = -new Date(milliseconds).getTimezoneOffset();
  const [date, time] = new Date(milliseconds + offset * 60_000).toISOString().split(/[T.]/);
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((part) =>
    String(part).padStart(2, '0'));
  return `${date} ${time}${offset < 0 ? '-' : '+'}${hours}:${minutes}`;
}

/** Breaks a line between words, or within a word that is too long; continuation lines are indented further. */
function breakLine(text: string, width: number): readonly string[] {
  const indent = (/^ */.exec(text)?.[0] ?? '') + INDENT;
  const lines: string[] = [];
  let at = 0;
  while (text.length - at > width - (at === 0 ? 0 : indent.length)) {
    const limit = at + width - (at === 0 ? 0 : indent.length);
    const space = text.lastIndexOf(' ', limit);
    const end = space > at + indent.length ? space : limit;
    lines.push((at === 0 ? '' : indent) + text.slice(at, end));
    at = text[end] === ' ' ? end + 1 : end;
  }
  lines.push((at === 0 ? '' : indent) + text.slice(at));
  return lines;
}

function renderFields(message: string, { stack: _stack, ...fields }: LogFields, level: LogLevel): string {
  const parts = Object.entries(fields).map(([name, value]) => [name, renderValue(name, value, level)] as const);
  return [message, ...parts.flatMap(([name, text]) => (text === undefined ? [] : [`${name}=${text}`]))].join(' ');
}

const readStack = ({ stack }: LogFields): readonly string[] => (typeof stack === 'string' ? stack.split('\n') : []);

function renderValue(name: string, value: unknown, level: LogLevel): string | undefined {
  if (typeof value === 'string' && !isHidden(name, level) && /^[\w./:@+-]+$/.test(value)) return value;
  const json = toJson({ [name]: value }, level);
  return json === '{}' || json === undefined ? undefined : json.slice(json.indexOf(':') + 1, -1);
}

function isHidden(name: string, level: LogLevel): boolean {
  return level !== 'debug' && CONVERSATION.has(name);
}

/** Serializes any value; `undefined` if that fails, e.g. because of a cycle. */
function toJson(value: object, level: LogLevel): string | undefined {
  try {
    return JSON.stringify(value, (name, inner: unknown) => {
      if (isHidden(name, level)) return HIDDEN;
      if (inner instanceof Error) return `${inner.name}: ${inner.message}`;
      return typeof inner === 'bigint' ? String(inner) : inner;
    });
  } catch {
    return undefined;
  }
}

/**
 * Messages can quote text from outside: line feeds must not forge lines, and escape sequences must not reach a
 * terminal.
 */
function escapeControls(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

const MASK = '[redacted]';

/** Shorter values may occur anywhere by chance. */
const MIN_SECRET_LENGTH = 4;

/** Advice contains `AI_API_KEY=sk-sp-…` and `AI_API_KEY="$OTHER_KEY"`: a placeholder, and the name of a variable. */
const NO_SECRET = '(?!(?:[A-Za-z_-]{0,12}(?:…|\\.{3})|\\$(?:env:)?\\w+_(?:key|token))(?:[\\s"\',;]|$))';

/** Patterns of secrets whose value is unknown: what precedes the value, which is preserved, and the value. */
const SHAPES = ([
  [/\b(Bearer\s+)/, /[\w.~+/=-]+/],
  [/\b(sk-)/, /[\w-]{4,}/],
  [/(authorization\\?["']?\s*[:=]\s*\\?["']?)(?!Bearer\s)(?:(?:basic|token)\s+)?/, /[^\s"'\\,;}]+/],
  [/((?:api|access|auth|secret)[-_]?(?:key|token)\\?["']?\s*[:=]\s*\\?["']?)/, /[^\s"'\\,;&}]+/],
  [/((?:password|secret|cookie)\\?["']?\s*[:=]\s*\\?["']?)/, /[^\s"'\\,;&}]+/],
  [/([?&](?:key|token)=)/, /[^\s"'\\&#]+/],
  [/(:\/\/)/, /[^\s/@"'\\]+(?=@)/],
] as const).map(([before, value]) => new RegExp(`${before.source}${NO_SECRET}${value.source}`, 'gi'));

/**
 * @param secrets values to mask, e.g. the API key; empty and very short ones are ignored
 * @param later further values; more may be added at any time
 * @returns a function that masks those values, also JSON-escaped or URL-encoded, and everything that looks like a key:
 *   `Bearer …`, `sk-…`, `api_key=…`, a password in a URL
 */
export function createRedactor(
  secrets: readonly string[] = [], later: readonly string[] = [],
): (text: string) => string {
  let count = later.length;
  let mask = createMask([...secrets, ...later]);
  return (text) => {
    if (later.length !== count) mask = createMask([...secrets, ...later]);
    count = later.length;
    let clean = mask(text);
    for (const shape of SHAPES) clean = clean.replace(shape, `$1${MASK}`);
    return clean;
  };
}

/** Returns the values of environment variables whose names say that they are secret; they must not be logged. */
export const listSecretVariables = (
  env: Readonly<Record<string, string | undefined>>,
): readonly (string | undefined)[] =>
  Object.keys(env).filter((name) => /_(KEY|TOKEN|SECRET|PASSWORD)(_\d+)?$/.test(name)).map((name) => env[name]);

/** Returns a function that masks only these values, also JSON-escaped or URL-encoded. */
export function createMask(secrets: readonly string[]): (text: string) => string {
  const usable = secrets.filter((secret) => secret.length >= MIN_SECRET_LENGTH);
  // Longest first: a secret may contain another one.
  const known = [...new Set(usable.flatMap(listEncodedForms))].sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, MASK);
    return clean;
  };
}

function listEncodedForms(secret: string): readonly string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
}
