/** The ways in which models write tool calls as text when their server does not parse them (upstreams.md, section 4.8). */
import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../base/json';
import { NAMESPACED_CALL_TAG } from '../providers/families';

/** A call as the markup states it: JSON arguments, or named values whose types only the tool's schema knows. */
export interface MarkupCall {
  readonly name: string;
  readonly arguments?: JsonObject;
  readonly values?: ReadonlyMap<string, string>;
}

export interface MarkupFormat {
  /** What a block begins with. */
  readonly open: string;
  /** What it ends with; several calls may stand inside. */
  readonly close: string;
  /** Whether a block may still be a call after this much of it, its opener left out: prose about the markup is let go at once. */
  readonly plausible: (inner: string) => boolean;
  /** The calls of a whole block, its opener and closer left out; undefined when it is none. */
  readonly parse: (inner: string) => readonly MarkupCall[] | undefined;
}

const NAME = String.raw`[\w.:-]+`;

/** Longer openers stand before the shorter ones they contain. */
export const MARKUP_FORMATS: readonly MarkupFormat[] = [
  // Kimi K2: <|tool_call_begin|>functions.NAME:0<|tool_call_argument_begin|>{…}<|tool_call_end|>
  {
    open: '<|tool_calls_section_begin|>',
    close: '<|tool_calls_section_end|>',
    plausible: startsWith('<|tool_call_begin|>'),
    parse: parseTokens,
  },
  {
    open: '<|tool_call_begin|>',
    close: '<|tool_call_end|>',
    plausible: () => true,
    parse: (inner) => parseTokens(`<|tool_call_begin|>${inner}<|tool_call_end|>`),
  },
  // Hermes and Qwen: {json}; Qwen3-Coder: <function=…>; GLM: NAME<arg_key>…
  {
    open: '<tool_call>',
    close: '</tool_call>',
    plausible: (inner) => /^\s*($|\{|<|[\w.:-]+\s*($|<))/.test(inner),
    parse: parseEnvelope,
  },
  {
    open: '<function=',
    close: '</function>',
    plausible: (inner) => /^[\w.:-]*(>|$)/.test(inner),
    parse: (inner) => parseFunctions(`<function=${inner}</function>`),
  },
  // MiniMax and Anthropic style: <invoke name="…"><parameter name="…">
  {
    open: `<${NAMESPACED_CALL_TAG}>`,
    close: `</${NAMESPACED_CALL_TAG}>`,
    plausible: startsWith('<invoke name='),
    parse: parseInvokes,
  },
  { open: '<function_calls>', close: '</function_calls>', plausible: startsWith('<invoke name='), parse: parseInvokes },
  {
    open: '<invoke name="',
    close: '</invoke>',
    plausible: (inner) => /^[\w.:-]*("|$)/.test(inner),
    parse: (inner) => parseInvokes(`<invoke name="${inner}</invoke>`),
  },
];

function startsWith(word: string): (inner: string) => boolean {
  return (inner) => {
    const text = inner.trimStart();
    return text.startsWith(word) || word.startsWith(text);
  };
}

function parseTokens(text: string): readonly MarkupCall[] | undefined {
  const call =
    /<\|tool_call_begin\|>\s*(?:functions\.)?([\w.-]+?)(?::\d+)?\s*<\|tool_call_argument_begin\|>([\s\S]*?)<\|tool_call_end\|>/g;
  return all(text.matchAll(call), ([, name = '', json = '']) => jsonCall(name, parseJson(json.trim())));
}

function parseEnvelope(inner: string): readonly MarkupCall[] | undefined {
  const text = inner.trim();
  if (text.startsWith('{')) {
    const value = parseJson(text);
    const name = isJsonObject(value) ? value['name'] : undefined;
    const given = isJsonObject(value) ? (value['arguments'] ?? value['parameters'] ?? {}) : undefined;
    const call =
      typeof name === 'string' ? jsonCall(name, typeof given === 'string' ? parseJson(given) : given) : undefined;
    return call && [call];
  }
  return text.startsWith('<function=') ? parseFunctions(text) : parsePairs(text);
}

/** The closing tag of a parameter, or of the function, may be missing (Qwen3-Coder on vLLM). */
function parseFunctions(text: string): readonly MarkupCall[] | undefined {
  const call = new RegExp(`<function=(${NAME})>([\\s\\S]*?)(?:</function>|$)`, 'g');
  const parameter = new RegExp(`<parameter=(${NAME})>([\\s\\S]*?)(?=</parameter>|<parameter=|$)`, 'g');
  return all(text.matchAll(call), ([, name = '', body = '']) => valuesCall(name, body.matchAll(parameter)));
}

function parsePairs(text: string): readonly MarkupCall[] | undefined {
  const head = new RegExp(`^(${NAME})\\s*(?=<arg_key>|$)`).exec(text);
  if (!head?.[1]) return undefined;
  const pair = /<arg_key>([\s\S]*?)<\/arg_key>\s*<arg_value>([\s\S]*?)<\/arg_value>/g;
  return [valuesCall(head[1], text.matchAll(pair))];
}

function parseInvokes(text: string): readonly MarkupCall[] | undefined {
  const call = new RegExp(`<invoke name="(${NAME})"\\s*>([\\s\\S]*?)</invoke>`, 'g');
  const parameter = new RegExp(`<parameter name="(${NAME})"[^>]*>([\\s\\S]*?)</parameter>`, 'g');
  return all(text.matchAll(call), ([, name = '', body = '']) => valuesCall(name, body.matchAll(parameter)));
}

function jsonCall(name: string, value: JsonValue | undefined): MarkupCall | undefined {
  return isJsonObject(value) ? { name, arguments: value } : undefined;
}

function valuesCall(name: string, pairs: Iterable<RegExpMatchArray>): MarkupCall {
  return {
    name,
    values: new Map([...pairs].map(([, key = '', value = '']) => [key.trim(), value.replace(/^\n|\n$/g, '')])),
  };
}

/** Every match as a call; undefined when there is none or one cannot be read. */
function all(
  matches: Iterable<RegExpMatchArray>,
  read: (match: RegExpMatchArray) => MarkupCall | undefined,
): readonly MarkupCall[] | undefined {
  const calls = [...matches].map(read);
  const whole = calls.filter((call) => call !== undefined);
  return calls.length > 0 && whole.length === calls.length ? whole.flatMap((call) => (call ? [call] : [])) : undefined;
}
