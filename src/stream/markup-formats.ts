/** Reads the calls in a block of tool-call markup, for every model family (upstreams.md, section 4.8). */
import { isJsonObject, JsonProgress, parseJson, type JsonObject, type JsonValue } from '../base/json';
import { readPythonCalls } from './python-calls';

/** A call in markup: JSON arguments, or named values whose types come from the tool's schema. */
export interface MarkupCall {
  readonly name: string;
  readonly arguments?: JsonObject;
  readonly values?: ReadonlyMap<string, string>;
}

const NAME = String.raw`[\w.:-]+`;
/** Model families add a prefix to the same tags: `<｜DSML｜invoke`, `<steptml:invoke`. */
const PREFIX = String.raw`(?:\w+:|\|DSML\|\s?)?`;

/**
 * Whether a block may still be a call, judging by its beginning; prose about markup is passed on at once. A call begins
 * with JSON, a list, another tag, or a tool name and the beginning of its arguments.
 */
export const mayBeCall = (inner: string): boolean =>
  /^\s*(?:$|[{[<`|｜]|[\w.:-]+\s*(?:$|[<({[>"\n]))/.test(inner);

/** @returns the calls of a complete block; undefined if it contains none */
export function readMarkupCalls(inner: string): readonly MarkupCall[] | undefined {
  const text = normalizeTags(inner).trim();
  for (const read of READERS) {
    const calls = read(text);
    if (calls && calls.length > 0) return calls;
  }
  return undefined;
}

/** Replaces the full-width bars and `▁` in special tokens with ASCII characters; arguments stay unchanged. */
const normalizeTags = (text: string): string =>
  text.replace(/<\/?｜[^<>\n]{1,60}>/g, (tag) => tag.replaceAll('｜', '|').replaceAll('▁', '_'));

type ReadCalls = (text: string) => readonly MarkupCall[] | undefined;

/** The first parser that accepts a block is used; each recognizes its format by a tag or the first characters. */
const READERS: readonly ReadCalls[] = [
  readTokens, readFunctions, readInvokes, readPairs, readBraces, readNamedJson, readJsonList, readPython,
];

const TOKEN_CALL = new RegExp(
  '^\\s*(?:function\\s*<\\|tool_sep\\|>)?\\s*(?:functions\\.)?([\\w.-]+?)(?::\\d+)?\\s*' +
    '(?:<\\|tool_call_argument_begin\\|>|<\\|tool_sep\\|>|\\n)\\s*([\\s\\S]*)$',
);

/** `<|tool_call_begin|>functions.NAME:0<|tool_call_argument_begin|>{…}<|tool_call_end|>` and variants. */
function readTokens(text: string): readonly MarkupCall[] | undefined {
  if (!text.includes('<|tool_call_begin|>')) return undefined;
  const calls = text.split('<|tool_call_begin|>').slice(1).map((part) => {
    const body = part.split('<|tool_call_end|>')[0] ?? '';
    const invoked = readInvokes(body);
    if (invoked) return invoked[0];
    const [, name = '', json = ''] = TOKEN_CALL.exec(body) ?? [];
    return createJsonCall(name, parseJson(removeFence(json)));
  });
  return requireAll(calls);
}

/** `<function=NAME><parameter=KEY>value</parameter></function>`; closing tags may be missing (Qwen3-Coder on vLLM). */
function readFunctions(text: string): readonly MarkupCall[] | undefined {
  if (!text.includes('<function=')) return undefined;
  const parts = text.split('<function=').slice(1);
  return requireAll(parts.map((part) => {
    const [, name, body = ''] = new RegExp(`^(${NAME})>([\\s\\S]*?)(?:</function>|$)`).exec(part) ?? [];
    if (name === undefined) return undefined;
    const json = parseJson(body.trim());
    if (isJsonObject(json)) return { name, arguments: json };
    const parameter = new RegExp(`<parameter=(${NAME})>([\\s\\S]*?)(?=</parameter>|<parameter=|$)`, 'g');
    return createValuesCall(name, body.matchAll(parameter));
  }));
}

/** `<invoke name="NAME"><parameter name="KEY">value</parameter></invoke>`, with the prefixes of DSML and others. */
function readInvokes(text: string): readonly MarkupCall[] | undefined {
  const open = new RegExp(`<${PREFIX}invoke name="(${NAME})"\\s*>`, 'g');
  const heads = [...text.matchAll(open)];
  return heads.length === 0 ? undefined : requireAll(heads.map((head, at) => {
    const body = text.slice(head.index + head[0].length, heads[at + 1]?.index ?? text.length);
    const inner = body.split(new RegExp(`</${PREFIX}invoke>`))[0] ?? '';
    const json = parseJson(inner.trim());
    if (isJsonObject(json)) return { name: head[1] ?? '', arguments: json };
    const parameter = new RegExp(`<${PREFIX}parameter name="(${NAME})"[^>]*>([\\s\\S]*?)</${PREFIX}parameter>`, 'g');
    return createValuesCall(head[1] ?? '', inner.matchAll(parameter));
  }));
}

/** `NAME<arg_key>KEY</arg_key><arg_value>value</arg_value>` (GLM). */
function readPairs(text: string): readonly MarkupCall[] | undefined {
  const name = new RegExp(`^(${NAME})\\s*(?=<arg_key>|$)`).exec(text)?.[1];
  if (name === undefined) return undefined;
  const pair = /<arg_key>([\s\S]*?)<\/arg_key>\s*<arg_value>([\s\S]*?)<\/arg_value>/g;
  return [createValuesCall(name, text.matchAll(pair))];
}

/** `call:NAME{key:<escape>text<escape>,n:3}` (Gemma): unquoted keys, strings between special tokens. */
function readBraces(text: string): readonly MarkupCall[] | undefined {
  const calls = [...text.matchAll(new RegExp(`call:(${NAME})(\\{[\\s\\S]*?\\})\\s*(?=call:|$)`, 'g'))];
  if (calls.length === 0) return undefined;
  return requireAll(calls.map(([, name = '', braces = '']) => {
    const strings: string[] = [];
    const marked = braces.replace(/(<escape>|<\|"\|>)([\s\S]*?)\1/g, (_all, _mark, value: string) => {
      strings.push(JSON.stringify(value));
      return `\u0000${strings.length - 1}\u0000`;
    });
    const quoted = marked.replace(/([{,]\s*)([\w.-]+)(\s*:)/g, '$1"$2"$3');
    const json = quoted.replace(/\u0000(\d+)\u0000/g, (_all, at: string) => strings[Number(at)] ?? '');
    return createJsonCall(name, parseJson(json));
  }));
}

/** `NAME[ARGS]{…}` and `NAME{…}` (Mistral), `functions.NAME <|constrain|>json<|message|>{…}` (gpt-oss). */
function readNamedJson(text: string): readonly MarkupCall[] | undefined {
  const calls: (MarkupCall | undefined)[] = [];
  const head = new RegExp(
    `\\s*(?:\\[TOOL_CALLS\\])?(?:functions\\.)?(${NAME})(?:\\[CALL_ID\\][\\w-]*)?` +
      '(?:\\[ARGS\\]|\\s*<\\|[^>]*\\|>(?:\\s*(?:json|code)?\\s*<\\|message\\|>)?)?\\s*(?=\\{)', 'y');
  for (let at = 0; at < text.trimEnd().length; ) {
    head.lastIndex = at;
    const name = head.exec(text)?.[1];
    if (name === undefined) return undefined;
    const begin = head.lastIndex;
    at = begin + new JsonProgress().push(text.slice(begin));
    calls.push(createJsonCall(name, parseJson(text.slice(begin, at))));
  }
  return requireAll(calls);
}

/** One JSON object, several, or a list of objects, with or without a fence. */
function readJsonList(text: string): readonly MarkupCall[] | undefined {
  let rest = removeFence(text.replace(/^(?:<\|plugin\|>|functools|function call<\|role_sep\|>)\s*/, ''));
  const calls: (MarkupCall | undefined)[] = [];
  while (rest !== '') {
    if (!/^[{[]/.test(rest)) return undefined;
    const length = new JsonProgress().push(rest);
    const value = parseJson(rest.slice(0, length));
    for (const entry of Array.isArray(value) ? value : [value]) calls.push(readObjectCall(entry));
    rest = rest.slice(length).replace(/^[\s,;]+/, '');
  }
  return requireAll(calls);
}

function readPython(text: string): readonly MarkupCall[] | undefined {
  return readPythonCalls(text)?.map(([name, args]) => ({ name, arguments: Object.fromEntries(args) }));
}

/** `{"name", "arguments"}` and variants; `{"NAME": {…}}` if that is the only property. */
function readObjectCall(value: JsonValue | undefined): MarkupCall | undefined {
  if (!isJsonObject(value)) return undefined;
  if (isJsonObject(value['function'])) return readObjectCall(value['function']);
  const name = value['name'] ?? value['tool_name'] ?? value['function'];
  if (typeof name === 'string') {
    const given = value['arguments'] ?? value['parameters'] ?? value['args'] ?? {};
    return createJsonCall(name, typeof given === 'string' ? parseJson(given) : given);
  }
  const [property, ...others] = Object.entries(value);
  return property && others.length === 0 ? createJsonCall(...property) : undefined;
}

const removeFence = (text: string): string => /^\s*```\w*\s*([\s\S]*?)\s*```\s*$/.exec(text)?.[1] ?? text.trim();

const createJsonCall = (name: string, value: JsonValue | undefined): MarkupCall | undefined =>
  isJsonObject(value) && name !== '' ? { name, arguments: value } : undefined;

function createValuesCall(name: string, pairs: Iterable<RegExpMatchArray>): MarkupCall {
  return {
    name,
    values: new Map([...pairs].map(([, key = '', value = '']) => [key.trim(), value.replace(/^\n|\n$/g, '')])),
  };
}

/** Returns all calls; undefined if one cannot be read. */
function requireAll(calls: readonly (MarkupCall | undefined)[]): readonly MarkupCall[] | undefined {
  const read = calls.flatMap((call) => (call ? [call] : []));
  return read.length === calls.length ? read : undefined;
}
