/** The cost of a chunk does not depend on earlier chunks: measured in characters read, not in time. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../src/base/json';
import { createAnswerStream, type AnswerStreamCase } from '../support/stream/answer-streams';
import { countCharacters } from '../support/stream/count-work';

/** Chunks measured at the beginning and at the end. */
const SAMPLE = 100;
/** Chunks in between, which must not make later ones more expensive. */
const BETWEEN = 5_000;

const sse = (delta: JsonObject): Buffer => Buffer.from(`data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`);
const call = (fields: JsonObject, text: string): JsonObject => ({
  tool_calls: [{
    index: 0,
    ...fields,
    function: { ...(fields['id'] !== undefined && { name: fields['name'] }), arguments: text },
  }],
});

/** Like `call`, for the call with index 1. */
const second = (fields: JsonObject, text: string): JsonObject => ({
  tool_calls: [{ index: 1, id: fields['id'], function: { name: fields['name'], arguments: text } }],
});

interface Kind {
  readonly name: string;
  readonly options?: AnswerStreamCase;
  readonly open: readonly JsonObject[];
  readonly piece: (count: number) => JsonObject;
}

const PATCH: JsonObject = { type: 'custom', name: 'apply_patch', description: 'Edits files.' };

const KINDS: readonly Kind[] = [
  {
    name: 'function arguments',
    open: [call({ id: 'call_1', name: 'write_file' }, '{"text":"')],
    piece: () => call({}, 'twenty-four characters, '),
  },
  { name: 'text', open: [], piece: () => ({ content: 'twenty-four characters, ' }) },
  { name: 'reasoning', open: [], piece: () => ({ reasoning_content: 'twenty-four characters, ' }) },
  { name: 'think tags', open: [{ content: '<think>' }], piece: () => ({ content: 'twenty-four characters, ' }) },
  { name: 'leading whitespace', open: [], piece: () => ({ content: ' '.repeat(24) }) },
  {
    name: 'a call in markup',
    options: { tools: [{ type: 'function', name: 'run', parameters: {} }] },
    open: [{ content: '<tool_call>{"name":"run","arguments":{"text":"' }],
    piece: () => ({ content: 'twenty-four characters, ' }),
  },
  {
    name: 'JSON in a code fence',
    options: { jsonFence: true },
    open: [{ content: '```json\n{"text":"' }],
    piece: () => ({ content: 'twenty-four characters, ' }),
  },
  {
    name: 'two calls interleaved',
    open: [
      call({ id: 'call_1', name: 'write_file' }, '{"text":"'),
      second({ id: 'call_2', name: 'write_file' }, '{"text":"'),
    ],
    piece: (at) => (at % 2 === 0 ? call : second)({}, 'twenty-four characters, '),
  },
  {
    name: 'a patch of many lines',
    options: { tools: [PATCH] },
    open: [call({ id: 'call_1', name: 'apply_patch' }, '{"input":"*** Begin Patch\\n*** Add File: a.txt\\n')],
    piece: () => call({}, '+twenty-two characters\\n'),
  },
  {
    name: 'a patch of one long line',
    options: { tools: [PATCH] },
    open: [call({ id: 'call_1', name: 'apply_patch' }, '{"input":"*** Begin Patch\\n*** Add File: a.txt\\n+')],
    piece: () => call({}, 'twenty-four characters, '),
  },
];

function costOf(kind: Kind): { readonly early: number; readonly late: number } {
  const stream = createAnswerStream(kind.options ?? {});
  const feed = (from: number, count: number): void => {
    for (let at = from; at < from + count; at += 1) stream.push(sse(kind.piece(at)));
  };
  stream.assembler.start();
  for (const delta of kind.open) stream.push(sse(delta));
  feed(0, SAMPLE);
  const early = countCharacters(() => feed(SAMPLE, SAMPLE));
  feed(2 * SAMPLE, BETWEEN);
  const late = countCharacters(() => feed(2 * SAMPLE + BETWEEN, SAMPLE));
  assert.ok(!stream.assembler.finished);
  return { early, late };
}

describe('a late chunk costs no more than an early one', () => {
  for (const kind of KINDS) {
    it(kind.name, () => {
      const { early, late } = costOf(kind);
      // Later positions have more digits; nothing else may grow.
      assert.ok(late <= early * 1.1, `${early} characters for ${SAMPLE} early chunks, ${late} for late ones`);
    });
  }
});
