/** HistoryParser returns what parseBody returns, whatever bodies it has parsed before. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../src/base/json';
import { HistoryParser } from '../../src/server/history-parser';
import { parseBody } from '../../src/server/parse-body';
import { listCodexRequests, listFixtures } from '../support/fixtures';
import { createRandom } from '../support/random';

/** Reserves memory at once for every body. */
const admitAll = (): Promise<void> => Promise.resolve();

const LIMITS = { bodyMaxDepth: 64, bodyMaxValues: 20_000 };

/** The value with its keys in order, or the message of the error. */
async function outcomeOf(parse: () => unknown): Promise<string> {
  try {
    return JSON.stringify(await parse()) ?? 'undefined';
  } catch (error) {
    return String(error);
  }
}

async function assertSame(parser: HistoryParser, bytes: Buffer, what: string): Promise<void> {
  const expected = await outcomeOf(() => parseBody(bytes, LIMITS));
  const actual = await outcomeOf(() => parser.parse(bytes, admitAll));
  assert.ok(actual === expected, `${what}\nbody: ${bytes.toString().slice(0, 3_000)}\n${actual.slice(0, 300)}`);
}

const fixtures = (): readonly JsonObject[] => [
  ...listCodexRequests().map(({ body }) => body),
  ...listFixtures('requests').flatMap((fixture) => (fixture.has('request.json') ? [fixture.json('request.json')] : [])),
];

describe('every fixture is parsed as by parseBody', () => {
  it('while it grows item by item', async () => {
    const parser = new HistoryParser(LIMITS);
    for (const body of fixtures()) {
      const field = body['messages'] === undefined ? 'input' : 'messages';
      const items = body[field];
      const lengths = Array.isArray(items) ? items.map((_, index) => index + 1) : [0];
      for (const length of lengths) {
        const grown = Array.isArray(items) ? { ...body, [field]: items.slice(0, length) } : body;
        for (const space of [0, 2, '\t\r\n ']) {
          await assertSame(parser, Buffer.from(JSON.stringify(grown, null, space)), `the first ${length} items`);
        }
      }
    }
  });
});

const INPUT = '[{"a":[1,{"b":"]},"}]},"é🌍",[],7]';
const BASE = `{"model":"m","instructions":"Be\\n\\"good\\".","input":${INPUT},"tools":[{"t":1}]}`;

