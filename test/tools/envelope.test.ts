/** State that clients store for the bridge: it opens what it has sealed, and ignores everything else. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openReasoning, openSummary, sealReasoning, sealSummary } from '../../src/tools/envelope';

const TEXTS = ['', ' \n\t', 'plain', '“quoted” 🤔 漢字 \u0000', 'x'.repeat(300_000)];

const NO_DETAILS = { details: undefined, origin: undefined };

describe('sealed reasoning', () => {
  for (const text of TEXTS) {
    it(`is opened byte for byte: ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.deepEqual(openReasoning(sealReasoning({ text, details: undefined })), { text, ...NO_DETAILS });
    });
  }

  it('keeps signed blocks', () => {
    const details = [{ type: 'reasoning.encrypted', data: 'AAA', nested: { a: [1, null] } }, 'odd'];
    assert.deepEqual(openReasoning(sealReasoning({ text: 'x', details })), { ...NO_DETAILS, text: 'x', details });
  });

  it('of another model is opened as text only; of the same or an unknown model, with all fields', () => {
    const [details, calls] = [[{ type: 'reasoning.encrypted', data: 'x' }], { c1: { google: 'y' } }];
    const sealed = { text: 'I think.', details, calls, origin: 'acme/acme-1' };
    const { text, origin } = sealed;
    assert.deepEqual(openReasoning(sealReasoning(sealed), 'beta/beta-1'), { text, details: undefined, origin });
    assert.deepEqual(openReasoning(sealReasoning(sealed), origin), sealed);
    // Earlier versions of the bridge stored no origin.
    const earlier = { ...sealed, origin: undefined };
    assert.deepEqual(openReasoning(sealReasoning(earlier), 'beta/beta-1'), earlier);
  });

  it('is deterministic, because prompt caches depend on it', () => {
    assert.equal(sealReasoning({ text: 'x', details: [] }), sealReasoning({ text: 'x', details: [] }));
  });

  it('needs no escaping in a JSON string or a header', () =>
    assert.match(sealReasoning({ text: '🤔"\n', details: undefined }), /^acb1\.[A-Za-z0-9+/]+=*$/));
});

it('a sealed summary is opened byte for byte', () => {
  for (const text of TEXTS) assert.equal(openSummary(sealSummary(text)), text);
});

describe('an invalid or foreign envelope is ignored', () => {
  const encode = (value: unknown, prefix = 'acb1.') => prefix + Buffer.from(JSON.stringify(value)).toString('base64');
  const INVALID: readonly (readonly [name: string, envelope: string | undefined])[] = [
    ['nothing', undefined],
    ['an empty string', ''],
    ['an envelope from OpenAI', 'gAAAAABmZ3J1ZW4tc2VjcmV0'],
    ['only the prefix', 'acb1.'],
    ['not base64', 'acb1.%%%%'],
    ['not JSON', `acb1.${Buffer.from('{"kind":').toString('base64')}`],
    ['not an object', encode(['reasoning'])],
    ['no kind', encode({ text: 'x' })],
    ['another kind', encode({ kind: 'other', text: 'x' })],
    ['no text', encode({ kind: 'reasoning' })],
    ['a number as text', encode({ kind: 'reasoning', text: 7 })],
    ['another version', encode({ kind: 'reasoning', text: 'x' }, 'acb2.')],
    ['truncated', sealReasoning({ text: 'a longer text', details: undefined }).slice(0, 30)],
  ];
  for (const [name, envelope] of INVALID) {
    it(name, () => {
      assert.equal(openReasoning(envelope), undefined);
      assert.equal(openSummary(envelope), undefined);
    });
  }

  it('a summary cannot be opened as reasoning, nor reasoning as a summary', () => {
    assert.equal(openReasoning(sealSummary('x')), undefined);
    assert.equal(openSummary(sealReasoning({ text: 'x', details: undefined })), undefined);
  });

  it('details that are not a list are dropped', () => {
    assert.deepEqual(openReasoning(encode({ kind: 'reasoning', text: 'x', details: { a: 1 } })), {
      text: 'x',
      ...NO_DETAILS,
    });
  });
});
