/** Tool-call markup of every family that vLLM and SGLang have a parser for, at once and character by character. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../src/base/json';
import type { ChatTool } from '../../src/wire/chat';
import type { Signal } from '../../src/stream/signal';
import { ToolMarkupStage } from '../../src/stream/tool-markup';

const PARAMETERS: JsonObject = {
  type: 'object',
  properties: { cmd: { type: 'string' }, days: { type: 'integer' }, all: { type: 'boolean' } },
};
const tool = (name: string): ChatTool => ({ type: 'function', function: { name, parameters: PARAMETERS } });
const TOOLS = [tool('run'), tool('look_up')];

const ARGS = '{"cmd": "ls -la", "days": 3, "all": true}';
const VALUE = { cmd: 'ls -la', days: 3, all: true };
const tags = (key: string): string =>
  Object.entries({ cmd: 'ls -la', days: '3', all: 'true' })
    .map(([name, text]) => key.replace('K', name).replace('V', text))
    .join('\n');
const BARS = '<｜tool▁calls▁begin｜>';

/** Parsers of vLLM and SGLang, each with a call of `run` as its models write it. */
const FAMILIES: Readonly<Record<string, string>> = {
  hermes: `<tool_call>\n{"name": "run", "arguments": ${ARGS}}\n</tool_call>`,
  'qwen3_coder, qwen3_xml, step3p5':
    `<tool_call>\n<function=run>\n${tags('<parameter=K>\nV\n</parameter>')}\n</function>\n` +
    '</tool_call>',
  'qwen3_coder without an envelope': `<function=run>${tags('<parameter=K>V</parameter>')}</function>`,
  'glm45, glm47': `<tool_call>run\n${tags('<arg_key>K</arg_key>\n<arg_value>V</arg_value>')}\n</tool_call>`,
  kimi_k2:
    '<|tool_calls_section_begin|><|tool_call_begin|>functions.run:0<|tool_call_argument_begin|>' +
    `${ARGS}<|tool_call_end|><|tool_calls_section_end|>`,
  deepseek_v3:
    `${BARS}<｜tool▁call▁begin｜>function<｜tool▁sep｜>run\n\`\`\`json\n${ARGS}\n\`\`\`<｜tool▁call▁end｜>` +
    '<｜tool▁calls▁end｜>',
  deepseek_v31: `${BARS}<｜tool▁call▁begin｜>run<｜tool▁sep｜>${ARGS}<｜tool▁call▁end｜><｜tool▁calls▁end｜>`,
  'deepseek_v31 in plain characters':
    `<|tool_calls_begin|><|tool_call_begin|>run<|tool_sep|>${ARGS}<|tool_call_end|>` +
    '<|tool_calls_end|>',
  'deepseek_v31 without a section': `<｜tool▁call▁begin｜>run<｜tool▁sep｜>${ARGS}<｜tool▁call▁end｜>`,
  deepseek_v32:
    `<｜DSML｜function_calls>\n<｜DSML｜invoke name="run">\n` +
    `${tags('<｜DSML｜parameter name="K" string="true">V</｜DSML｜parameter>')}\n` +
    '</｜DSML｜invoke>\n</｜DSML｜function_calls>',
  'deepseek_v32 in plain characters':
    `<|DSML|function_calls>\n<|DSML|invoke name="run">\n` +
    `${tags('<|DSML|parameter name="K" string="true">V</|DSML|parameter>')}\n` +
    '</|DSML|invoke>\n</|DSML|function_calls>',
  'deepseek_v32 with JSON':
    `<｜DSML｜function_calls>\n<｜DSML｜invoke name="run">\n${ARGS}\n</｜DSML｜invoke>\n` +
    '</｜DSML｜function_calls>',
  deepseek_v4:
    `<｜DSML｜tool_calls>\n<｜DSML｜invoke name="run">\n${tags('<｜DSML｜parameter name="K">V</｜DSML｜parameter>')}\n` +
    '</｜DSML｜invoke>\n</｜DSML｜tool_calls>',
  minimax_m2:
    `<minimax:tool_call>\n<invoke name="run">\n${tags('<parameter name="K">V</parameter>')}\n</invoke>\n` +
    `</minimax:tool_call>`,
  'minimax, hunyuan_a13b, jamba': `<tool_calls>\n[{"name": "run", "arguments": ${ARGS}}]\n</tool_calls>`,
  'minimax, one object a line': `<tool_calls>\n{"name": "run", "arguments": ${ARGS}}\n</tool_calls>`,
  seed_oss: `<seed:tool_call>\n<function=run>\n${tags('<parameter=K>V</parameter>')}\n</function>\n</seed:tool_call>`,
  step3:
    '<｜tool_calls_begin｜><｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name="run">' +
    `${tags('<steptml:parameter name="K">V</steptml:parameter>')}</steptml:invoke><｜tool_call_end｜><｜tool_calls_end｜>`,
  longcat: `<longcat_tool_call>{"name": "run", "arguments": ${ARGS}}</longcat_tool_call>`,
  ernie45: `<tool_call>\n{"name":"run","arguments":${ARGS}}\n</tool_call>\n`,
  'granite, phi4 list': `<|tool_call|>[{"name": "run", "arguments": ${ARGS}}]`,
  'granite-20b-fc': `<function_call> {"name": "run", "arguments": ${ARGS}}</function_call>`,
  phi4_mini_json: `functools[{"name": "run", "arguments": ${ARGS}}]`,
  'internlm, interns1': `<|action_start|><|plugin|>{"name": "run", "parameters": ${ARGS}}<|action_end|>`,
  llama3_json: `{"name": "run", "parameters": ${ARGS}}`,
  'llama3_json after its token': `<|python_tag|>{"type": "function", "name": "run", "parameters": ${ARGS}}`,
  'pythonic, llama4_pythonic': '[run(cmd="ls -la", days=3, all=True)]',
  'llama4_pythonic with tokens': "<|python_start|>[run(cmd='ls -la', days=3, all=True)]<|python_end|>",
  lfm2: "<|tool_call_start|>[run(cmd='ls -la', days=3, all=True)]<|tool_call_end|>",
  olmo3: '<function_calls>run(cmd="ls -la", days=3, all=True)</function_calls>',
  mistral: `[TOOL_CALLS][{"name": "run", "arguments": ${ARGS}}]`,
  'mistral since v11': `[TOOL_CALLS]run[ARGS]${ARGS}`,
  xlam: `[{"name": "run", "arguments": ${ARGS}}]`,
  nemotron: `<TOOLCALL>[{"name": "run", "arguments": ${ARGS}}]</TOOLCALL>`,
  cohere_command: `<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "run", "parameters": ${ARGS}}]<|END_ACTION|>`,
  apertus: `<|tools_prefix|>[{"run": ${ARGS}}]<|tools_suffix|>`,
  functiongemma: '<start_function_call>call:run{cmd:<escape>ls -la<escape>,days:3,all:true}<end_function_call>',
  gemma4: '<|tool_call>call:run{cmd:<|"|>ls -la<|"|>,days:3,all:true}<tool_call|>',
  'openai (gpt-oss)': `<|channel|>commentary to=functions.run <|constrain|>json<|message|>${ARGS}<|call|>`,
  gigachat3: `function call<|role_sep|>\n{"name": "run", "arguments": ${ARGS}}`,
};

