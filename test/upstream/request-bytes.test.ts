/** A request is sent as the bytes of its JSON, no matter which earlier requests it resembles. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRecord, toJsonText } from '../../src/base/json';
import { PROVIDERS, resolveModel } from '../../src/providers/catalog';
import { REQUEST_FORMS } from '../../src/translate/request-forms';
import { translateRequest } from '../../src/translate/request';
import { RequestSerializer } from '../../src/upstream/request-bytes';
import { readResponsesRequest } from '../../src/wire/read-responses';
import { listCodexRequests } from '../support/fixtures';
import { createRandom } from '../support/random';

const LONG = 'é'.repeat(300);

/** Reuses the messages of small requests too, and slices their strings. */
const createSerializer = (): RequestSerializer => new RequestSerializer(0, 50);

async function bytesOf(serializer: RequestSerializer, request: object): Promise<Buffer> {
  return Buffer.concat(await serializer.serialize(request));
}

async function assertSame(serializer: RequestSerializer, request: object, what: string): Promise<void> {
  const expected = Buffer.from(toJsonText(request));
  assert.ok((await bytesOf(serializer, request)).equals(expected), what);
}

const BASE = {
  model: 'm',
  messages: [{ role: 'system', content: LONG }, { role: 'user', content: 'a' }, { role: 'tool', content: 'b' }],
  tools: [{ type: 'function' }],
  stream: true,
};
const [SYSTEM, USER, RESULT] = BASE.messages;

const VARIATIONS: readonly (readonly [name: string, request: object])[] = [
  ['the same', BASE],
  ['one more message', { ...BASE, messages: [...BASE.messages, { role: 'user', content: 'c' }] }],
  ['one message fewer', { ...BASE, messages: BASE.messages.slice(0, -1) }],
  ['the large message removed', { ...BASE, messages: BASE.messages.slice(1) }],
  ['a changed message', { ...BASE, messages: [SYSTEM, { ...USER, content: 'A' }, RESULT] }],
  ['a changed first message', { ...BASE, messages: [{ role: 'system', content: `${LONG}!` }, USER, RESULT] }],
  ['another order of fields', { ...BASE, messages: [SYSTEM, { content: 'a', role: 'user' }, RESULT] }],
  ['another order of messages', { ...BASE, messages: [SYSTEM, RESULT, USER] }],
  ['one more field', { ...BASE, messages: [SYSTEM, { ...USER, name: 'n' }, RESULT] }],
  ['an unset field', { ...BASE, messages: [SYSTEM, { ...USER, name: undefined }, RESULT] }],
  ['null instead of text', { ...BASE, messages: [SYSTEM, { ...USER, content: null }, RESULT] }],
  ['a list instead of text', { ...BASE, messages: [SYSTEM, { ...USER, content: ['a'] }, RESULT] }],
  ['an object instead of text', { ...BASE, messages: [SYSTEM, { ...USER, content: { 0: 'a' } }, RESULT] }],
  ['a number or digits', { ...BASE, messages: [SYSTEM, { ...USER, content: 1 }, { ...RESULT, content: '1' }] }],
  ['an empty message', { ...BASE, messages: [SYSTEM, {}, RESULT] }],
  ['only messages', { messages: BASE.messages }],
  ['messages at the end', { model: 'm', messages: BASE.messages }],
  ['messages at the beginning', { messages: BASE.messages, model: 'm' }],
  ['unset fields around them', { model: undefined, messages: BASE.messages, tools: undefined }],
  ['input of the Responses API', { model: 'm', input: BASE.messages, store: false }],
  ['input as text', { model: 'm', input: LONG }],
  ['no message', { ...BASE, messages: [] }],
  ['half of a pair', { ...BASE, messages: [SYSTEM, { ...USER, content: '\ud83d' }, { ...RESULT, content: '\ude00' }] }],
  ['half of a pair in a tool', { ...BASE, tools: ['\ud83d', '\\ud83d'] }],
  ['a complete pair', { ...BASE, messages: [SYSTEM, { ...USER, content: '🌍\\ud83d' }, RESULT] }],
  ['surrogate pairs and halves where slices end', { ...BASE, messages: [SYSTEM, ...[0, 1, 2].flatMap((offset) => [
    { content: `${'a'.repeat(offset)}${'🌍'.repeat(150)}`, twice: ['b'.repeat(51), 'c'.repeat(400)] },
    { content: `${'a'.repeat(offset)}${'\ud83d🌍'.repeat(100)}` },
    { content: `${'a'.repeat(offset)}${'\ud83d'.repeat(300)}`, name: `"${'\\"'.repeat(60)}` },
    { content: `${'a'.repeat(offset)}${'\ude00'.repeat(300)}`, empty: '' },
  ])] }],
  ['a small request', { ...BASE, messages: [USER, RESULT] }],
];

