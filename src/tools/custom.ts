/** Translates custom (free-form) tools such as apply_patch: one string argument for models, raw text for clients. */
import {
  asRecord, asString, asText, isJsonObject, type JsonValue, parseJson, toWellFormed, type UnknownRecord,
} from '../base/json';
import type { OutputCustomToolCall, OutputStatus } from '../wire/responses-output';
import { readDeclaration, readTarget } from './function';
import type { CallPosition, CallTarget, CallWriter, ToolKind } from './kind';
import { APPLY_PATCH, PatchProgress, repairPatch, type Repaired } from './patch';

/** The grammar becomes part of the description, because Chat Completions has no field for it. */
export const customKind: ToolKind<'custom'> = {
  itemType: 'custom_tool_call',
  idPrefix: 'ctc',
  /** The Responses form is flat; the Chat form `{type, custom: {…}}` is accepted too. */
  declare(declared, context) {
    const tool = asRecord(declared['custom']) ?? declared;
    const offered = readDeclaration('custom', tool, context, renderDescription(tool));
    if (offered === undefined) return;
    context.offer({
      ...offered,
      parameters: {
        type: 'object',
        properties: {
          [INPUT_KEY]: { type: 'string', description: `The complete input of ${offered.target.name}, as plain text.` },
        },
        required: [INPUT_KEY],
        additionalProperties: false,
      },
    });
  },
  read: (item) => ({
    kind: 'custom',
    ...readTarget(item),
    arguments: JSON.stringify({ [INPUT_KEY]: asString(item['input']) ?? '' }),
  }),
  write: createCustomWriter,
};

function renderDescription(tool: UnknownRecord): string {
  const rule =
    `Pass the whole text as the one string argument "${INPUT_KEY}": raw text, not JSON, no code fence, no heredoc.`;
  const format = asRecord(tool['format']);
  const { syntax, definition } = asRecord(format?.['grammar']) ?? format ?? {};
  const text = asText(definition);
  const grammar = text === undefined ? '' : `The text must match this ${asText(syntax) ?? ''} grammar:\n${text}`;
  return [asText(tool['description']), rule, grammar].filter((part) => part !== undefined && part !== '').join('\n\n');
}

/**
 * Streams the unescaped text as `custom_tool_call_input.delta`; text that a repair may still change is sent at the end.
 */
function createCustomWriter(target: CallTarget, position: CallPosition): CallWriter<OutputCustomToolCall> {
  const at = { item_id: position.itemId, output_index: position.outputIndex };
  const reader = new CustomInputReader();
  const progress = target.name === APPLY_PATCH ? new PatchProgress() : new PlainProgress();
  let args = '';
  let sent = '';
  const createItem = (status: OutputStatus, input: string): OutputCustomToolCall => ({
    type: 'custom_tool_call',
    id: position.itemId,
    call_id: position.callId,
    name: target.name,
    ...(target.namespace !== undefined && { namespace: target.namespace }),
    input,
    status,
  });
  const toDelta = (delta: string) => ({ type: 'response.custom_tool_call_input.delta', ...at, delta }) as const;
  return {
    begin: () => createItem('in_progress', ''),
    push(text) {
      args += text;
      const fresh = progress.push(reader.push(text));
      if (fresh === '') return [];
      sent += fresh;
      return [toDelta(fresh)];
    },
    end() {
      const { text: input, repairs } = finishInput(target.name, toWellFormed(readCustomInput(args)), sent);
      const rest = input.slice(sent.length);
      return {
        events: [
          ...(rest === '' ? [] : [toDelta(rest)]),
          { type: 'response.custom_tool_call_input.done', ...at, input },
        ],
        item: createItem('completed', input),
        notes: repairs.map((repair) => `${target.name}: ${repair}`),
      };
    },
  };
}

/** Streams input that is not a patch. Holds input that begins like JSON or a code fence, which may be unwrapped. */
class PlainProgress {
  private state: 'blank' | 'plain' | 'held' = 'blank';
  private blanks = '';

  push(text: string): string {
    if (this.state === 'held') return '';
    if (this.state === 'plain') return text;
    const first = text.trimStart()[0];
    if (first === undefined) this.blanks += text;
    else this.state = first === '{' || first === '`' ? 'held' : 'plain';
    return this.state === 'plain' ? this.blanks + text : '';
  }
}

/** Repairs the complete input. A repair that contradicts text already sent is discarded. */
function finishInput(name: string, input: string, sent: string): Repaired {
  const repaired = name === APPLY_PATCH ? repairPatch(input) : withoutFence(input);
  if (repaired.text.startsWith(sent)) return repaired;
  return { text: input.startsWith(sent) ? input : sent, repairs: [] };
}

