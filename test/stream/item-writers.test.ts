/** Pieces of reasoning blocks are joined by type and index; complete blocks are unchanged. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CumulativeStage } from '../../src/stream/small-stages';
import { SignedBlocks } from '../../src/stream/item-writers';

type Chunks = readonly (readonly unknown[])[];

const piece = (fields: object, index: number | undefined = 0): object => ({
  type: 'reasoning.text',
  ...fields,
  ...(index !== undefined && { index }),
});
const encrypted = (id: string): object => ({ type: 'reasoning.encrypted', id, data: 'ZGF0YQ==', index: 0 });

function merge(chunks: Chunks): readonly unknown[] {
  const signed = new SignedBlocks();
  for (const chunk of chunks) signed.add(chunk);
  return signed.blocks;
}

const CASES: readonly { readonly name: string; readonly chunks: Chunks; readonly blocks: readonly unknown[] }[] = [
  {
    name: 'text in pieces, then a signature',
    chunks: [[piece({ text: 'a' })], [piece({ text: 'b' })], [piece({ signature: 's' })]],
    blocks: [piece({ text: 'ab', signature: 's' })],
  },
  {
    name: 'null changes nothing',
    chunks: [[piece({ text: 'a', signature: 's' })], [piece({ text: 'b', signature: null })]],
    blocks: [piece({ text: 'ab', signature: 's' })],
  },
  {
    name: 'without an index',
    chunks: [[piece({ text: 'a' }, undefined)], [piece({ text: 'b' }, undefined)]],
    blocks: [piece({ text: 'ab' }, undefined)],
  },
  {
    name: 'a different index starts a new block',
    chunks: [[piece({ text: 'a' })], [piece({ text: 'b' }, 1)], [piece({ text: 'c' })]],
    blocks: [piece({ text: 'ac' }), piece({ text: 'b' }, 1)],
  },
  {
    name: 'a different id starts a new block',
    chunks: [[piece({ text: 'a', id: '1' })], [piece({ text: 'b', id: '2' })]],
    blocks: [piece({ text: 'a', id: '1' }), piece({ text: 'b', id: '2' })],
  },
  {
    name: 'an id may arrive late',
    chunks: [[piece({ text: 'a' })], [piece({ text: 'b', id: '1' })]],
    blocks: [piece({ text: 'ab', id: '1' })],
  },
  {
    name: 'blocks of one chunk are different blocks',
    chunks: [[piece({ text: 'a' }), piece({ text: 'b' })]],
    blocks: [piece({ text: 'a' }), piece({ text: 'b' })],
  },
  {
    name: 'summaries',
    chunks: [
      [{ type: 'reasoning.summary', summary: 'a', index: 0 }],
      [{ type: 'reasoning.summary', summary: 'b', index: 0 }],
    ],
    blocks: [{ type: 'reasoning.summary', summary: 'ab', index: 0 }],
  },
  {
    name: 'encrypted blocks arrive complete',
    chunks: [[encrypted('1')], [encrypted('1')]],
    blocks: [encrypted('1'), encrypted('1')],
  },
  {
    name: 'items of a Responses endpoint arrive complete',
    chunks: [[{ type: 'reasoning', summary: [] }], [{ type: 'reasoning', summary: [] }]],
    blocks: [
      { type: 'reasoning', summary: [] },
      { type: 'reasoning', summary: [] },
    ],
  },
  { name: 'values that are not objects are kept', chunks: [['a'], [null]], blocks: ['a', null] },
];

describe('signed blocks', () => {
  for (const { name, chunks, blocks } of CASES) {
    it(name, () => {
      const before = JSON.stringify(chunks);
      assert.deepEqual(merge(chunks), blocks);
      assert.equal(JSON.stringify(chunks), before);
    });
  }
});

it('a block that repeats its text yields only the new part, separately for each block', () => {
  const stage = new CumulativeStage();
  const details = [
    [piece({ text: 'He' })],
    [piece({ text: 'Hey' }), piece({ text: 'x' }, 1)],
    [piece({ text: 'Hey!' }), encrypted('1')],
  ];
  const outputs = details.flatMap((chunk) => stage.step({ type: 'reasoning-details', details: chunk }));
  assert.deepEqual(outputs, [
    { type: 'reasoning-details', details: [piece({ text: 'He' })] },
    { type: 'reasoning-details', details: [piece({ text: 'y' }), piece({ text: 'x' }, 1)] },
    { type: 'reasoning-details', details: [piece({ text: '!' }), encrypted('1')] },
  ]);
});
