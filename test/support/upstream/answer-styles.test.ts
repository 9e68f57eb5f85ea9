/** The exact chunks of each provider that has its own format. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderChatStream, type ScriptedAnswer } from './chat-stream';
import { findBehavior } from '../strict/providers';

type Json = Readonly<Record<string, any>>;

const CALLS: ScriptedAnswer = { toolCalls: [{ name: 'f', arguments: { path: 'a.txt' } }] };
const COUNTS = { prompt: 100, completion: 7, cached: 64, reasoning: 5 };

function render(provider: string, answer: ScriptedAnswer, body: Json = {}): readonly string[] {
  const { column, answers } = findBehavior(provider);
  const style = answers?.(body);
  return renderChatStream(answer, {
    dialect: column,
    ...(style && { style }),
    model: 'm',
    number: 1,
    includeUsage: true,
    choices: 1,
  });
}

const chunksOf = (events: readonly string[]): readonly Json[] =>
  events.slice(0, -1).map((event) => JSON.parse(event.replace(/^(: .*\n\n)?data: /, '')));
const choicesOf = (events: readonly string[]): readonly Json[] => chunksOf(events).flatMap(({ choices }) => choices);
const reasons = (events: readonly string[]): readonly string[] =>
  choicesOf(events)
    .map((choice) => choice['finish_reason'])
    .filter(Boolean);
const deltas = (events: readonly string[]): readonly Json[] => choicesOf(events).map((choice) => choice['delta']);

describe('reasoning', () => {
  const answer = { reasoning: 'Hmmm', text: 'Yes, yes', pieces: 4 };
  const detail = { type: 'reasoning.text', id: 'reasoning-text-1', format: 'MiniMax-response-v1', index: 0 };

  it('is in the field `reasoning` at vLLM and Ollama', () => {
    for (const provider of ['vllm', 'ollama'])
      assert.deepEqual(deltas(render(provider, answer))[1], { reasoning: 'Hmmm' });
  });

  it('is in the content of MiniMax', () => {
    const text = deltas(render('minimax', answer)).map(({ content }) => content ?? '').join('');
    assert.equal(text, '<think>\nHmmm\n</think>\n\nYes, yes');
  });

  it('is separate on request, and every chunk repeats the text so far', () => {
    const [, ...rest] = deltas(render('minimax', { ...answer, reasoning: 'Hm. Hm.' }, { reasoning_split: true }));
    assert.deepEqual(rest, [
      { reasoning_details: [{ ...detail, text: 'Hm. ' }] }, { reasoning_details: [{ ...detail, text: 'Hm. Hm.' }] },
      { content: 'Yes,' }, { content: 'Yes, yes' }, {},
    ]);
  });

  it('is in blocks at OpenRouter: pieces, a signature and an encrypted block', () => {
    const details = deltas(render('openrouter', answer)).flatMap(({ reasoning_details }) => reasoning_details ?? []);
    assert.deepEqual(details.map(({ type, text, signature, data }) => [type, text ?? signature ?? data]), [
      ['reasoning.text', 'Hmmm'], ['reasoning.text', 'c2lnbmF0dXJl'], ['reasoning.encrypted', 'ZW5jcnlwdGVk'],
    ]);
  });
});

describe('calls', () => {
  const argumentsOf = (events: readonly string[]): readonly string[] =>
    deltas(events).flatMap(({ tool_calls }) => tool_calls ?? []).map((call: Json) => call['function'].arguments);

  it('arrive late and complete from Z.ai, unless streaming them is requested', () => {
    assert.deepEqual(argumentsOf(render('zai', CALLS)), ['{"path":"a.txt"}']);
    assert.deepEqual(argumentsOf(render('zai', CALLS, { tool_stream: true })), ['', '{"pa', 'th":', '"a.t', 'xt"}']);
  });

  it('end with "stop" at SGLang', () => {
    assert.deepEqual(reasons(render('sglang', CALLS)), ['stop']);
    assert.deepEqual(reasons(render('vllm', CALLS)), ['tool_calls']);
  });
});

describe('usage', () => {
  const answer = { text: 'Yes', usage: COUNTS };
  const common = { prompt_tokens: 100, completion_tokens: 7, total_tokens: 107 };

  it('is in the choice of Moonshot', () => {
    const chunks = chunksOf(render('moonshot', answer));
    assert.deepEqual(chunks.at(-1)?.['choices'][0].usage, { ...common, cached_tokens: 64 });
    assert.ok(chunks.every(({ usage }) => usage === null));
  });

  it('has cache hits and misses at DeepSeek', () => {
    const last = chunksOf(render('deepseek', answer)).at(-1);
    const counts = {
      ...common,
      completion_tokens_details: { reasoning_tokens: 5 },
      prompt_cache_hit_tokens: 64,
      prompt_cache_miss_tokens: 36,
    };
    assert.deepEqual([last?.['choices'], last?.['usage']], [[], counts]);
  });
});

it('OpenRouter sends comments between events', () => {
  assert.ok(
    render('openrouter', { text: 'Yes' })
      .slice(0, -1)
      .every((event) => event.startsWith(': OPENROUTER PROCESSING\n\ndata: ')),
  );
});
