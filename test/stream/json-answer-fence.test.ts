/** Code fences around JSON answers are removed, wherever the answer is split. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { JsonFenceStage } from '../../src/stream/json-answer';
import type { Signal } from '../../src/stream/signal';

/** Returns the text that the stage emits for these pieces. */
function through(pieces: readonly string[]): string {
  const stage = new JsonFenceStage();
  const signals = [
    ...pieces.flatMap((text) => stage.step({ type: 'text-delta', text })),
    ...stage.step({ type: 'finish', reason: 'stop' }),
    ...stage.end(),
  ];
  assert.equal(signals.at(-1)?.type, 'finish', 'the finish signal is last');
  return signals.map((signal) => (signal.type === 'text-delta' ? signal.text : '')).join('');
}

const JSON_TEXT = '{\n  "a": "``` is code",\n  "b": [1, 2]\n}';

const CASES: readonly (readonly [name: string, given: string, expected: string])[] = [
  ['a plain answer', JSON_TEXT, JSON_TEXT],
  ['a plain answer between blanks', ` ${JSON_TEXT}\n`, ` ${JSON_TEXT}\n`],
  ['a fence', `\`\`\`json\n${JSON_TEXT}\n\`\`\``, JSON_TEXT],
  ['a fence without a language', `\`\`\`\n${JSON_TEXT}\n\`\`\`\n`, JSON_TEXT],
  ['a fence after blank lines', `\n\n\`\`\`JSON\r\n${JSON_TEXT}\r\n\`\`\``, JSON_TEXT],
  ['a fence on the same line', `\`\`\`json {"a":1} \`\`\``, '{"a":1}'],
  ['a list', '```json\n[1]\n```', '[1]'],
  ['text after the fence', '```json\n{"a":1}\n```\n\nI hope that helps. ```x```', '{"a":1}'],
  ['a fence that is never closed', '```json\n{"a":1}', '{"a":1}'],
  ['a truncated answer', '```json\n{"a":"b', '{"a":"b'],
  ['prose', 'Here is ```json\n{}\n```', 'Here is ```json\n{}\n```'],
  ['another language', '```python\nprint(1)\n```', '```python\nprint(1)\n```'],
  ['only backticks', '```', '```'],
  ['backticks within a string', '```json\n{"a":"```"}\n```', '{"a":"```"}'],
];

for (const [name, given, expected] of CASES) {
  test(`json fence: ${name}`, () => {
    assert.equal(through([given]), expected);
    assert.equal(through([...given]), expected, 'character by character');
    for (let cut = 1; cut < given.length; cut += 1)
      assert.equal(through([given.slice(0, cut), given.slice(cut)]), expected, `cut at ${cut}`);
  });
}

test('json fence: text is emitted as it arrives', () => {
  const stage = new JsonFenceStage();
  const say = (text: string): readonly Signal[] => stage.step({ type: 'text-delta', text });
  assert.deepEqual(say('```json\n'), []);
  assert.deepEqual(say('{"a": '), [{ type: 'text-delta', text: '{"a":' }]);
  assert.deepEqual(say('1'), [{ type: 'text-delta', text: ' 1' }]);
  const blanks = ' '.repeat(200);
  assert.deepEqual(say(blanks), [{ type: 'text-delta', text: blanks }]);
});

test('json fence: each choice may have a fence; other signals pass through', () => {
  const stage = new JsonFenceStage();
  const given: readonly Signal[] = [
    { type: 'reasoning-delta', text: '```' },
    { type: 'text-delta', text: '```json\n{"a":1}\n```' },
    { type: 'choice-end', reason: 'stop' },
    { type: 'text-delta', text: '```json\n{"a":2}\n```' },
    { type: 'finish', reason: 'stop' },
  ];
  assert.deepEqual(given.flatMap((signal) => stage.step(signal)), [
    { type: 'reasoning-delta', text: '```' },
    { type: 'text-delta', text: '{"a":1}' },
    { type: 'choice-end', reason: 'stop' },
    { type: 'text-delta', text: '{"a":2}' },
    { type: 'finish', reason: 'stop' },
  ]);
});

test('json fence: text with log probabilities is unchanged', () => {
  const stage = new JsonFenceStage();
  const signal: Signal = { type: 'text-delta', text: '```json', logprobs: [{ token: '```json' }] };
  assert.deepEqual(
    [...stage.step(signal), ...stage.step({ type: 'text-delta', text: '\n{}' })],
    [signal, { type: 'text-delta', text: '\n{}' }],
  );
});