/** In code mode, JavaScript in a code fence is a syntax error (openai/codex#33405). Fences of other languages stay. */
function withoutFence(text: string): Repaired {
  const code = /^\s*```(?:js|javascript|mjs|jsx|ts|typescript)?[ \t]*\r?\n(.*?)\r?\n?[ \t]*```\s*$/s.exec(text)?.[1];
  if (code === undefined || code.includes('```')) return { text, repairs: [] };
  return { text: code, repairs: ['removed a code fence'] };
}

/** The name of the argument that contains the text, and the names that models use instead. */
const INPUT_KEY = 'input';
const OTHER_KEYS = ['patch', 'text', 'content', 'code', 'source', 'script', 'command', 'cmd', 'diff'];

type InputState = 'before' | 'key' | 'colon' | 'value' | 'after';

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  '"': '"',
  '\\': '\\',
  '/': '/',
};

/**
 * Unescapes the string value of `{"input": "…"}` incrementally. Escapes and surrogate pairs may be split anywhere, so
 * an unfinished escape or a high surrogate is held until the next chunk.
 */
export class CustomInputReader {
  private state: InputState = 'before';
  private key = '';
  private escape = '';

  /** @returns the newly decoded text; empty if the arguments do not have the expected form */
  push(json: string): string {
    let text = '';
    let at = 0;
    while (at < json.length && this.state !== 'after') {
      // Text without quotes and escapes is copied in one piece: a string that grows by characters takes much memory.
      const end = this.state === 'value' && this.escape === '' ? findPlainEnd(json, at) : at;
      text += end > at ? json.slice(at, end) : this.readChar(json.charAt(at));
      at = Math.max(end, at + 1);
    }
    return this.holdHighSurrogate(text);
  }

  private highSurrogate = '';

  private holdHighSurrogate(text: string): string {
    const joined = this.highSurrogate + text;
    const last = joined.charCodeAt(joined.length - 1);
    const isSplit = last >= 0xd800 && last <= 0xdbff;
    this.highSurrogate = isSplit ? joined.slice(-1) : '';
    return toWellFormed(isSplit ? joined.slice(0, -1) : joined);
  }

  private readChar(char: string): string {
    switch (this.state) {
      case 'before':
        if (char === '"') this.state = 'key';
        else if (!/[\s{]/.test(char)) this.state = 'after';
        return '';
      case 'key':
        if (char === '"') this.state = this.key === INPUT_KEY ? 'colon' : 'after';
        else this.key += char;
        return '';
      case 'colon':
        if (char === '"') this.state = 'value';
        else if (!/[\s:]/.test(char)) this.state = 'after';
        return '';
      case 'value':
        return this.readValueChar(char);
      case 'after':
        return '';
      default:
        return this.state satisfies never;
    }
  }

  private readValueChar(char: string): string {
    if (this.escape === '') {
      if (char === '"') this.state = 'after';
      else if (char === '\\') this.escape = char;
      else return char;
      return '';
    }
    this.escape += char;
    if (this.escape[1] === 'u') {
      if (this.escape.length < 6) return '';
      const unit = Number.parseInt(this.escape.slice(2), 16);
      this.escape = '';
      return Number.isNaN(unit) ? '' : String.fromCharCode(unit);
    }
    this.escape = '';
    return ESCAPES[char] ?? char;
  }
}

/** Returns the index of the next quote or backslash, or the length. */
function findPlainEnd(json: string, from: number): number {
  let at = from;
  while (at < json.length && json[at] !== '"' && json[at] !== '\\') at += 1;
  return at;
}

/**
 * Extracts the text from the complete arguments, however the model wrapped it: under another key, as bare text, or
 * encoded twice.
 */
export function readCustomInput(args: string): string {
  const value = parseJson(args);
  if (typeof value === 'string') return unwrapAgain(value);
  if (!isJsonObject(value)) return args;
  const named = [INPUT_KEY, ...OTHER_KEYS].map((key) => toLastText(value[key])).find((entry) => entry !== undefined);
  const only = Object.values(value).filter((entry) => typeof entry === 'string');
  const text = named ?? (only.length === 1 ? only[0] : undefined);
  return typeof text === 'string' ? unwrapAgain(text) : args;
}

/** Returns a string itself, or the last argument of a command line: `{"command": ["apply_patch", "…"]}`. */
function toLastText(value: JsonValue | undefined): string | undefined {
  const last = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === 'string' ? last : undefined;
}

/** Decodes `"{\"input\":\"…\"}"`: some models encode the arguments twice. */
function unwrapAgain(text: string): string {
  if (!/^\s*\{\s*"input"\s*:/.test(text)) return text;
  const inner = parseJson(text);
  return isJsonObject(inner) && typeof inner[INPUT_KEY] === 'string' ? inner[INPUT_KEY] : text;
}
