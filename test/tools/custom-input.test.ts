/** Free-form text is read from the JSON that a model writes, no matter where it is split. */
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

/** JSON with every non-ASCII character escaped, surrogate pairs as two escapes. */
const escaped = (text: string): string =>
  JSON.stringify({ input: text }).replace(
    /[^ -~]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

function readIn(pieces: readonly string[]): string {
  const reader = new CustomInputReader();
  return pieces.map((piece) => reader.push(piece)).join('');
}

const splitAt = (text: string, index: number): readonly string[] => [text.slice(0, index), text.slice(index)];

describe('the reader', () => {
  for (const text of TEXTS) {
    for (const json of [
      JSON.stringify({ input: text }),
      JSON.stringify({ input: text }, null, 2),
      escaped(text),
      escaped(text)
        .toUpperCase()
        .replace('INPUT', 'input')
        .replace(/\\U/g, '\\u')
        .replace(/\\([NRTBF])/g, (_, letter: string) => `\\${letter.toLowerCase()}`),
    ]) {
      if ((JSON.parse(json) as { input: string }).input !== text) continue;
      it(`reads ${json.slice(0, 60).replaceAll('\n', ' ')}`, () => {
        assert.equal(readIn([json]), text);
        // Deltas are strings of JSON: a cut inside a surrogate pair is a cut inside a character.
        for (let index = 0; index <= json.length; index += 1)
          assert.equal(readIn(splitAt(json, index)), text, `cut at ${index}`);
        assert.equal(readIn([...json].flatMap((char) => char.split(''))), text, 'unit by unit');
      });
    }
  }

  it('never releases half a pair', () => {
    const json = escaped('a🌍b');
    const reader = new CustomInputReader();
    for (const unit of json.split('')) {
      const text = reader.push(unit);
      assert.ok(!/[\ud800-\udbff]$/.test(text), JSON.stringify(text));
    }
  });

  it('only grows: the released text is a prefix of the complete text', () => {
    const json = JSON.stringify({ input: TEXTS.join('') });
    const reader = new CustomInputReader();
    let text = '';
    for (const unit of json.split('')) {
      text += reader.push(unit);
      assert.ok(TEXTS.join('').startsWith(text));
    }
  });

  const OTHERS = [
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
  for (const json of OTHERS) it(`reads nothing out of ${JSON.stringify(json)}`, () => assert.equal(readIn([json]), ''));

  it('reads nothing after the value', () => {
    assert.equal(readIn(['{"input":"x","more":"y"}', 'z']), 'x');
    assert.equal(readIn(['"input":"x"']), 'x');
  });

  it('releases unfinished text as far as it goes', () => {
    assert.equal(readIn(['{"input":"half an esc\\']), 'half an esc');
    assert.equal(readIn(['{"input":"half a unit \\u00']), 'half a unit ');
    assert.equal(readIn(['{"input":"half a pair \\ud83c']), 'half a pair ');
  });
});

describe('finished arguments', () => {
  const FORMS: readonly (readonly [args: string, text: string])[] = [
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
  for (const [args, text] of FORMS)
    it(`${JSON.stringify(args)} is ${JSON.stringify(text)}`, () => assert.equal(readCustomInput(args), text));
});

describe('JavaScript in a fence', () => {
  const CODE = 'const a = 1;\ntext(`${a}`);';
  /** Writes a call of `exec` piece by piece: returns the input of its item, which must equal the joined deltas. */
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
    ['a fence of js', `\`\`\`js\n${CODE}\n\`\`\``, CODE],
    ['a fence of javascript with blanks around', ` \n\`\`\`javascript\n${CODE}\n\`\`\`\n`, CODE],
    ['a bare fence', `\`\`\`\n${CODE}\n\`\`\``, CODE],
    ['a fence of another language', '```sh\nls\n```', '```sh\nls\n```'],
    ['a fence that does not end', '```js\nls', '```js\nls'],
    ['two fences', '```js\na\n```\n```js\nb\n```', '```js\na\n```\n```js\nb\n```'],
    ['a fence inside the text', 'a\n```js\nb\n```', 'a\n```js\nb\n```'],
  ];
  for (const [name, input, code] of FORMS) {
    it(name, () => {
      for (const size of [1, 3, 1_000]) assert.equal(write(input, size), code);
    });
  }
});
