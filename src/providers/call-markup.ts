/**
 * Lists the tags of tool calls that arrive as text because the server does not parse them. The list follows the tool
 * parsers of vLLM and SGLang: a server that runs a model without its parser sends these tags to the client.
 */

export interface CallMarkup {
  readonly open: string;
  /** Absent if the block extends to the end of the response. */
  readonly close?: string;
  /** The tags are part of the call, as in `<invoke name="…">`. */
  readonly includesTags?: true;
}

/** Lists the spellings of a pair of tags: several families use full-width bars and blocks, or ASCII characters. */
function listSpellings(open: string, close: string, includesTags?: true): readonly CallMarkup[] {
  const bars = ['|', '｜'].flatMap((bar) => ['_', '▁'].map((space) => [bar, space] as const));
  const spell = (tag: string, [bar, space]: readonly [string, string]): string =>
    tag.replaceAll('|', bar).replaceAll('_', space);
  const more = includesTags && { includesTags };
  return bars.map((pair) => ({ open: spell(open, pair), close: spell(close, pair), ...more }));
}

const tag = (name: string): CallMarkup => ({ open: `<${name}>`, close: `</${name}>` });
const dsml = (name: string): readonly CallMarkup[] =>
  ['|', '｜'].flatMap((bar) =>
    ['', ' '].map((gap) => ({ open: `<${bar}DSML${bar}${gap}${name}>`, close: `</${bar}DSML${bar}${gap}${name}>` })),
  );

/** All tags, each with the parsers that read it. The longest matching opening tag is used. */
export const CALL_MARKUP: readonly CallMarkup[] = [
  // kimi_k2
  ...listSpellings('<|tool_calls_section_begin|>', '<|tool_calls_section_end|>'),
  // deepseek_v3, deepseek_v31, step3; also a single call without the enclosing section
  ...listSpellings('<|tool_calls_begin|>', '<|tool_calls_end|>'),
  ...listSpellings('<|tool_call_begin|>', '<|tool_call_end|>', true),
  // deepseek_v32, deepseek_v4, deepseek_v41
  ...dsml('function_calls'),
  ...dsml('tool_calls'),
  // hermes, qwen, qwen3_coder, qwen3_xml, glm45, glm47, ernie45, step3p5, nemotron_v3, mimo
  tag('tool_call'),
  // jamba, hunyuan_a13b, minimax (M1)
  tag('tool_calls'),
  // minimax_m2
  tag('minimax:tool_call'),
  // seed_oss
  tag('seed:tool_call'),
  // longcat
  tag('longcat_tool_call'),
  // olmo3, and Anthropic's own form
  tag('function_calls'),
  // nemotron
  tag('TOOLCALL'),
  // granite-20b-fc
  { open: '<function_call>', close: '</function_call>' },
  // qwen3_coder without its envelope
  { open: '<function=', close: '</function>', includesTags: true },
  { open: '<invoke name="', close: '</invoke>', includesTags: true },
  // llama4_pythonic
  { open: '<|python_start|>', close: '<|python_end|>' },
  // lfm2
  { open: '<|tool_call_start|>', close: '<|tool_call_end|>' },
  // internlm, interns1
  { open: '<|action_start|>', close: '<|action_end|>' },
  // cohere_command
  { open: '<|START_ACTION|>', close: '<|END_ACTION|>' },
  // apertus
  { open: '<|tools_prefix|>', close: '<|tools_suffix|>' },
  // functiongemma, gemma4
  { open: '<start_function_call>', close: '<end_function_call>' },
  { open: '<|tool_call>', close: '<tool_call|>' },
  // openai (gpt-oss)
  { open: '<|start|>assistant<|channel|>commentary to=', close: '<|call|>' },
  { open: '<|channel|>commentary to=', close: '<|call|>' },
  // granite, phi4_mini_json: a list that extends to the end of the response
  { open: '<|tool_call|>' },
  // llama3_json
  { open: '<|python_tag|>' },
  // mistral
  { open: '[TOOL_CALLS]' },
];

/** Lists how a response without tags begins if it is a call, without whitespace (llama3_json, xlam, pythonic, phi4). */
export const listBareCalls = (name: string): readonly string[] => [
  `{"name":"${name}"`,
  `[{"name":"${name}"`,
  `{"function":"${name}"`,
  `{"type":"function","name":"${name}"`,
  `{"type":"function","function":{"name":"${name}"`,
  `[{"type":"function","function":{"name":"${name}"`,
  `[${name}(`,
  `functools[{"name":"${name}"`,
  // gigachat3
  `functioncall<|role_sep|>{"name":"${name}"`,
];
