/**
 * The fault table with the real Codex: the number of calls, the message to the user, exit code 1, and no trace of a
 * failed turn in the history of the next one.
 */
import assert from 'node:assert/strict';
import { answer, raw, reply, silence, type Step } from '../../support/upstream/scripted-upstream';
import { readTree } from '../support/work-folder';
import { messagesAfter, type ChatMessage } from './chat-requests';
import { completedItems, errorsOf, textsOf } from './events';
import { scenario } from './scenario';
import { shellCall } from './versions';

/**
 * The bridge barely waits between its own calls here; Codex's waits cannot be shortened without changing their number.
 */
const QUICK = { RETRY_WAIT_MS: '20' };

const rejection = (status: number, error: unknown, headers: Readonly<Record<string, string>> = {}): Step =>
  reply({ status, headers, body: { error } });
const errorEvent = (message: string, ...before: readonly string[]): Step =>
  raw({ chunks: [...before, `data: ${JSON.stringify({ error: { message, code: 'error' } })}\n\n`], end: 'eof' });
const HALF =
  'data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":"Half"},"finish_reason":null}]}\n\n';
const APPEND = shellCall('echo ran >> runs.txt');

interface Fault {
  readonly name: string;
  /** The answer to every call of the first turn. */
  readonly step: Step;
  /** Upstream calls of that turn. */
  readonly calls: number;
  /** The last error that Codex prints. */
  readonly says: RegExp;
  /** Messages of the failed turn in the next request; default: none. */
  readonly remembered?: readonly Partial<ChatMessage>[];
  /** Messages of the failed turn that Codex shows. */
  readonly shown?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const TRIED = /Tried 4 times; not retrying\.$/;

const FAULTS: readonly Fault[] = [
  // Rejections: one call.
  {
    name: 'the caller check',
    step: rejection(405, 'Coding Plan is currently only available for Coding Agents'),
    calls: 1,
    says: /answered 405: Coding Plan is currently only available for Coding Agents\. .*UPSTREAM_USER_AGENT/,
  },
  {
    name: 'an unknown model',
    step: rejection(400, { message: "model 'glm-4.7' is not supported", code: 'invalid_parameter_error' }),
    calls: 1,
    says: /model 'glm-4\.7' is not supported\. Check the model name/,
  },
  {
    name: 'an exhausted quota',
    step: rejection(429, { message: 'hour allocated quota exceeded.', code: 'insufficient_quota' }),
    calls: 1,
    says: /hour allocated quota exceeded\. This is a rolling limit: .*Retrying will not help/,
  },
  {
    name: 'a rejected history',
    step: rejection(400, {
      message: '<400> InternalError.Algo.InvalidParameter: Repetitive tool calls detected in the conversation history.',
    }),
    calls: 1,
    says: /Repetitive tool calls detected.*start a new thread/,
  },
  {
    name: 'moderation',
    step: rejection(400, {
      message: 'Input text data may contain inappropriate content.',
      code: 'data_inspection_failed',
    }),
    calls: 1,
    says: /may contain inappropriate content\. The content filter of/,
  },
  {
    name: 'a wait that is too long',
    step: rejection(429, { message: 'Come back later.' }, { 'retry-after': '3600' }),
    calls: 1,
    says: /answered 429: Come back later\. Try again in 1 h\. The bridge waits at most 20 ms \(RETRY_WAIT_MS\)\.$/,
  },

  {
    name: 'a wait that is too long, in the middle of the text',
    step: errorEvent('Rate limit reached. Please try again in 7m36.192s', HALF),
    calls: 1,
    says: /Please try again in 7m36\.192s\. The bridge waits at most 20 ms \(RETRY_WAIT_MS\)\.$/,
  },

  // Temporary failures: a few calls, all by the bridge.
  {
    name: 'a 429 on every call',
    step: rejection(429, { message: 'Requests rate limit exceeded', code: 'limit_requests' }),
    calls: 4,
    says: /answered 429: Requests rate limit exceeded\. Tried 4 times/,
  },
  {
    name: 'a 500 on every call',
    step: rejection(500, { message: 'Internal failure' }),
    calls: 4,
    says: /answered 500: Internal failure\. Tried 4 times/,
  },
  {
    name: 'an error as the first event of a 200',
    step: errorEvent('The model crashed'),
    calls: 4,
    says: / reported: The model crashed/,
  },
  {
    name: 'an empty answer',
    step: answer({}),
    calls: 2,
    says: /finished without any text or tool call\. Tried 2 times/,
  },
  {
    name: 'an answer with only reasoning',
    step: answer({ reasoning: 'Hm.' }),
    calls: 2,
    says: /finished without any text or tool call\. Tried 2 times/,
  },
  {
    name: 'silence',
    step: silence(),
    calls: 2,
    says: /sent no answer for 0\.15 s; raise UPSTREAM_FIRST_BYTE_TIMEOUT_MS to wait longer\. Tried 2 times/,
    env: { UPSTREAM_FIRST_BYTE_TIMEOUT_MS: '150' },
  },
  {
    name: 'a login page',
    step: reply({
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: '<html><head><title>Sign in</title></head></html>',
    }),
    calls: 2,
    says: /HTML page titled "Sign in"/,
  },

  // Failures after text was shown: Codex retries by itself, and is told when to stop.
  {
    name: 'an error in the middle of the text in every attempt',
    step: errorEvent('The model crashed', HALF),
    calls: 4,
    says: TRIED,
  },
  {
    name: 'a stream that breaks in the middle of its text in every attempt',
    step: answer({ text: 'The first half. The second half.', cutAfter: 5, end: 'eof' }),
    calls: 6,
    says: /closed the stream before its answer was finished\. Tried 6 times/,
  },
  {
    name: 'a stream that breaks in the middle of a call in every attempt',
    step: answer({ toolCalls: [APPEND], cutAfter: 6, end: 'eof' }),
    calls: 6,
    says: /closed the stream before its answer was finished\. Tried 6 times/,
  },
  {
    name: 'a content filter in the middle of the text',
    step: answer({ text: 'Half of it', finish: 'content_filter' }),
    calls: 1,
    says: /content filter stopped the answer\. Rephrase/,
  },

  // The output limit: the text is kept, the call does not run.
  {
    name: 'the output limit in the middle of the text',
    step: answer({ text: 'As far as it got', finish: 'length' }),
    calls: 1,
    says: /^Incomplete response returned, reason: max_output_tokens/,
    shown: ['As far as it got'],
    remembered: [{ role: 'assistant', content: 'As far as it got' }],
  },
  {
    name: 'the output limit in the middle of a call',
    step: answer({ toolCalls: [{ ...APPEND, arguments: '{"cmd":"echo ran >> ru' }], finish: 'length' }),
    calls: 1,
    says: /^Incomplete response returned, reason: max_output_tokens/,
  },
];

const NEXT = 'And now?';

for (const { name, step, calls, says, remembered = [], shown = [], env = {} } of FAULTS) {
  const script = (_request: unknown, index: number): Step => (index < calls ? step : answer({ text: 'Fine.' }));
  scenario(
    name,
    { dialects: ['dashscope'], script, bridgeEnv: { ...QUICK, ...env } },
    async ({ run, folder, bridge }) => {
      const failed = await run('Do it.', { exitCode: 1 });
      assert.equal(failed.requests.length, calls, errorsOf(failed.events).join('\n'));
      assert.equal(failed.events.at(-1)?.type, 'turn.failed');
      assert.match(errorsOf(failed.events).at(-1) ?? '', says);
      assert.deepEqual(textsOf(failed.events, 'agent_message'), shown);
      assert.deepEqual(completedItems(failed.events, 'command_execution'), []);
      assert.deepEqual(await readTree(folder.workspace), {}, 'nothing was run');
      assert.equal(new Set(failed.requests.map(({ rawBody }) => rawBody)).size, 1, 'the same request each time');
      assert.ok(!bridge.log().includes('sk-test'), 'the key is not shown anywhere');

      const next = await run(NEXT, { args: ['resume', '--last'] });
      assert.deepEqual(textsOf(next.events, 'agent_message'), ['Fine.']);
      assert.equal(next.requests.length, 1);
      const history = messagesAfter(next.requests[0]!, 'Do it.').map(({ role, content }) => ({ role, content }));
      assert.deepEqual(history, [...remembered, { role: 'user', content: NEXT }]);
    },
  );
}

scenario(
  'a full context: Codex reports it, and compacts the conversation before it continues',
  {
    dialects: ['dashscope'],
    script: [
      rejection(400, {
        message: '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 202752]',
        code: 'invalid_parameter_error',
      }),
      answer({ text: 'A summary.' }),
      answer({ text: 'Fine.' }),
    ],
    // A log line of JSON is never wrapped.
    bridgeEnv: { ...QUICK, LOG_FORMAT: 'json' },
  },
  async ({ run, bridge }) => {
    const failed = await run('Do it.', { exitCode: 1 });
    assert.equal(failed.requests.length, 1);
    assert.match(errorsOf(failed.events).at(-1) ?? '', /^Codex ran out of room in the model's context window\./);
    await bridge.logged(/Range of input length should be \[1, 202752\]/);
    const next = await run(NEXT, { args: ['resume', '--last'] });
    assert.deepEqual(textsOf(next.events, 'agent_message'), ['Fine.']);
    assert.equal(next.requests.length, 2, 'a summary, then the turn');
    assert.ok(JSON.stringify(next.requests[1]?.body.messages).includes('A summary.'));
  },
);

scenario(
  'no server listens at the provider’s address',
  { dialects: ['dashscope'], script: [], bridgeEnv: QUICK },
  async ({ run, bridge, upstream }) => {
    const name = `Alibaba Cloud Coding Plan (${new URL(upstream.url).host})`;
    await upstream.close();
    const began = Date.now();
    const { events, requests } = await run('Do it.', { exitCode: 1 });
    assert.ok(Date.now() - began < 15_000, 'the turn ends in seconds');
    assert.deepEqual(requests, []);
    assert.equal(
      errorsOf(events).at(-1),
      `${name} refused the connection (ECONNREFUSED). Tried 4 times; not retrying.`,
    );
    await bridge.logged(/ failed network 3 retries\n/);
  },
);