describe('a request after another one', () => {
  for (const [name, request] of VARIATIONS) {
    it(`with ${name}`, async () => {
      for (const [earlier, first] of VARIATIONS) {
        const serializer = createSerializer();
        await assertSame(serializer, first, earlier);
        await assertSame(serializer, structuredClone(request), `after ${earlier}`);
      }
    });
  }
});

describe('random threads', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    it(`seed ${seed}`, async () => {
      const random = createRandom(seed);
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
      const text = (): string => pick(['a', '"\\\n', 'é步🌍', '\ud83d', '\ude00']).repeat(random() * 1_000);
      const message = (): object => pick([
        { role: 'user', content: text() },
        { role: 'assistant', content: null, tool_calls: [{ id: 'c', function: { name: 'n', arguments: text() } }] },
        { role: 'tool', content: text(), tool_call_id: 'c' },
      ]);
      const threads = Array.from({ length: 3 }, () => [{ role: 'system', content: LONG }, message()]);
      const serializer = createSerializer();
      for (let round = 0; round < 60; round += 1) {
        const messages = pick(threads);
        const edit = random();
        if (edit < 0.7) messages.push(message());
        else if (edit < 0.9) messages.splice(1 + Math.floor(random() * messages.length), 1, message());
        else messages.splice(1, 2);
        await assertSame(serializer, { model: 'm', messages: [...messages], stream: true }, `round ${round}`);
      }
    });
  }
});

/** Changing an object that a cache holds would change later requests. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}

describe('every request of Codex, as it grows, in every dialect', () => {
  for (const provider of PROVIDERS) {
    it(provider.name, async () => {
      const { dialect } = resolveModel(provider, 'm', undefined);
      const serializer = createSerializer();
      for (const { name, body } of listCodexRequests()) {
        const { input } = body;
        if (!Array.isArray(input)) continue;
        for (let length = 1; length <= input.length; length += 1) {
          // Frozen: no step may change what requests share.
          const frozen = freeze({ ...body, input: input.slice(0, length) });
          const options = {
            model: 'm', dialect, tools: 'auto', system: true, forwardReasoning: false, multipleCalls: true,
            webSearch: false,
          } as const;
          const { chat } = translateRequest(readResponsesRequest(frozen), options);
          await assertSame(serializer, freeze(chat), `${name}, ${length} items`);
          if (length < input.length) continue;
          for (const form of Object.values(REQUEST_FORMS)) await assertSame(serializer, form(chat), name);
        }
      }
    });
  }
});

describe('what is reused', () => {
  const requestOf = (...contents: readonly string[]): object =>
    ({ model: 'm', messages: contents.map((content) => ({ role: 'user', content })) });
  const large = 'x'.repeat(600_000);

  it('the bytes of the messages up to the first difference', async () => {
    const serializer = new RequestSerializer();
    const [, first] = await serializer.serialize(requestOf(large, 'a'));
    const [, same] = await serializer.serialize(requestOf(large, 'a', 'b'));
    assert.ok(first && same && first.buffer === same.buffer);
    const [, other] = await serializer.serialize(requestOf(`${large}!`, 'a'));
    assert.ok(other && first.buffer !== other.buffer);
  });

  it('a small part does not keep a large buffer alive', async () => {
    const serializer = new RequestSerializer();
    await serializer.serialize(requestOf('small', large));
    const pieces = await serializer.serialize(requestOf('small', 'y'.repeat(70_000)));
    // Node takes small buffers from a shared one: of 8 KB, or of 64 KB since Node 24.
    const limit = Buffer.poolSize + 1_000;
    for (const { buffer, length } of pieces) assert.ok(buffer.byteLength < length + limit, `${buffer.byteLength}`);
  });

  it('a long thread keeps few buffers', async () => {
    const serializer = new RequestSerializer();
    const contents = [large];
    for (let round = 0; round < 200; round += 1) {
      contents.push('z'.repeat(4_000));
      await serializer.serialize(requestOf(...contents));
    }
    const pieces = await serializer.serialize(requestOf(...contents));
    assert.ok(pieces.length < 12, `${pieces.length} pieces`);
  });

  it('other work runs while a large request is written', async () => {
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const contents = Array.from({ length: 1_000 }, () => '"x\n'.repeat(1_000));
    const pieces = await new RequestSerializer().serialize(requestOf(...contents));
    isOver = true;
    assert.ok(turns >= 10, `${turns} turns`);
    assert.ok(isRecord(JSON.parse(Buffer.concat(pieces).toString())));
  });
});
