/** Long threads repeat their history in every request: reused translations must give the same upstream request. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answer } from '../support/upstream/scripted-upstream';
import { ask, CODEX, DIALECTS, startBridge, tool } from '../support/bridge/test-bridge';

const OUTPUT = `${'const a = "步骤";\n'.repeat(2_000)}\u0007`;

/** One tool round: reasoning, a call, and a result of 40 KB. */
const round = (index: number): readonly object[] => [
  { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: `Round ${index}.` }] },
  { type: 'function_call', call_id: `call_${index}`, name: 'shell', arguments: JSON.stringify({ cmd: `ls ${index}` }) },
  { type: 'function_call_output', call_id: `call_${index}`, output: `${index}\n${OUTPUT}` },
];

const history = (rounds: number): readonly object[] => [
  ...ask('Read the files.'),
  ...Array.from({ length: rounds }, (_, index) => round(index)).flat(),
];

/** The inputs of a thread that grows, goes back, is compacted, and grows again. */
const INPUTS: readonly (readonly object[])[] = [
  history(1),
  ...[2, 3, 4, 5].map(history),
  history(5),
  [...history(3), ...ask('Stop. Do something else.'), ...round(9)],
  [...history(4), ...round(4), { type: 'function_call_output', call_id: 'call_1', output: `late ${OUTPUT}` }],
  [...ask('Summary: all was read.'), ...history(5).slice(1)],
  history(6),
];

describe('a thread of 40 to 250 KB', () => {
  for (const dialect of DIALECTS) {
    it(`is translated as in a new bridge (${dialect})`, async (context) => {
      const script = (): ReturnType<typeof answer> => answer({ text: 'Done.' });
      const tools = [tool('shell')];
      const bridge = await startBridge(context, { dialect, script });
      for (const input of INPUTS) {
        await bridge.stream({ input, tools }, CODEX);
        const fresh = await startBridge(context, { dialect, script });
        await fresh.stream({ input, tools }, CODEX);
        const [actual, expected] = [bridge.upstream.requests.at(-1), fresh.upstream.requests.at(-1)];
        assert.ok(actual && expected && actual.rawBody.length > 35_000);
        assert.ok(actual.rawBody === expected.rawBody, `${input.length} items`);
        assert.equal(actual.rawBody, JSON.stringify(JSON.parse(actual.rawBody)));
        assert.equal(actual.headers['content-length'], String(Buffer.byteLength(actual.rawBody)));
      }
      bridge.upstream.assertClean();
    });
  }
});
