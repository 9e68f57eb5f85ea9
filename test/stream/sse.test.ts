/** Decodes server-sent events as providers send them, in reads of any size, within limits. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_LINE_BYTES, SseDecoder, type SseEvent } from '../../src/stream/sse';

function decode(...reads: readonly (string | Buffer)[]): readonly SseEvent[] {
  const decoder = new SseDecoder();
  return [...reads.flatMap((read) => decoder.push(Buffer.from(read))), ...decoder.end()];
}

const TEXTS: readonly (readonly [name: string, text: string, events: readonly SseEvent[]])[] = [
  ['an event', 'data: x\n\n', [{ data: 'x' }]],
  ['an event with a name', 'event: error\ndata: x\n\n', [{ name: 'error', data: 'x' }]],
  [
    'no spaces after colons, as DashScope sends',
    'id:1\nevent:result\n:HTTP_STATUS/200\ndata:{"a":1}\n\n',
    [{ name: 'result', data: '{"a":1}' }],
  ],
  ['CRLF', 'event: a\r\ndata: x\r\n\r\ndata: y\r\n\r\n', [{ name: 'a', data: 'x' }, { data: 'y' }]],
  ['a byte order mark', '\ufeffdata: x\n\n', [{ data: 'x' }]],
  ['several data lines', 'data: a\ndata: b\n\n', [{ data: 'a\nb' }]],
  ['an empty data line', 'data:\n\n', [{ data: '' }]],
  ['only one space after a colon is removed', 'data:  x\n\n', [{ data: ' x' }]],
  ['comments', ': OPENROUTER PROCESSING\n\ndata: x\n\n:\n\n', [{ data: 'x' }]],
  ['other fields', 'retry: 5\nfoo: bar\nid: 7\ndata: x\n\n', [{ data: 'x' }]],
  ['no final blank line', 'data: x\n\ndata: [DONE]', [{ data: 'x' }, { data: '[DONE]' }]],
  ['no final line break', 'data: x', [{ data: 'x' }]],
  ['an event name without data is ignored', 'event: ping\n\ndata: x\n\n', [{ data: 'x' }]],
  ['a bare JSON line', '{"error":{"message":"x"}}\n', [{ data: '{"error":{"message":"x"}}' }]],
  ['a bare JSON line after an event', 'data: x\n{"a":1}\n\n', [{ data: 'x' }, { data: '{"a":1}' }]],
  ['characters of every length', 'data: é漢🌍\n\n', [{ data: 'é漢🌍' }]],
  ['many blank lines', '\n\n\ndata: x\n\n\n\n', [{ data: 'x' }]],
  ['nothing', '', []],
];

describe('decoding', () => {
  for (const [name, text, events] of TEXTS) {
    it(name, () => {
      assert.deepEqual(decode(text), events);
      const bytes = Buffer.from(text);
      for (let cut = 1; cut < bytes.length; cut += 1)
        assert.deepEqual(decode(bytes.subarray(0, cut), bytes.subarray(cut)), events, `cut at ${cut}`);
      assert.deepEqual(decode(...[...bytes].map((byte) => Buffer.of(byte))), events, 'byte by byte');
    });
  }
});

describe('long lines', () => {
  const block = Buffer.alloc(8 * 1024 * 1024, 'x');

  it('are read up to the limit', () => {
    const decoder = new SseDecoder();
    decoder.push(Buffer.from('data: '));
    for (let size = block.length; size < MAX_LINE_BYTES - 6; size += block.length) decoder.push(block);
    const [event] = decoder.push(Buffer.from('\n\n'));
    assert.equal(event?.data.length, MAX_LINE_BYTES - block.length);
  });

  it('are rejected beyond the limit', () => {
    const decoder = new SseDecoder();
    assert.throws(() => {
      for (let size = 0; size <= MAX_LINE_BYTES; size += block.length) decoder.push(block);
    }, RangeError);
  });
});

it('the data lines of one event are together rejected beyond the limit of a line', () => {
  const decoder = new SseDecoder();
  const line = Buffer.from(`data: ${'x'.repeat(8 * 1024 * 1024)}\n`);
  assert.throws(() => {
    for (let size = 0; size <= MAX_LINE_BYTES; size += line.length) decoder.push(line);
  }, RangeError);
});

it('an event has at most 100,000 lines, because even short joined strings cost memory', () => {
  const lines = (count: number): Buffer => Buffer.from('data:x\n'.repeat(count));
  const decoder = new SseDecoder();
  decoder.push(lines(100_000));
  assert.equal(decoder.push(Buffer.from('\n'))[0]?.data.length, 199_999);
  decoder.push(lines(100_000));
  assert.throws(() => decoder.push(lines(2)), /an event has more than 100000 lines/);
});

it('an event that spans two reads is joined', () => {
  const decoder = new SseDecoder();
  const read = Buffer.from('data: x\n\ndata: y');
  assert.deepEqual(decoder.push(read), [{ data: 'x' }]);
  assert.deepEqual(decoder.push(Buffer.from('z\n\n')), [{ data: 'yz' }]);
});
