/** Reads the free-form input of custom tools from the JSON arguments of a model, no matter where they are split. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CustomInputReader, readCustomInput } from '../../src/tools/custom';
import { TOOL_KINDS } from '../../src/tools/kinds';

const TEXTS = [
  '',
  'plain',
  'line 1\nline 2\r\n\ttab "quoted" \\ back / slash',
  'é ü 漢字 🌍🤔 e\u0301',
  '\u2028\u2029\u0000\u001f',
  '*** Begin Patch\n*** Add File: a "b".txt\n+{"input": "x"}\n*** End Patch',
];

/** JSON in which all but printable ASCII is escaped, surrogate pairs as two escapes. */
const escapeAll = (text: string): string =>
  JSON.stringify({ input: text }).replace(
    /[^ -~]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

function readPieces(pieces: readonly string[]): string {
  const reader = new CustomInputReader();
  return pieces.map((piece) => reader.push(piece)).join('');
}

const splitAt = (text: string, index: number): readonly string[] => [text.slice(0, index), text.slice(index)];

describe('CustomInputReader', () => {
  for (const text of TEXTS) {
    for (const json of [
      JSON.stringify({ input: text }),
      JSON.stringify({ input: text }, null, 2),
      escapeAll(text),
      escapeAll(text)
        .toUpperCase()
        .replace('INPUT', 'input')
        .replace(/\\U/g, '\\u')
        .replace(/\\([NRTBF])/g, (_, letter: string) => `\\${letter.toLowerCase()}`),
    ]) {
      if ((JSON.parse(json) as { input: string }).input !== text) continue;
      it(`reads ${json.slice(0, 60).replaceAll('\n', ' ')}`, () => {
        assert.equal(readPieces([json]), text);
        // A delta is a JSON string, so it may end in the middle of a surrogate pair.
        for (let index = 0; index <= json.length; index += 1)
          assert.equal(readPieces(splitAt(json, index)), text, `split at ${index}`);
        assert.equal(readPieces([...json].flatMap((char) => char.split(''))), text, 'one code unit at a time');
      });
    }
  }

  it('never releases half of a surrogate pair', () => {
    const json = escapeAll('a🌍b');
    const reader = new CustomInputReader();
    for (const unit of json.split('')) {
      const text = reader.push(unit);
      assert.ok(!/[\ud800-\udbff]$/.test(text), JSON.stringify(text));
    }
  });

  it('releases only prefixes of the complete text', () => {
    const json = JSON.stringify({ input: TEXTS.join('') });
    const reader = new CustomInputReader();
    let text = '';
    for (const unit of json.split('')) {
      text += reader.push(unit);
      assert.ok(TEXTS.join('').startsWith(text));
    }
  });

  const WITHOUT_INPUT = [
    '',
    '{}',
    '{"patch":"x"}',
    '{"a":1,"input":"x"}',
    '[ "input", "x"]',
    'plain text',
    '{"input":7}',
    '{"input":["x"]}',
    'null',
    '{"input"',
  ];
  for (const json of WITHOUT_INPUT) {
    it(`reads nothing from ${JSON.stringify(json)}`, () => assert.equal(readPieces([json]), ''));
  }

  it('ignores everything after the value', () => {
    assert.equal(readPieces(['{"input":"x","more":"y"}', 'z']), 'x');
    assert.equal(readPieces(['"input":"x"']), 'x');
  });

  it('releases unfinished text up to an incomplete escape', () => {
    assert.equal(readPieces(['{"input":"half an esc\\']), 'half an esc');
    assert.equal(readPieces(['{"input":"half a unit \\u00']), 'half a unit ');
    assert.equal(readPieces(['{"input":"half a pair \\ud83c']), 'half a pair ');
  });
});

describe('complete arguments', () => {
  const INPUTS: readonly (readonly [args: string, text: string])[] = [
    ['{"input":"x"}', 'x'],
    ['{"input":""}', ''],
    ['{"patch":"x"}', 'x'],
    ['{"code":"x"}', 'x'],
    ['{"command":"x","timeout":5}', 'x'],
    ['{"body":"x"}', 'x'],
    ['{"source":"x"}', 'x'],
    ['{"command":["apply_patch","x"]}', 'x'],
    ['{"command":["bash","-lc","x"]}', 'x'],
    ['{"command":[7]}', '{"command":[7]}'],
    ['{"input":"x","patch":"y"}', 'x'],
    ['{"a":"x","b":"y"}', '{"a":"x","b":"y"}'],
    ['{"a":1}', '{"a":1}'],
    ['{}', '{}'],
    ['"x"', 'x'],
    ['"{\\"input\\":\\"x\\"}"', 'x'],
    ['{"input":"{\\"input\\":\\"x\\"}"}', 'x'],
    ['{"input":"{\\"input\\":7}"}', '{"input":7}'],
    ['{"input":"{\\"other\\":\\"x\\"}"}', '{"other":"x"}'],
    ['*** Begin Patch', '*** Begin Patch'],
    ['{"input":"half', '{"input":"half'],
    ['[1]', '[1]'],
    ['', ''],
  ];
  for (const [args, text] of INPUTS)
    it(`${JSON.stringify(args)} is read as ${JSON.stringify(text)}`, () => assert.equal(readCustomInput(args), text));
});

describe('JavaScript in a code fence', () => {
  const CODE = 'const a = 1;\ntext(`${a}`);';
  /** Streams a call of `exec` in pieces of `size`. @returns its input, after checking that the deltas add up to it */
  function write(input: string, size: number): string {
    const place = { itemId: 'ctc_1', outputIndex: 0, callId: 'call_1' };
    const writer = TOOL_KINDS.custom.write({ kind: 'custom', name: 'exec' }, place);
    const json = JSON.stringify({ input });
    const pieces = json.match(new RegExp(`.{1,${size}}`, 'gs')) ?? [];
    const streamed = pieces.flatMap((piece) => writer.push(piece));
    const end = writer.end();
    const deltas = [...streamed, ...end.events].map((event) => ('delta' in event ? event.delta : '')).join('');
    assert.ok(end.item.type === 'custom_tool_call');
    assert.equal(deltas, end.item.input);
    return deltas;
  }
  const FORMS: readonly (readonly [name: string, input: string, code: string])[] = [
    ['no fence', CODE, CODE],
    ['a js fence', `\`\`\`js\n${CODE}\n\`\`\``, CODE],
    ['a javascript fence with whitespace around it', ` \n\`\`\`javascript\n${CODE}\n\`\`\`\n`, CODE],
    ['a bare fence', `\`\`\`\n${CODE}\n\`\`\``, CODE],
    ['a fence with another language', '```sh\nls\n```', '```sh\nls\n```'],
    ['an unclosed fence', '```js\nls', '```js\nls'],
    ['two fences', '```js\na\n```\n```js\nb\n```', '```js\na\n```\n```js\nb\n```'],
    ['a fence inside the text', 'a\n```js\nb\n```', 'a\n```js\nb\n```'],
  ];
  for (const [name, input, code] of FORMS) {
    it(name, () => {
      for (const size of [1, 3, 1_000]) assert.equal(write(input, size), code);
    });
  }
});
