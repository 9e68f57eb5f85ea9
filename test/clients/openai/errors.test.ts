/** Failures are the library's own error classes, with the status, code, field and retry delay of the provider. */
import assert from 'node:assert/strict';
import OpenAI, {
  APIError, APIUserAbortError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError, RateLimitError,
} from 'openai';
import { answer, createTurnstile, reply } from '../../support/upstream/scripted-upstream';
import { sdkScenario } from '../support/sdk-scenario';
import { createOpenAi } from './client';

const failure = (status: number, message: string, code: string, headers: Readonly<Record<string, string>> = {}) =>
  reply({ status, headers, body: { error: { message, type: 'some_error', param: null, code } } });

/** The bridge does not retry. */
const ONCE = { UPSTREAM_CALLS: '1' };

for (const stream of [false, true]) {
  const how = stream ? 'streamed' : 'not streamed';
  sdkScenario(
    `openai: 429 with retry-after, ${how}`,
    {
      script: [
        failure(429, 'Requests rate limit exceeded, please try again later.', 'limit_requests', { 'retry-after': '7' }),
      ],
      bridgeEnv: ONCE,
    },
    async (scenario) => {
      await assert.rejects(
        createOpenAi(scenario).responses.create({ model: scenario.model, input: 'Hi.', stream }),
        (error) => {
          assert.ok(error instanceof RateLimitError);
          assert.equal(error.status, 429);
          assert.equal(error.code, 'rate_limit_exceeded');
          assert.equal(error.headers.get('retry-after'), '7');
          assert.match(error.message, /rate limit/i);
          return true;
        },
      );
    },
  );
}

sdkScenario('openai: each kind of rejection has its own error class', {
  script: [
    failure(401, 'Incorrect API key provided.', 'invalid_api_key'),
    failure(404, 'The model `gone` does not exist.', 'model_not_found'),
    failure(500, 'Internal error.', 'internal_error'),
  ],
  bridgeEnv: ONCE,
}, async (scenario) => {
  const client = createOpenAi(scenario);
  const ask = (input: string) => client.responses.create({ model: scenario.model, input });
  await assert.rejects(ask('one'), AuthenticationError);
  await assert.rejects(ask('two'), NotFoundError);
  await assert.rejects(ask('three'), InternalServerError);
});

sdkScenario('openai: an invalid request never reaches the provider', { script: [] }, async (scenario) => {
  const temperature = 'hot' as never;
  await assert.rejects(
    createOpenAi(scenario).responses.create({ model: scenario.model, input: 'Hi.', temperature }),
    (error) => {
      assert.ok(error instanceof BadRequestError);
      assert.equal(error.type, 'invalid_request_error');
      assert.equal(error.param, 'temperature');
      return true;
    },
  );
});

sdkScenario('openai: the bridge retries, the library does not', {
  script: [failure(503, 'Busy.', 'busy'), failure(503, 'Busy.', 'busy')],
  bridgeEnv: { UPSTREAM_CALLS: '2' },
}, async (scenario) => {
  const { baseURL, apiKey, fetch, model } = scenario;
  const client = new OpenAI({ baseURL, apiKey, fetch, maxRetries: 3 });
  await assert.rejects(client.responses.create({ model, input: 'Hi.' }), (error) => {
    assert.ok(error instanceof InternalServerError);
    assert.equal(error.status, 503);
    return true;
  });
  assert.equal(scenario.exchanges.length, 1);
});

sdkScenario('openai: a stream that breaks off ends with response.failed', {
  script: [answer({ text: 'A long answer that never ends.', cutAfter: 4, end: 'cut' })],
  bridgeEnv: ONCE,
}, async (scenario) => {
  const stream = await createOpenAi(scenario).responses.create({ model: scenario.model, input: 'Hi.', stream: true });
  const last = await lastEvent(stream);
  assert.ok(last?.type === 'response.failed');
  assert.match(last.response.error?.message ?? '', /\w/);
});

const turnstile = createTurnstile();

sdkScenario('openai: an abort ends the provider call', {
  script: () => answer({ text: 'A long answer.', gate: turnstile.gate }),
}, async (scenario) => {
  const client = createOpenAi(scenario);
  turnstile.admit(3);
  const stream = await client.responses.create({ model: scenario.model, input: 'Hi.', stream: true });
  const read = (async () => {
    for await (const event of stream) if (event.type === 'response.output_text.delta') stream.controller.abort();
  })();
  await read.catch((error) => assert.ok(error instanceof APIUserAbortError));
  await scenario.upstream.requests[0]?.aborted;
  const controller = new AbortController();
  const pending = client.responses.create({ model: scenario.model, input: 'Hi.' }, { signal: controller.signal });
  const second = await nthRequest(scenario.upstream, 2);
  controller.abort();
  await assert.rejects(pending, APIError);
  await second.aborted;
});

async function nthRequest(upstream: { nextRequest(): Promise<{ readonly aborted: Promise<void> }> }, count: number) {
  let request = await upstream.nextRequest();
  for (let index = 1; index < count; index += 1) request = await upstream.nextRequest();
  return request;
}

async function lastEvent<T>(stream: AsyncIterable<T>): Promise<T | undefined> {
  let last: T | undefined;
  for await (const event of stream) last = event;
  return last;
}