const VARIATIONS: readonly (readonly [name: string, body: string])[] = [
  ['the same text', BASE],
  ['one more item', BASE.replace('7]', '7,8]')],
  ['a last number that continues', BASE.replace('7]', '78]')],
  ['a last number that continues as a fraction', BASE.replace('7]', '7.5]')],
  ['a last number with an exponent', BASE.replace('7]', '7e2]')],
  ['one item fewer', BASE.replace(',7]', ']')],
  ['no items', '{"model":"m","input":[],"tools":[]}'],
  ['only whitespace between the brackets', '{"model":"m","input":[ \n],"tools":[]}'],
  ['a changed item', BASE.replace('"b"', '"c"')],
  ['changed instructions', BASE.replace('good', 'quick')],
  ['changed tools', BASE.replace('"t":1', '"t":2')],
  ['a different order of fields', '{"tools":[{"t":1}],"input":[{"a":[1,{"b":"]},"}]},"é🌍",[],7,9],"model":"m"}'],
  ['the field twice, the second an array', `${BASE.slice(0, -1)},"input":[1]}`],
  ['the field twice, the second empty', `${BASE.slice(0, -1)},"input":[]}`],
  ['the field twice, the first a string', `{"input":"x",${BASE.slice(1)}`],
  ['the field twice, the second escaped', `${BASE.slice(0, -1)},"\\u0069nput":[1]}`],
  ['the field twice, the first escaped', `{"\\u0069nput":[1],${BASE.slice(1)}`],
  ['the name of the field as a value', `{"x":"input",${BASE.slice(1)}`],
  ['the name of the field as the value before an array', '{"x":"input","y":[1,2]}'],
  ['the field inside another one', `{"metadata":{"input":[3]},${BASE.slice(1)}`],
  ['both fields', `${BASE.slice(0, -1)},"messages":[1,2]}`],
  ['the other field', BASE.replace('"input"', '"messages"')],
  ['whitespace before the colon', BASE.replace('"input":', '"input" \n\t\r: ')],
  ['whitespace around items', BASE.replace(',7]', ' , 7 ]')],
  ['a string as input', '{"model":"m","input":"[1,2]"}'],
  ['an object as input', '{"model":"m","input":{"a":[1,2]}}'],
  ['null as input', '{"model":"m","input":null}'],
  ['an array at the top level', '["input",[1,2]]'],
  ['an array of arrays at the top level', '[[1,2],[3]]'],
  ['a string at the top level', '"input"'],
  ['the key __proto__', BASE.replace('"a":', '"__proto__":').replace('{"model"', '{"__proto__":{"x":1},"model"')],
  ['a byte order mark', `\ufeff${BASE}`],
  ['a lone surrogate', BASE.replace('é', '\\ud83d')],
  ['an escaped surrogate pair', BASE.replace('é', '\\ud83d\\ude00')],
  ['backslashes before a quote', BASE.replace('é', `${'\\\\'.repeat(40)}\\"${'x'.repeat(60)}\\\\`)],
  ['a trailing comma', BASE.replace('7]', '7,]')],
  ['a leading comma', BASE.replace('[{"a"', '[,{"a"')],
  ['two values without a comma', BASE.replace('[],7', '[] 7')],
  ['a mismatched bracket', BASE.replace('[],7', '[},7')],
  ['additional brackets that balance', BASE.replace('[],7]', '[],7]]').replace('[{"a"', '[[{"a"')],
  ['an item that is not JSON', BASE.replace('7]', 'x]')],
  ['a line break in a string', BASE.replace('é', '\n')],
  ['text after the end', `${BASE}}`],
  ['a second object', `${BASE}{"input":[5]}`],
  ['no text', ''],
  ['only whitespace', ' \n '],
  ['nesting up to the limit', BASE.replace('7]', `${'['.repeat(62)}${']'.repeat(62)}]`)],
  ['nesting over the limit', BASE.replace('7]', `${'['.repeat(63)}${']'.repeat(63)}]`)],
  ['nesting over the limit after the array', BASE.replace('{"t":1}', `${'['.repeat(63)}${']'.repeat(63)}`)],
  ['too many values in an item', BASE.replace('7]', `[${'1,'.repeat(20_000)}1]]`)],
  ['too many values in total', BASE.replace('[],7]', `[${'1,'.repeat(19_975)}1],7]`)],
  ['almost too many values', BASE.replace('[],7]', `[${'1,'.repeat(19_900)}1],7]`)],
];

describe('a body is parsed as by parseBody after any other body', () => {
  for (const [name, body] of VARIATIONS) {
    it(`with ${name}`, async () => {
      for (const [, earlier] of VARIATIONS) {
        const parser = new HistoryParser(LIMITS);
        await assertSame(parser, Buffer.from(earlier), 'the earlier body');
        await assertSame(parser, Buffer.from(body), `after: ${earlier.slice(0, 300)}`);
      }
    });
  }

  it('truncated at every byte, and with every byte changed', async () => {
    const parser = new HistoryParser(LIMITS);
    const whole = Buffer.from(BASE);
    for (let at = 0; at <= whole.length; at += 1) {
      await assertSame(parser, whole, 'the whole body');
      await assertSame(parser, whole.subarray(0, at), `truncated at ${at}`);
      for (const byte of ['"', '\\', ',', ']', '}', '[', '0', ' ', '\xff']) {
        const changed = Buffer.from(whole);
        changed.write(byte, at, 'latin1');
        await assertSame(parser, changed, `${byte} at ${at}`);
      }
    }
  });
});

