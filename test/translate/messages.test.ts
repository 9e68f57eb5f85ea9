/** From items to chat messages: where instructions go, the form of a turn, and where media go. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Dialect } from '../../src/providers/dialect';
import { sealReasoning } from '../../src/tools/envelope';
import { translate, type TranslationOptions } from '../support/bridge/translations';

const user = (content: unknown = 'Hi') => ({ type: 'message', role: 'user', content });
const said = (content: unknown) => ({ type: 'message', role: 'assistant', content });
const developer = (content: unknown) => ({ type: 'message', role: 'developer', content });
const call = (call_id: string, name = 'ls') => ({ type: 'function_call', call_id, name, arguments: '{}' });
const output = (call_id: string, text: unknown = `of ${call_id}`) => ({
  type: 'function_call_output',
  call_id,
  output: text,
});
const thought = (text: string, fields: object = {}) => ({
  type: 'reasoning',
  summary: [],
  content: [{ type: 'reasoning_text', text }],
  ...fields,
});
const image = { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'high' };
const imagePart = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'high' } };
const toolCall = (id: string, name = 'ls') => ({ id, type: 'function', function: { name, arguments: '{}' } });

const messagesOf = (body: object, options?: TranslationOptions) => translate(body, options).chat.messages;

describe('instructions', () => {
  const BODY = {
    instructions: 'A',
    input: [developer('B'), { ...developer('C'), role: 'system' }, user(), developer('D'), user('Bye')],
  };
  const FORMS: readonly (readonly [form: Dialect['lateInstructions'], messages: readonly object[]])[] = [
    [
      'user',
      [{ role: 'system', content: 'A\n\nB\n\nC' }, asUser('Hi'), asUser('<developer>\nD\n</developer>'), asUser('Bye')],
    ],
    [
      'system',
      [{ role: 'system', content: 'A\n\nB\n\nC' }, asUser('Hi'), { role: 'system', content: 'D' }, asUser('Bye')],
    ],
    ['merge', [{ role: 'system', content: 'A\n\nB\n\nC\n\nD' }, asUser('Hi'), asUser('Bye')]],
  ];
  for (const [lateInstructions, messages] of FORMS) {
    it(`later ones go where lateInstructions says: ${lateInstructions}`, () =>
      assert.deepEqual(messagesOf(BODY, { dialect: { lateInstructions } }), messages));
  }

  it('have the role that the dialect sets', () => {
    const dialect = { instructionsRole: 'developer', lateInstructions: 'system' } as const;
    assert.deepEqual(messagesOf(BODY, { dialect }).map(({ role }) => role), ['developer', 'user', 'developer', 'user']);
  });

  const FOLDED: readonly (readonly [form: Dialect['lateInstructions'], messages: readonly object[]])[] = [
    ['user', [asUser('A\n\nB\n\nC\n\nHi'), asUser('<developer>\nD\n</developer>'), asUser('Bye')]],
    ['system', [asUser('A\n\nB\n\nC\n\nHi'), asUser('<developer>\nD\n</developer>'), asUser('Bye')]],
    ['merge', [asUser('A\n\nB\n\nC\n\nD\n\nHi'), asUser('Bye')]],
  ];
  for (const [lateInstructions, messages] of FOLDED) {
    it(`without a system role, all go into user messages (lateInstructions: ${lateInstructions})`, () => {
      assert.deepEqual(messagesOf(BODY, { system: false, dialect: { lateInstructions } }), messages);
    });
  }

  it('without a system role, become the first part of a message of parts', () => {
    const [message] = messagesOf(
      { instructions: 'A', input: [user([{ type: 'input_text', text: 'See' }, image])] },
      { system: false },
    );
    assert.deepEqual(message, {
      role: 'user',
      content: [{ type: 'text', text: 'A' }, { type: 'text', text: 'See' }, imagePart],
    });
  });

  it('alone are followed by a user message', () => {
    const input = [developer('B')];
    assert.deepEqual(messagesOf({ input }), [{ role: 'system', content: 'B' }, asUser('Continue.')]);
    assert.deepEqual(messagesOf({ input }, { system: false }), [asUser('B\n\nContinue.')]);
    assert.deepEqual(messagesOf({ input: [] }), [asUser('Continue.')]);
  });

  it('empty ones add no message', () =>
    assert.deepEqual(messagesOf({ instructions: '', input: 'Hi' }), [asUser('Hi')]));
});

describe('assistant turns', () => {
  it('all results follow directly after their calls', () => {
    const input = [user(), call('a'), call('b'), user('Wait'), output('b'), output('a')];
    assert.deepEqual(messagesOf({ input }), [
      asUser('Hi'),
      { role: 'assistant', content: '', tool_calls: [toolCall('a'), toolCall('b')] },
      { role: 'tool', tool_call_id: 'a', content: 'of a' },
      { role: 'tool', tool_call_id: 'b', content: 'of b' },
      asUser('Wait'),
    ]);
  });

  it('a call without a result is answered with "aborted"', () => {
    const { chat, notes } = translate({ input: [user(), call('a'), user('Go on')] });
    assert.deepEqual(chat.messages[2], { role: 'tool', tool_call_id: 'a', content: 'aborted' });
    assert.deepEqual(notes, ['added the result "aborted" to a call to ls that had none']);
  });

  it('an empty result becomes "(no output)"', () => {
    for (const empty of ['', [], null]) {
      assert.deepEqual(messagesOf({ input: [call('a'), output('a', empty)] }).at(-1), {
        role: 'tool',
        tool_call_id: 'a',
        content: '(no output)',
      });
    }
  });

  it('a turn of only reasoning adds no message', () => {
    assert.deepEqual(messagesOf({ input: [user(), thought('hm'), user('Bye')] }), [asUser('Hi'), asUser('Bye')]);
  });

  const REPLAYS: readonly (readonly [form: Dialect['reasoningReplay'], message: object])[] = [
    ['none', { content: 'A' }],
    ['reasoning_content', { content: 'A', reasoning_content: ' hm\n' }],
    ['reasoning', { content: 'A', reasoning: ' hm\n' }],
    ['reasoning_details', { content: 'A', reasoning_details: [{ type: 'reasoning.text', text: ' hm\n' }] }],
    ['think', { content: '<think>\n hm\n\n</think>\n\nA' }],
  ];
  for (const [reasoningReplay, message] of REPLAYS) {
    it(`replay their reasoning according to reasoningReplay: ${reasoningReplay}`, () => {
      const options = { dialect: { reasoningReplay } };
      const [, turn] = messagesOf({ input: [user(), thought(' hm\n'), said('A')] }, options);
      assert.deepEqual(turn, { role: 'assistant', ...message });
      const [, silent] = messagesOf({ input: [user(), said('A')] }, options);
      assert.deepEqual(silent, { role: 'assistant', content: 'A' });
    });
  }

  it('signed blocks are sent back unchanged', () => {
    const details = [{ type: 'reasoning.encrypted', data: 'AAA', id: 'x' }];
    const sealed = thought('hm', { content: null, encrypted_content: sealReasoning({ text: 'hm', details }) });
    const [, turn] = messagesOf(
      { input: [user(), sealed, call('a'), output('a')] },
      { dialect: { reasoningReplay: 'reasoning_details' } },
    );
    assert.deepEqual(turn, { role: 'assistant', content: '', reasoning_details: details, tool_calls: [toolCall('a')] });
  });

  it('a placeholder replaces lost reasoning, only in turns with calls', () => {
    const options = { dialect: { reasoningPlaceholder: '(lost)' } };
    const input = [user(), call('a'), output('a'), thought('known'), call('b'), output('b'), said('A')];
    const turns = messagesOf({ input }, options).filter(({ role }) => role === 'assistant');
    assert.deepEqual(
      turns.map((turn) => ('reasoning_content' in turn ? turn.reasoning_content : undefined)),
      ['(lost)', 'known', undefined],
    );
  });
});

describe('models without tools', () => {
  it('get calls and results as text', () => {
    const input = [user(), said('I look.'), call('a'), call('b'), output('a'), output('b', ''), user('And?')];
    assert.deepEqual(messagesOf({ input, tools: [{ type: 'function', name: 'ls' }] }, { tools: 'off' }), [
      asUser('Hi'),
      { role: 'assistant', content: 'I look.\n\n[Called ls with {}]\n\n[Called ls with {}]' },
      asUser('[Result of ls]\nof a\n\n[Result of ls]\n(no output)'),
      asUser('And?'),
    ]);
  });

  it('get the media of results in the next user message', () => {
    const sound = { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } };
    const input = [user(), call('a'), call('b'), output('a', [image]), output('b', [sound]), user('And?')];
    const { chat, notes } = translate({ input }, { tools: 'off', dialect: { audio: true } });
    assert.deepEqual(chat.messages.slice(2), [
      asUser(
        '[Result of ls]\n[image: see the next user message]\n\n[Result of ls]\n[audio: see the next user message]',
      ),
      {
        role: 'user',
        content: [
          { type: 'text', text: '[Content of the result of ls]' }, imagePart,
          { type: 'text', text: '[Content of the result of ls]' }, sound,
        ],
      },
      asUser('And?'),
    ]);
    assert.deepEqual(notes, []);
  });

  it('get "aborted" for a call without a result', () => {
    const { chat, notes } = translate({ input: [user(), call('a'), user('Go on')] }, { tools: 'off' });
    assert.deepEqual(chat.messages[2], asUser('[Result of ls]\naborted'));
    assert.deepEqual(notes, ['added the result "aborted" to a call to ls that had none']);
  });

  it('get no blank message', () => {
    assert.deepEqual(messagesOf({ input: [user(), said(' \n'), user('Bye')] }, { tools: 'off' }), [
      asUser('Hi'), asUser('Bye'),
    ]);
  });

  it('are identified by the dialect, unless tools are forced', () => {
    const body = { input: 'Hi', tools: [{ type: 'function', name: 'ls' }] };
    assert.equal(translate(body, { dialect: { tools: false } }).chat.tools, undefined);
    assert.equal(translate(body, { dialect: { tools: false }, tools: 'force' }).chat.tools?.length, 1);
  });
});

describe('media', () => {
  const seen = [user([{ type: 'input_text', text: 'See' }, image, { type: 'input_text', text: 'this' }])];

  it('images are sent as parts to models that accept them', () => {
    assert.deepEqual(messagesOf({ input: seen }), [
      { role: 'user', content: [{ type: 'text', text: 'See' }, imagePart, { type: 'text', text: 'this' }] },
    ]);
  });

  it('files in results follow in a user message if the provider accepts files; text files stay in the result', () => {
    const pdf = { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' };
    const readme = { type: 'input_file', filename: 'a.md', file_data: 'data:text/markdown;base64,SGk=' };
    const input = [user(), call('a'), output('a', [pdf, readme])];
    for (const tools of ['auto', 'off'] as const) {
      const [result, media] = messagesOf({ input }, { tools, dialect: { files: true } }).slice(2);
      const text = '[file: see the next user message]\n<file name="a.md">\nHi\n</file>';
      assert.equal(result?.content, tools === 'off' ? `[Result of ls]\n${text}` : text);
      assert.deepEqual(media?.content, [
        { type: 'text', text: '[Content of the result of ls]' },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' } },
      ]);
    }
  });

  it('images become text for models that do not accept them', () => {
    const { chat, notes } = translate({ input: seen }, { dialect: { images: false } });
    assert.deepEqual(chat.messages, [asUser('See\n[image left out: the model cannot see images]\nthis')]);
    assert.deepEqual(notes, ['left out image: the model cannot see images']);
  });

  const shots = [
    user(),
    call('a', 'view'),
    call('b', 'view'),
    output('a', [{ type: 'input_text', text: 'One' }, image]),
    output('b', [image]),
  ];

  it('images of results follow all results', () => {
    assert.deepEqual(messagesOf({ input: shots }).slice(2), [
      { role: 'tool', tool_call_id: 'a', content: 'One\n[image: see the next user message]' },
      { role: 'tool', tool_call_id: 'b', content: '[image: see the next user message]' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '[Content of the result of view]' },
          imagePart,
          { type: 'text', text: '[Content of the result of view]' },
          imagePart,
        ],
      },
    ]);
  });

  it('images of results become text for models that do not accept images', () => {
    const messages = messagesOf({ input: shots }, { dialect: { images: false } });
    assert.equal(messages.length, 4);
    assert.deepEqual(messages.at(-1), {
      role: 'tool',
      tool_call_id: 'b',
      content: '[image left out: the model cannot see images]',
    });
  });

  it('text is one string, or parts where the dialect accepts them', () => {
    const input = [
      user([
        { type: 'input_text', text: 'A' },
        { type: 'input_text', text: '' },
        { type: 'input_text', text: 'B' },
      ]),
    ];
    assert.deepEqual(messagesOf({ input }), [asUser('A\nB')]);
    assert.deepEqual(messagesOf({ input }, { dialect: { content: 'parts' } }), [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'A' },
          { type: 'text', text: 'B' },
        ],
      },
    ]);
    assert.deepEqual(
      messagesOf({ input: [user([{ type: 'input_text', text: 'A' }])] }, { dialect: { content: 'parts' } }),
      [asUser('A')],
    );
  });

  it('a result is a string in every dialect', () => {
    const input = [call('a'), output('a', [{ type: 'input_text', text: 'A' }, { type: 'input_text', text: 'B' }])];
    assert.equal(messagesOf({ input }, { dialect: { content: 'parts' } }).at(-1)?.content, 'A\nB');
  });
});

function asUser(content: string): object {
  return { role: 'user', content };
}
