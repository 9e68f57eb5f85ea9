/** What one model signed is not sent to another. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openReasoning, sealReasoning } from '../../src/tools/envelope';
import { dropForeignSignatures } from '../../src/translate/foreign-reasoning';
import { readResponsesRequest } from '../../src/wire/read-responses';

const DETAILS = [{ type: 'reasoning.encrypted', data: 'x' }];
const CALLS = { c1: { google: 'y' } };

function drop(envelope: string, origin = 'beta/beta-1') {
  const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: envelope };
  const { input } = readResponsesRequest({ model: 'm', input: [{ role: 'user', content: 'Hi' }, reasoning] });
  const [message, item] = dropForeignSignatures(input, origin);
  assert.equal(message, input[0]);
  assert.ok(item?.type === 'reasoning');
  return { isSame: item === input[1], payload: openReasoning(item.encryptedContent) };
}

test('signatures of another model are dropped; the text stays', () => {
  const sealed = sealReasoning({ text: 'I think.', details: DETAILS, calls: CALLS, origin: 'acme/acme-1' });
  const { payload } = drop(sealed);
  assert.deepEqual([payload?.text, payload?.details, payload?.calls], ['I think.', undefined, undefined]);
});

test('signatures of the same model, and of envelopes from earlier versions, are kept', () => {
  for (const origin of ['beta/beta-1', undefined])
    assert.equal(drop(sealReasoning({ text: '', details: DETAILS, origin })).isSame, true);
  assert.equal(drop('not ours').isSame, true);
});