describe('random threads are parsed as by parseBody', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    it(`seed ${seed}`, async () => {
      const random = createRandom(seed);
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
      const letters = ['a', '"', '\\', '\n', 'é', '步', '🌍', '\ud83d', ',', ']', '}', '[', '{', ':', ' '];
      const text = (): string => Array.from({ length: random() * 60 }, () => pick(letters)).join('');
      const value = (depth: number): unknown => {
        const kind = depth > 3 ? 0 : Math.floor(random() * 5);
        if (kind === 1) return Math.round(random() * 1e6) / 100;
        if (kind === 2) return Array.from({ length: random() * 4 }, () => value(depth + 1));
        if (kind === 3) return { [text()]: value(depth + 1), type: 'message', content: text() };
        return kind === 4 ? pick([null, true, false]) : text();
      };
      const threads = Array.from({ length: 3 }, () => ({ input: [value(0)], tools: value(0) }));
      const parser = new HistoryParser(LIMITS);
      for (let round = 0; round < 60; round += 1) {
        const thread = pick(threads);
        const edit = random();
        if (edit < 0.7) thread.input.push(value(0));
        else if (edit < 0.8) thread.input.splice(Math.floor(random() * thread.input.length), 1, value(0));
        else if (edit < 0.9) thread.input.splice(0, 1 + Math.floor(random() * 3));
        else thread.tools = value(0);
        const json = JSON.stringify({ model: 'm', ...thread }, null, pick([0, 0, 0, 1]));
        await assertSame(parser, Buffer.from(json), `round ${round}`);
      }
    });
  }
});

describe('reused items', () => {
  const bodyOf = (texts: readonly string[]): Buffer =>
    Buffer.from(JSON.stringify({ model: 'm', input: texts.map((content) => ({ content })) }));
  const itemsOf = async (parser: HistoryParser, texts: readonly string[]): Promise<readonly unknown[]> =>
    (await parser.parse(bodyOf(texts), admitAll) as { readonly input: readonly unknown[] }).input;
  /** Counts the items of `second` that are the same objects as items of `first`. */
  const shared = (first: readonly unknown[], second: readonly unknown[]): number =>
    second.filter((item) => first.includes(item)).length;

  it('are those before the first difference, also if threads alternate', async () => {
    const parser = new HistoryParser(LIMITS);
    const first = await itemsOf(parser, ['a', 'b', 'c', 'd']);
    const other = await itemsOf(parser, ['x', 'b', 'c', 'd']);
    assert.equal(shared(first, other), 0);
    assert.equal(shared(first, await itemsOf(parser, ['a', 'b', 'c', 'd', 'e'])), 4);
    assert.equal(shared(other, await itemsOf(parser, ['x', 'b', 'c', 'd', 'e'])), 4);
    assert.equal(shared(first, await itemsOf(parser, ['a', 'b', 'c!', 'd', 'e'])), 2);
    assert.equal(shared(first, await itemsOf(parser, ['a', 'b', 'c', 'd', 'e', 'f'])), 4);
  });

  it('are in a new array: changing it does not change a later body', async () => {
    const parser = new HistoryParser(LIMITS);
    const first = await itemsOf(parser, ['a', 'b']) as unknown[];
    first.length = 0;
    assert.equal((await itemsOf(parser, ['a', 'b', 'c'])).length, 3);
  });

  it('are those of the last 32 threads', async () => {
    const parser = new HistoryParser(LIMITS);
    const threads = Array.from({ length: 40 }, (_, index) => [`thread ${index}`, 'b']);
    const lists: (readonly unknown[])[] = [];
    for (const thread of threads) lists.push(await itemsOf(parser, thread));
    const again = await itemsOf(parser, [...(threads[8] ?? []), 'c']);
    assert.equal(shared(lists[8] ?? [], again), 2);
    assert.equal(shared(lists[0] ?? [], await itemsOf(parser, [...(threads[0] ?? []), 'c'])), 0);
  });

  it('are limited to 32 MB', async () => {
    const parser = new HistoryParser(LIMITS);
    const large = 'x'.repeat(7_000_000);
    const lists: (readonly unknown[])[] = [];
    for (const name of ['a', 'b', 'c', 'd']) lists.push(await itemsOf(parser, [name, large]));
    assert.equal(shared(lists[3] ?? [], await itemsOf(parser, ['d', large, 'more'])), 2);
    assert.equal(shared(lists[0] ?? [], await itemsOf(parser, ['a', large, 'more'])), 0);
  });
});

it('lets other work run while a large body is parsed', async () => {
  const texts = Array.from({ length: 2_000 }, (_, index) => `${index} ${'"x\n'.repeat(500)}`);
  let loops = 0;
  let isOver = false;
  const count = (): void => {
    loops += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await new HistoryParser(LIMITS).parse(Buffer.from(JSON.stringify({ model: 'm', input: texts })), admitAll);
  isOver = true;
  assert.ok(loops >= 10, `the event loop turned ${loops} times`);
});
