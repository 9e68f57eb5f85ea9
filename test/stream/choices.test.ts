/** Answers with several choices: each has its own finish reason and index, and is read independently of the others. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseJson } from '../../src/base/json';
import { AnswerStream } from '../../src/stream/answer-stream';
import { ChatAssembler, ChatCollector } from '../../src/stream/chat-assembler';
import { ChatReader } from '../../src/stream/chat-reader';
import type { Signal, Stage } from '../../src/stream/signal';
import { CumulativeStage } from '../../src/stream/small-stages';
import { ThinkTagStage } from '../../src/stream/think-tags';
import { ToolMarkupStage } from '../../src/stream/tool-markup';
import { createAnswerStream } from '../support/stream/answer-streams';

type Loose = any;

const choice = (index: number, reason: string, message: object) => ({ index, message, finish_reason: reason });
const callOf = (text: string) => ({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: text } }] });

/** What a Chat client gets for these choices; with `stream`, they arrive as two interleaved chunks each. */
function answerChat(choices: readonly ReturnType<typeof choice>[], stream: boolean): Loose {
  const answer = new AnswerStream({
    assembler: new ChatAssembler({
      id: 'chat_1', model: 'm', created: 0, includeUsage: false, hideReasoning: false,
      tools: { find: (name) => ({ kind: 'function', name }) },
    }),
    reader: new ChatReader({ makeId: () => 'id', firstCallOnly: false, severalChoices: true }),
    stages: [],
  });
  const collector = new ChatCollector();
  const outputs = [...answer.assembler.start(), ...(stream ? [] : answer.readCompletion({ choices }))];
  if (stream) {
    const chunks = [
      ...choices.map(({ index, message }) => ({ choices: [{ index, delta: message }] })),
      ...choices.map(({ index, finish_reason }) => ({ choices: [{ index, delta: {}, finish_reason }] })),
    ];
    const events = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
    outputs.push(...answer.push(Buffer.from(`${events.join('')}data: [DONE]\n\n`)), ...answer.end());
  }
  assert.equal(answer.assembler.error, undefined);
  for (const output of outputs) collector.push(output);
  const body: Loose = parseJson(collector.body(undefined));
  return body.choices.map(({ index, message, finish_reason }: Loose) =>
    [index, message.content ?? message.tool_calls[0].function.arguments, finish_reason]);
}

for (const stream of [false, true]) {
  describe(`choices of ${stream ? 'a stream' : 'a complete answer'}`, () => {
    it('keep their own finish reasons', () => {
      const choices = [
        choice(0, 'length', callOf('{"a":"tr')), choice(1, 'content_filter', { content: 'ba' }),
        choice(2, 'length', { content: 'one tw' }), choice(3, 'tool_calls', callOf('{}')),
        choice(4, 'stop', { content: 'all' }),
      ];
      assert.deepEqual(answerChat(choices, stream), [
        [0, '{"a":"tr', 'length'], [1, 'ba', 'content_filter'], [2, 'one tw', 'length'], [3, '{}', 'tool_calls'],
        [4, 'all', 'stop'],
      ]);
    });

    it('are numbered from 0', () => {
      const choices = [choice(2, 'length', { content: 'second' }), choice(1, 'stop', { content: 'first' })];
      assert.deepEqual(answerChat(choices, stream), [[0, 'first', 'stop'], [1, 'second', 'length']]);
    });

    it('are in the order of their indexes', () => {
      const choices = [choice(1, 'length', { content: 'second' }), choice(0, 'stop', { content: 'first' })];
      assert.deepEqual(answerChat(choices, stream), [[0, 'first', 'stop'], [1, 'second', 'length']]);
    });
  });
}

it('calls of several choices have unique ids, whatever the provider sends', () => {
  const calls = [0, 1, 2].map((index) => choice(index, 'tool_calls', callOf('{}')));
  const last = createAnswerStream({}).readCompletion({ choices: calls }).at(-1) as Loose;
  assert.equal(new Set(last.response.output.map(({ call_id }: Loose) => call_id)).size, 3);
  assert.equal(new Set(last.response.output.map(({ id }: Loose) => id)).size, 3);
});

it('choices of a complete answer stay separate if they have the same index', () => {
  const choices = [choice(0, 'length', { content: 'first' }), choice(0, 'stop', { content: 'second' })];
  assert.deepEqual(answerChat(choices, false), [[0, 'first', 'length'], [1, 'second', 'stop']]);
});

describe('a Responses client', () => {
  const answer = (choices: readonly object[]): Loose => createAnswerStream({}).readCompletion({ choices }).at(-1);

  it('gets an incomplete response if any choice was truncated', () => {
    const last = answer([choice(0, 'length', { content: 'one tw' }), choice(1, 'stop', { content: 'all' })]);
    assert.equal(last.type, 'response.incomplete');
    assert.deepEqual(last.response.incomplete_details, { reason: 'max_output_tokens' });
    assert.deepEqual(last.response.output.map(({ status }: Loose) => status), ['incomplete', 'completed']);
  });

  it('does not get a truncated call', () => {
    const last = answer([choice(0, 'length', callOf('{"a":"tr')), choice(1, 'stop', { content: 'all' })]);
    assert.deepEqual(last.response.output.map(({ type }: Loose) => type), ['message']);
  });

  it('gets a failed response if a choice failed', () => {
    const last = answer([choice(0, 'network_error', { content: 'o' }), choice(1, 'stop', { content: 'all' })]);
    assert.equal(last.type, 'response.failed');
  });
});

const text = (part: string): Signal => ({ type: 'text-delta', text: part });
const next: Signal = { type: 'choice-end', reason: 'stop' };
const stop: Signal = { type: 'finish', reason: 'stop' };
const call: readonly Signal[] = [{ type: 'call-start', id: 'c', name: 'f' }, { type: 'call-end' }];
const markup = '<tool_call>{"name":"f","arguments":{}}</tool_call>';
const offered = [{ type: 'function', function: { name: 'f', parameters: {} } }] as const;

const STAGES: readonly (readonly [name: string, create: () => Stage, before: readonly Signal[], after: Signal])[] = [
  ['implicit think tags', () => new ThinkTagStage('implicit'), [text('why</think>one')], text('why</think>two')],
  ['leading think tags', () => new ThinkTagStage('leading'), [text('<think>w</think>one')], text('two\n</think>\n3')],
  ['repeated text', () => new CumulativeStage(), [text('one')], text('one two')],
  ['markup after a call', () => createMarkupStage(), call, text(markup)],
  ['markup after a fence', () => createMarkupStage(), [text('```\ncode')], text(markup)],
  ['markup after text', () => createMarkupStage(), [text('one')], text('f({})')],
  ['an unclosed markup call', () => createMarkupStage(), [text('<tool_call>{"name":"f","arguments":{}}')], text('two')],
];

const createMarkupStage = (): Stage => new ToolMarkupStage({ tools: offered, makeId: () => 'id' });

describe('the second choice is read like the first', () => {
  for (const [name, create, before, after] of STAGES) {
    it(name, () => {
      const run = (stage: Stage, signals: readonly Signal[]): readonly Signal[] =>
        signals.flatMap((signal) => stage.step(signal));
      const stage = create();
      assert.deepEqual(run(stage, [...before, next]).slice(0, -1), run(create(), [...before, stop]).slice(0, -1));
      assert.deepEqual(run(stage, [after, stop]), run(create(), [after, stop]));
    });
  }
});
