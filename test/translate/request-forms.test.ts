/** The forms of a dialect: a provider that is known to need one gets it in the first request. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { translate } from '../support/bridge/translations';

const call = { type: 'function_call', call_id: 'call_1234567890', name: 'f', arguments: '{}' };
const CALLS = ['one', call, { type: 'function_call_output', call_id: 'call_1234567890', output: 'r' }, 'two'];

const rolesOf = (forms: Parameters<typeof translate>[1], body: object): string =>
  translate(body, forms).chat.messages.map(({ role }) => role).join(' ');

it('without forms, the request is unchanged', () => {
  assert.equal(rolesOf({}, { input: ['one', 'two'], instructions: 's' }), 'system user user');
});

it('forms are applied in their order', () => {
  const dialect = { forms: ['instructions-as-user', 'alternating-roles'] } as const;
  assert.equal(rolesOf({ dialect }, { input: ['one', 'two'], instructions: 's' }), 'user');
  const between = { forms: ['assistant-between-tool-and-user'] } as const;
  assert.equal(rolesOf({ dialect: between }, { input: CALLS }), 'user assistant tool assistant user');
});

it('calls become text only if no tools are offered', () => {
  const dialect = { forms: ['calls-as-text-without-tools'] } as const;
  assert.equal(rolesOf({ dialect }, { input: CALLS }), 'user assistant user user');
  const tools = [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }];
  assert.equal(rolesOf({ dialect }, { input: CALLS, tools }), 'user assistant tool user');
});

it('ids have nine characters in calls and results', () => {
  const { chat } = translate({ input: CALLS }, { dialect: { forms: ['nine-letter-call-ids'] } });
  assert.match(JSON.stringify(chat.messages), /"id":"([a-zA-Z0-9]{9})".*"tool_call_id":"\1"/);
});
