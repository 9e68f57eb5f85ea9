/** Reports of SDKs that validate fields which OpenAI always sends. */
import assert from 'node:assert/strict';
import type { Loose } from '../support/bridge/test-bridge';
import { sdk } from '../support/reports/client';
import { testReports } from '../support/reports/report';
import { answered, streamed } from '../support/reports/upstream';

testReports('SDKs', [
  {
    saw: 'an SDK rejected an answer without logprobs, annotations or summary', text: 'Hello',
    source: 'BerriAI/litellm#41262, openai/openai-python#2489, BerriAI/litellm#35213',
    upstream: () => streamed([{ reasoning_content: 'Hm.' }, { content: 'Hello' }]),
    requests: [sdk({ input: 'hi' }), sdk({ input: 'hi', stream: false })],
    check: ({ replies }) => {
      for (const { response } of replies) {
        for (const { type, summary, content = [] } of response.output) {
          assert.ok(type !== 'reasoning' || Array.isArray(summary));
          assert.ok(type !== 'message' || content.every((part: Loose) => Array.isArray(part.annotations)));
        }
        assert.equal(response.usage.input_tokens_details.cache_write_tokens, 0);
      }
      const deltas = replies[0]?.events.filter(({ type }) => type === 'response.output_text.delta') ?? [];
      assert.ok(deltas.length > 0);
      for (const { logprobs, item_id: id, sequence_number: number } of deltas)
        assert.ok(Array.isArray(logprobs) && typeof id === 'string' && Number.isInteger(number));
    },
  },
  {
    saw: 'an SDK got a failure for an answer that stopped without text', source: 'variation', text: '',
    upstream: () => streamed([]), requests: [sdk({ input: 'hi' }), sdk({ input: 'hi', stream: false })],
    check: ({ replies }) => {
      for (const { response } of replies) assert.deepEqual([response.output, response.usage.input_tokens], [[], 50]);
    },
  },
  ...[400, 403, 404, 413, 422].map((status) => ({
    saw: `an SDK got another status than the ${status} of the provider`, source: 'variation', ends: 'failed' as const,
    words: /No such luck/, upstream: () => answered(status, { error: { message: 'No such luck' } }),
    requests: [sdk({ input: 'hi', stream: false })],
    check: ({ reply }: { readonly reply: { readonly status: number } }) => assert.equal(reply.status, status),
  })),
]);
