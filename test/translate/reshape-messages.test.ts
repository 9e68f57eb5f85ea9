/** Other forms of a conversation: what each function changes, and that it returns the same request otherwise. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  alternateRoles, dropReasoning, fillEmptyContent, instructAsUser, joinInstructions, moveTextIntoReasoning,
  renameReasoning, replacePictures, separateUserFromResults, usePartsContent, useStringContent, useSystemRole,
} from '../../src/translate/reshape-messages';
import { renameCallIds, type CallIdForm } from '../../src/translate/reshape-tools';
import type { ChatContent, ChatMessage, ChatRequest } from '../../src/wire/chat';

const chat = (...messages: readonly ChatMessage[]): ChatRequest => ({ model: 'm', stream: true, messages });
const system = (content: ChatContent): ChatMessage => ({ role: 'system', content });
const developer = (content: ChatContent): ChatMessage => ({ role: 'developer', content });
const user = (content: ChatContent): ChatMessage => ({ role: 'user', content });
const said = (content: ChatContent, more: object = {}): ChatMessage => ({ role: 'assistant', content, ...more });
const calls = (...ids: readonly string[]): ChatMessage =>
  said('', { tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'ls', arguments: '{}' } })) });
const withText = (message: ChatMessage, content: string): ChatMessage => ({ ...message, content });
const CALL_1 = { id: '1', type: 'function', function: { name: 'ls', arguments: '{}' } } as const;
const result = (tool_call_id: string): ChatMessage => ({ role: 'tool', tool_call_id, content: 'done' });
const text = (value: string) => ({ type: 'text', text: value }) as const;
const PICTURE = { type: 'image_url', image_url: { url: 'https://e/x' } } as const;
const UNSEEN = '[image left out: the model cannot see images]';

type Row = readonly [name: string, given: readonly ChatMessage[], expected: readonly ChatMessage[]];

function table(title: string, reshape: (request: ChatRequest) => ChatRequest, rows: readonly Row[]): void {
  describe(title, () => {
    for (const [name, given, expected] of rows) {
      it(name, () => {
        const request = chat(...given);
        const reshaped = reshape(request);
        assert.deepEqual(reshaped.messages, expected);
        // The same object tells the table of repairs that the repair would not help.
        assert.equal(reshape(reshaped), reshaped);
      });
    }
  });
}

const ALTERNATING = [system('S'), user('A'), said('B'), user('C')];

table('alternateRoles', alternateRoles, [
  ['keeps alternating messages', ALTERNATING, ALTERNATING],
  ['joins users', [user('A'), user('B'), user('C')], [user('A\n\nB\n\nC')]],
  ['joins text and parts', [user('A'), user([text('B'), PICTURE])], [user([text('A'), text('B'), PICTURE])]],
  ['joins parts and text', [user([PICTURE]), user('B')], [user([PICTURE, text('B')])]],
  ['joins assistants', [user('A'), said('B'), said('C')], [user('A'), said('B\n\nC')]],
  [
    'joins an answer with the calls after it',
    [user('A'), said('B'), calls('1'), result('1')],
    [user('A'), withText(calls('1'), 'B'), result('1')],
  ],
  [
    'never joins results, nor calls with what follows them',
    [user('A'), calls('1', '2'), result('1'), result('2'), said('B')],
    [user('A'), calls('1', '2'), result('1'), result('2'), said('B')],
  ],
  [
    'later instructions become user text',
    [system('S'), user('A'), said('B'), developer('mode'), user('C')],
    [system('S'), user('A'), said('B'), user('<developer>\nmode\n</developer>\n\nC')],
  ],
  [
    'changes roles although the number of messages stays the same',
    [said('A'), user('B'), user('C')],
    [user('Continue.'), said('A'), user('B\n\nC')],
  ],
  [
    'joins the reasoning of assistants',
    [user('A'), said('B', { reasoning_content: 'b' }), said('C', { reasoning_content: 'c' })],
    [user('A'), said('B\n\nC', { reasoning_content: 'b\nc' })],
  ],
  [
    'keeps reasoning that only one assistant message has',
    [user('A'), said('B', { reasoning: 'b' }), said('C', { reasoning: '' }), user('D'), said('E'),
      said('F', { reasoning: 'f' })],
    [user('A'), said('B\n\nC', { reasoning: 'b' }), user('D'), said('E\n\nF', { reasoning: 'f' })],
  ],
  [
    'joins reasoning items and keeps the calls after them',
    [user('A'), said('B', { reasoning_details: [1] }), said('', { reasoning_details: [2], tool_calls: [CALL_1] })],
    [user('A'), said('B', { reasoning_details: [1, 2], tool_calls: [CALL_1] })],
  ],
  ['starts with a user message', [system('S'), said('B')], [system('S'), user('Continue.'), said('B')]],
  ['only instructions', [system('S')], [system('S')]],
  ['nothing', [], []],
]);

table('fillEmptyContent', fillEmptyContent, [
  ['fills empty content', [user(''), said([])], [user('(empty)'), said('(empty)')]],
  ['fills whitespace', [user(' \n'), said([text('\t')])], [user('(empty)'), said('(empty)')]],
  ['drops blank parts', [user([text('A'), text(' '), PICTURE])], [user([text('A'), PICTURE])]],
  ['needs no content with calls', [withText(calls('1'), ' '), result('1')], [
    { role: 'assistant', content: null, tool_calls: [CALL_1] }, result('1'),
  ]],
  ['keeps other content', [user(' A'), said([text('B ')])], [user(' A'), said([text('B ')])]],
]);

table('separateUserFromResults', separateUserFromResults, [
  [
    'inserts an assistant message',
    [user('A'), calls('1'), result('1'), user('B')],
    [user('A'), calls('1'), result('1'), said('Understood.'), user('B')],
  ],
  ['keeps answers', [calls('1'), result('1'), said('B'), user('C')], [calls('1'), result('1'), said('B'), user('C')]],
]);

table('joinInstructions', joinInstructions, [
  ['joins several', [developer('A'), system('B'), user('C')], [system('A\n\nB'), user('C')]],
  ['keeps one', [developer('A'), user('C'), system('D')], [developer('A'), user('C'), system('D')]],
  ['joins parts', [system([text('A')]), system('B')], [system([text('A'), text('B')])]],
]);

table('useSystemRole', useSystemRole, [
  ['everywhere', [developer('A'), user('B'), developer('C')], [system('A'), user('B'), system('C')]],
]);

table('instructAsUser', instructAsUser, [
  ['everywhere', [system('A'), user('B')], [user('<developer>\nA\n</developer>'), user('B')]],
]);

table('useStringContent', useStringContent, [
  ['joins text', [user([text('A'), text('B')])], [user('A\nB')]],
  ['keeps pictures', [user([text('A'), PICTURE])], [user([text('A'), PICTURE])]],
]);

table('usePartsContent', usePartsContent, [
  ['splits text', [user('A'), said('')], [user([text('A')]), said('')]],
]);

table('replacePictures', replacePictures, [
  ['in place of each', [user([text('A'), PICTURE, PICTURE])], [user(`A\n${UNSEEN}\n${UNSEEN}`)]],
  ['in results', [{ ...result('1'), content: [PICTURE] }], [{ ...result('1'), content: UNSEEN }]],
  [
    'keeps other media',
    [user([PICTURE, { type: 'input_audio', input_audio: { data: 'x', format: 'wav' } }])],
    [user([text(UNSEEN), { type: 'input_audio', input_audio: { data: 'x', format: 'wav' } }])],
  ],
]);

table('dropReasoning', dropReasoning, [
  [
    'in every field',
    [said('A', { reasoning_content: 'x' }), said('B', { reasoning: 'x' }), said('C', { reasoning_details: [{}] })],
    [said('A'), said('B'), said('C')],
  ],
]);

table('renameReasoning', (request) => renameReasoning(request, 'reasoning'), [
  ['to the known name', [said('A', { reasoning_content: 'x' })], [said('A', { reasoning: 'x' })]],
  ['keeps the name', [said('A', { reasoning: 'x' })], [said('A', { reasoning: 'x' })]],
]);

table('moveTextIntoReasoning', moveTextIntoReasoning, [
  [
    'where calls and reasoning are',
    [{ ...calls('1'), content: 'A', reasoning_content: 'x' } as ChatMessage],
    [{ ...calls('1'), reasoning_content: 'x\n\nA' } as ChatMessage],
  ],
  ['not without calls', [said('A', { reasoning_content: 'x' })], [said('A', { reasoning_content: 'x' })]],
  ['not without reasoning', [withText(calls('1'), 'A')], [withText(calls('1'), 'A')]],
]);

describe('renameCallIds', () => {
  const NINE: CallIdForm = { length: 9, exact: true, alphanumeric: true };
  const idsOf = (request: ChatRequest): readonly string[] =>
    request.messages.flatMap((message) => {
      if (message.role === 'tool') return [message.tool_call_id];
      return message.role === 'assistant' ? (message.tool_calls ?? []).map(({ id }) => id) : [];
    });
  const LONG = 'call_'.padEnd(120, 'x');
  const given = chat(calls('call_1', LONG, 'abcdefgh9'), result('call_1'), result(LONG), result('abcdefgh9'));

  for (const [name, form] of [
    ['nine letters and digits', NINE],
    ['at most 40', { length: 40, exact: false, alphanumeric: false }],
    ['at most 64 letters and digits', { length: 64, exact: false, alphanumeric: true }],
    ['exactly 5', { length: 5, exact: true, alphanumeric: true }],
  ] as const) {
    it(`gives ids of ${name}, the same on both sides`, () => {
      const ids = idsOf(renameCallIds(given, form));
      assert.deepEqual(ids.slice(0, 3), ids.slice(3));
      assert.equal(new Set(ids).size, 3);
      for (const id of ids) assert.match(id, form.alphanumeric ? /^[a-zA-Z0-9]+$/ : /^[\w-]+$/);
      for (const id of ids) assert.ok(form.exact ? id.length === form.length : id.length <= form.length, id);
      assert.equal(renameCallIds(renameCallIds(given, form), form).messages.length, 4);
    });
  }

  it('keeps ids that have the form', () => {
    const fine = chat(calls('abcdefgh1'), result('abcdefgh1'));
    assert.equal(renameCallIds(fine, NINE), fine);
  });

  it('gives a call the same id however long the thread grows', () => {
    const longer = chat(...given.messages, user('on'), calls('call_2'), result('call_2'));
    assert.deepEqual(idsOf(renameCallIds(longer, NINE)).slice(0, 6), idsOf(renameCallIds(given, NINE)));
  });
});