function runStage(pieces: readonly string[]): readonly Signal[] {
  const stage = new ToolMarkupStage({ tools: TOOLS, makeId: (prefix) => `${prefix}_1` });
  return [
    ...pieces.flatMap((text) => stage.step({ type: 'text-delta', text })),
    ...stage.step({ type: 'finish', reason: 'stop' }),
    ...stage.end(),
  ];
}

const textOf = (signals: readonly Signal[]): string =>
  signals.flatMap((signal) => (signal.type === 'text-delta' ? [signal.text] : [])).join('');
const callsOf = (signals: readonly Signal[]): readonly unknown[] =>
  signals.flatMap((signal) => (signal.type === 'call-delta' ? [JSON.parse(signal.text)] : []));

describe('markup becomes a call', () => {
  for (const [family, text] of Object.entries(FAMILIES)) {
    it(family, () => {
      for (const pieces of [[text], [...text], text.match(/[\s\S]{1,7}/g) ?? []]) {
        const signals = runStage(pieces);
        assert.deepEqual(callsOf(signals), [VALUE], textOf(signals));
        assert.equal(textOf(signals).trim(), '');
      }
    });
  }
});

/** Text that must stay text, even if it looks like markup. */
const PROSE = [
  'Use <tool_call> tags for calls.',
  'a < b and [1, 2] and `<tool_call>{"name":"run"}</tool_call>` in code',
  '```\n<tool_call>{"name":"run","arguments":{}}</tool_call>\n```\n',
  '<tool_call>{"name":"unknown","arguments":{}}</tool_call>',
  '{"name": "Rome", "parameters": {}}', '{"name": "runner"}', '[run over] is a phrase',
  '[1, 2, 3]', 'functools is a module.',
  'function calls are easy', '[TOOL_CALLS] is a token',
  '{"name": "run" is how it begins', '<', '[', '{', 'f',
];

describe('prose stays text', () => {
  for (const text of PROSE) {
    it(text, () => {
      for (const pieces of [[text], [...text]]) assert.equal(textOf(runStage(pieces)), text);
    });
  }
});

it('reads several calls, and the text after them', () => {
  const two = `[TOOL_CALLS]run[ARGS]{"cmd":"a"}[TOOL_CALLS]look_up[ARGS]{"cmd":"b"}`;
  assert.deepEqual(callsOf(runStage([...two])), [{ cmd: 'a' }, { cmd: 'b' }]);
  const block = '<tool_call>{"name":"run","arguments":{"cmd":"a"}}</tool_call>';
  const signals = runStage([...`Look:\n${block}\n${block}\nDone.`]);
  assert.deepEqual(callsOf(signals), [{ cmd: 'a' }, { cmd: 'a' }]);
  assert.equal(textOf(signals), 'Look:\nDone.');
});
